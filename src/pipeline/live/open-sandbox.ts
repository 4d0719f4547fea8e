// The library's sandbox: each exec is one tool call with an identity of its own.

import { readFileSync } from 'node:fs'
import { OperatorError } from '../../base/errors.ts'
import { detectionIds } from '../../detections/ids.generated.ts'
import { denyAll } from '../../policy/deny-all.ts'
import type { Problem } from '../../policy/problems.ts'
import type { ActResult } from '../../responses/api.ts'
import { type Phase, phases } from '../../schema/ask.ts'
import type { PolicyMode } from '../../schema/decision.ts'
import type { RecordedLine } from '../../schema/journal.ts'
import type { Policy } from '../../schema/policy.ts'
import { endOf } from './ended.ts'
import { type StartedCall, type ToolCallIdentity, type WatchedSandbox, watchSandbox } from './sandbox.ts'

export interface OpenSandboxOptions {
  /** Folder of the recording: empty or new. */
  readonly record: string
  /** A policy file's path, or the policy as an object. Without one everything is denied. */
  readonly policy?: string | object
  /** Default: the policy's `mode`, else `enforce`. */
  readonly mode?: PolicyMode
  /** Which rules of the policy hold for calls that name no phase: `setup`, `agent` (default) or `verify`. */
  readonly phase?: Phase
  /** The folder that is writable inside, at the same path. Default: the current one. */
  readonly workdir?: string
  /** Set for every command, beside what is safe of our own environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ExecOptions {
  /** Text for `sh -c`, or the words of a command. */
  readonly command: string | readonly string[]
  readonly toolCall: ToolCallIdentity
  /** Of the policy: `setup`, `agent` or `verify`. Default: the sandbox's own. What it leaves running stays in it. */
  readonly phase?: Phase
  /** Default: the work folder. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Given to its standard input; without it there is none. */
  readonly input?: string | Uint8Array
  /** Killed after so long; `signal` is then SIGKILL. Milliseconds. */
  readonly timeoutMs?: number
}

