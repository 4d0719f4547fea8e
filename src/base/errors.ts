/** Exit codes of the contract. */
export const exitCodes = { ok: 0, failOn: 1, usage: 2, environment: 3, stopped: 4, bug: 70 } as const

/**
 * The operator or the machine is wrong: three plain lines, what, why and how to mend it.
 *
 * `exitCode` is 2 for what was typed and 3 for what the machine lacks.
 */
export class OperatorError extends Error {
  override name = 'OperatorError'
  readonly exitCode: number
  readonly why: string | undefined
  readonly fix: string | undefined

  constructor(
    code: 'usage' | 'environment',
    { what, why, fix, cause }: { what: string; why?: string; fix?: string; cause?: unknown },
  ) {
    super(what, { cause })
    this.exitCode = exitCodes[code]
    this.why = why
    this.fix = fix
  }

  /** What the terminal shows. */
  toText(): string {
    return [this.message, this.why, this.fix].filter((line) => line !== undefined).join('\n')
  }
}
