// A sandbox that is watched, for the library and for `vigiles run` alike: its plan, its namespaces, and who watches it.
//
// What makes the namespaces comes first and is little: all else is loaded while other processes are at work.

import { randomBytes } from 'node:crypto'
import { basename, resolve as resolvePath } from 'node:path'
import { unwind } from '../../base/unwind.ts'
import type { ActRequest, ActResult, Asker } from '../../responses/api.ts'
import { type Box, openBox, type RunningExec } from '../../sandboxes/box.ts'
import type { StateFolder } from '../../sandboxes/mount-plan.ts'
import type { Phase } from '../../schema/ask.ts'
import type { PolicyMode } from '../../schema/decision.ts'
import type { DetectionFindingLine, RecordedLine } from '../../schema/journal.ts'
import type { FindingResponse, Policy } from '../../schema/policy.ts'
import type { Clock } from '../../store/clock.ts'
import { prepareFolder } from '../../store/folder.ts'
import type { LaunchedAgent } from './agent-processes.ts'
import { checkWorkFolder, planBox } from './plan-box.ts'
import { trustFor } from './trust.ts'

export interface SandboxOptions {
  /** Folder of the recording: empty or new. */
  readonly record: string
  readonly policy: Policy
  /** Default `enforce`. */
  readonly mode?: PolicyMode
  /** Of the policy, for calls that name none. Default `agent`. */
  readonly phase?: Phase
  /** The folder the agent works in, writable at the same path. Default: the current one. */
  readonly workdir?: string
  /** Environment handed in beside what is safe of our own. */
  readonly env?: Readonly<Record<string, string>>
  /** See plan-box.ts. */
  readonly policyFile?: string
  readonly commands?: readonly string[]
  readonly passEnv?: readonly string[]
  readonly state?: readonly StateFolder[]
  readonly files?: readonly { readonly path: string; readonly text: string; readonly mode?: number }[]
  /** An agent CLI runs: its processes are watched one by one, and its hooks and telemetry are heard. */
  readonly agentSide?: {
    readonly folder?: string
    readonly launched?: LaunchedAgent
    readonly hooks?: boolean
  }
  /** Stamps the journal's lines; decisions and limits go by a time that nobody can set. Default: the machine's. */
  readonly clock?: Clock
  readonly onFinding?: (finding: DetectionFindingLine['finding'], response: FindingResponse) => void
  /** Told of every act on the sandbox, whoever asked for it. */
  readonly onAct?: (request: ActRequest, result: ActResult, asker: Asker) => void
  /** Told of each line that was written. */
  readonly onLine?: (line: RecordedLine) => void
  /** Whether anybody wants to be told now. Default: whenever there is `onLine`. */
  readonly wantsLines?: () => boolean
}

export interface ToolCallIdentity {
  /** Stands in `actor.toolCall`. */
  readonly id: string
  readonly name: string
  readonly run?: string
  readonly episode?: string
  readonly turn?: number
  readonly step?: number
  readonly policyVersion?: string
}

export interface StartOptions {
  readonly command: readonly string[]
  readonly toolCall: ToolCallIdentity
  /** Each exec of the library is a call; a whole agent is not: its calls are inside. Default true. */
  readonly identity?: boolean
  /** Of the policy; the sandbox's own when absent. */
  readonly phase?: Phase
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdio: readonly ('pipe' | 'inherit' | 'ignore')[]
}

export interface StartedCall extends RunningExec {
  /** Writes the end of the call, with the beginning of what it printed. */
  finish(end: { exitCode: number | null; signal: string | null; output?: string }): void
}

export interface WatchedSandbox {
  readonly name: string
  readonly dir: string
  readonly box: Box
  /** What the machine or the policy's wishes leave weaker than asked, in words. */
  readonly notes: readonly string[]
  start(options: StartOptions): Promise<StartedCall>
  act(request: ActRequest, asker: Asker): Promise<ActResult>
  /** Resolves when what was found so far is answered, and no act is on its way. */
  settled(): Promise<void>
  /** The act that stopped something for good, once one did. */
  readonly stoppedBy: string | undefined
  /** Ends all that runs, then seals the recording. */
  close(end?: RunEnd): Promise<void>
}

/** What the run came to, for run.json. */
export interface RunEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The response that stopped it. */
  readonly stoppedBy?: string
}

/** Throws OperatorError when the machine lacks something or the folder can't be used; nothing is left running. */
export async function watchSandbox(options: SandboxOptions): Promise<WatchedSandbox> {
  const { policy } = options
  const dir = resolvePath(options.record)
  const workdir = resolvePath(options.workdir ?? process.cwd())
  checkWorkFolder(workdir)
  // Before the mounts are planned, which hide it.
  prepareFolder(dir, false)
  const name = `${boxWord(dir)}-${randomBytes(3).toString('hex')}`
  const undo: (() => unknown)[] = []
  const loading = import('./watched.ts')
  loading.catch(() => {}) // Told to whoever waits for it.
  try {
    const trust = await trustFor(policy)
    const plan = await planBox({
      name,
      workdir,
      dir,
      policy,
      env: { ...trust?.env, ...options.env },
      commands: options.commands ?? [],
      passEnv: options.passEnv ?? [],
      state: options.state ?? [],
      files: [...(trust?.files ?? []), ...(options.files ?? [])],
      ...(options.policyFile !== undefined && { policyFile: options.policyFile }),
    })
    undo.push(() => plan.close())
    const opening = openBox(plan)
    undo.push(() => opening.then((box) => box.close()))
    opening.catch(() => {}) // Told to whoever waits for it.
    const { watch } = await loading
    return await watch(options, { name, dir, workdir, trust, plan, opening, undo })
  } catch (error) {
    await unwind(undo)
    throw error
  }
}

/** The folder's name, where a person chose it. */
function boxWord(dir: string): string {
  const word = basename(dir)
    .replace(/[^\w.-]/g, '-')
    .slice(0, 40)
  return word === '' || /^\d{4}-\d\d-\d\dT/.test(word) ? 'run' : word
}