export interface ExecResult {
  /** The command's own; 128 + n when signal n ended it. Null when it was killed from outside (a kill, `timeoutMs`). */
  readonly exitCode: number | null
  /**
   * `SIGTERM`; null when it ended by itself. A code of 128 + n stands for a signal, as in shells: a shell passes on in
   * this way how the last that it ran ended.
   */
  readonly signal: string | null
  /** At most {@link outputBytesMax} each; what is beyond is cut. */
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

export interface Sandbox {
  readonly name: string
  /** Resolves when the command ended; what it left running keeps its identity. */
  exec(options: ExecOptions): Promise<ExecResult>
  /**
   * Every line of the journal from now on, as it is written; ends with the sandbox. `for await (const line of
   * sandbox.events)` or `sandbox.events()`: each is a reader of its own. Slow ones lose none up to 100,000.
   */
  readonly events: AsyncIterable<RecordedLine> & (() => AsyncIterable<RecordedLine>)
  freeze(toolCall?: string): Promise<ActResult>
  thaw(toolCall?: string): Promise<ActResult>
  kill(toolCall?: string): Promise<ActResult>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const outputBytesMax = 16 * 1024 * 1024
const eventsMax = 100_000
/** What a command's background processes still write after it ended is waited for no longer. Milliseconds. */
const drainMs = 100
/** While they go on writing, no longer than this. Milliseconds. */
const drainMsMax = 2_000
/** Of the output, what the journal keeps. */
const keptChars = 4_096

/** Throws OperatorError when the policy can't be read, the folder can't be used, or the machine lacks something. */
export async function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const queues = new Set<Queue>()
  const policy = await readPolicy(options.policy)
  const watched = await watchSandbox({
    record: options.record,
    policy,
    ...(typeof options.policy === 'string' && { policyFile: options.policy }),
    mode: options.mode ?? policy.mode ?? 'enforce',
    ...(options.phase && { phase: knownPhase(options.phase) }),
    ...(options.workdir !== undefined && { workdir: options.workdir }),
    ...(options.env && { env: options.env }),
    wantsLines: () => queues.size > 0,
    onLine(line) {
      for (const queue of queues) queue.push(line)
    },
  })
  const asker = { via: 'library' }
  const act = (what: 'freeze' | 'thaw' | 'kill', call: string | undefined) =>
    watched.act({ act: what, ...(call !== undefined && { call }) }, asker)
  const read = () => {
    const queue = new Queue(() => queues.delete(queue))
    queues.add(queue)
    return queue
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= watched.close().finally(() => {
      for (const queue of queues) queue.end()
    })
    return closing
  }
  return {
    name: watched.name,
    exec: (request) => exec(watched, request),
    events: Object.assign(read, { [Symbol.asyncIterator]: () => read()[Symbol.asyncIterator]() }),
    freeze: (call) => act('freeze', call),
    thaw: (call) => act('thaw', call),
    kill: (call) => act('kill', call),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function exec(watched: WatchedSandbox, request: ExecOptions): Promise<ExecResult> {
  const { command, toolCall, input, timeoutMs } = request
  const startedAt = performance.now()
  const call = await watched.start({
    command: typeof command === 'string' ? ['/bin/sh', '-c', command] : command,
    toolCall,
    ...(request.cwd !== undefined && { cwd: request.cwd }),
    ...(request.env && { env: request.env }),
    ...(request.phase && { phase: knownPhase(request.phase) }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const { child } = call
  const stdout = gather(child.stdout)
  const stderr = gather(child.stderr)
  child.stdin?.on('error', () => {}) // It need not read.
  child.stdin?.end(input)
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => void watched.act({ act: 'kill', call: toolCall.id }, { via: 'timeout' }), timeoutMs)
  const ended = endOf(await call.exited)
  clearTimeout(timer)
  await drained(call)
  const result = { ...ended, stdout: stdout(), stderr: stderr() }
  call.finish({ ...result, output: `${result.stdout}${result.stderr}`.slice(0, keptChars) })
  return { ...result, durationMs: Math.round(performance.now() - startedAt) }
}

/** A misspelt one would be judged by no phase's rules. */
function knownPhase(phase: string): Phase {
  const found = phases.find((one) => one === phase)
  if (found !== undefined) return found
  throw new OperatorError('usage', {
    what: `A phase is ${phases.join(', ')}; got ${JSON.stringify(phase)}.`,
    fix: 'See phases in docs/policy.md.',
  })
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream?.on('data', (chunk: Buffer) => {
    if (bytes < outputBytesMax) chunks.push(chunk.subarray(0, outputBytesMax - bytes))
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function drained({ child, closed }: Pick<StartedCall, 'child' | 'closed'>): Promise<void> {
  return new Promise((resolve) => {
    let heard = false
    const hear = () => {
      heard = true
    }
    const finish = () => {
      clearTimeout(timer)
      for (const stream of [child.stdout, child.stderr]) {
        stream?.off('data', hear)
        stream?.destroy()
      }
      resolve()
    }
    // A timer that is late comes before what arrived meanwhile: that is read first.
    const look = () =>
      setImmediate(() => {
        if (!heard || performance.now() > end) return finish()
        heard = false
        timer = setTimeout(look, drainMs)
      })
    const end = performance.now() + drainMsMax
    let timer = setTimeout(look, drainMs)
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear)
    void closed.then(finish)
  })
}

/** The policy of a file or object; without one, nothing is allowed. Throws OperatorError with the first problems. */
export async function readPolicy(source: string | object | undefined): Promise<Policy> {
  if (source === undefined) return denyAll
  const options = { detections: detectionIds }
  // Loaded only where there is something to read; YAML's reader is as large as all else that an open sandbox loads.
  const { policy, problems } =
    typeof source === 'string'
      ? (await import('../../policy/parse.ts')).parsePolicy(readText(source), source, options)
      : (await import('../../policy/parse-object.ts')).parsePolicyObject(source, 'policy', options)
  if (policy) return policy
  const shown = problems.filter(({ severity }) => severity === 'error').slice(0, 5)
  throw new OperatorError('usage', {
    what: shown.map(problemText).join('\n'),
    fix: 'Nothing was started. `vigiles policy check FILE` shows all that is wrong.',
  })
}

function problemText({ file, line, what, fix }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${what}.${fix === undefined ? '' : ` ${fix}`}`
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `The policy ${path} cannot be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Check the path; without --policy everything is denied.',
      cause,
    })
  }
}

/** Lines for one reader. */
class Queue implements AsyncIterable<RecordedLine> {
  readonly #lines: RecordedLine[] = []
  readonly #onReturn: () => void
  #wake: (() => void) | undefined
  #ended = false

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn
  }

  push(line: RecordedLine): void {
    if (this.#lines.length < eventsMax) this.#lines.push(line)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordedLine> {
    try {
      for (;;) {
        const line = this.#lines.shift()
        if (line) yield line
        else if (this.#ended) return
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#onReturn()
    }
  }
}
