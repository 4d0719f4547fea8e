// What is wrong with a policy, where, and how to mend it.

export interface Problem {
  readonly file: string
  /** 1-based; absent for a policy that came as an object. */
  readonly line?: number
  /** A warning leaves the policy usable. */
  readonly severity: 'error' | 'warning'
  /** What was expected and what was found. */
  readonly what: string
  readonly fix?: string
}

/** `policy.yaml:12: what. The fix.` */
export function problemText({ file, line, severity, what, fix }: Problem): string {
  const at = line === undefined ? file : `${file}:${line}`
  return `${at}: ${severity === 'warning' ? 'warning: ' : ''}${what}.${fix === undefined ? '' : ` ${fix}`}`
}

/** Most problems that are collected of one policy. */
export const problemsMax = 200

export interface ReadContext {
  readonly file: string
  readonly problems: Problem[]
  /** Ids of the detections there are, to check `findings` with. */
  readonly detections: readonly string[] | undefined
}

export function report(
  context: ReadContext,
  line: number,
  what: string,
  fix?: string,
  severity: Problem['severity'] = 'error',
): undefined {
  if (context.problems.length >= problemsMax) return
  context.problems.push({
    file: context.file,
    ...(line > 0 && { line }),
    severity,
    what,
    ...(fix !== undefined && { fix }),
  })
}
