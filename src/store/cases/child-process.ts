// The server's end of a process with DuckDB: asks, answers, time limits, and what is said when it has gone.

import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { OperatorError } from '../../base/errors.ts'
import { quietly } from '../../base/quietly.ts'
import type { Ask, ChildFault, FromChild, ToChild } from './messages.ts'
import { type ChildLimits, type ChildRole, startChild } from './start-child.ts'

/** After it was told to stop, how long a statement may take to do so before its process is killed. */
const stopMs = 1_500
/** DuckDB keeps to its own limit; this is for what that does not see. Told by the kernel on Linux only. */
const residentKbMax = 2_500_000
const lookMs = 100

export interface AskOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly onPart?: ((text: string) => void) | undefined
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  readonly onPart: ((text: string) => void) | undefined
  readonly settle: () => void
}

/** The process said no, was stopped, or is gone. */
export class ChildError extends Error {
  override name = 'ChildError'
  readonly kind: ChildFault['kind'] | 'gone' | 'timeout' | 'cancelled'

  constructor(kind: ChildError['kind'], text: string) {
    super(text)
    this.kind = kind
  }
}

export class DatabaseProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #gone: string | undefined
  #looking: NodeJS.Timeout | undefined
  /** For whoever ends the ones that rest. */
  lastUsedMs = performance.now()

  constructor(role: ChildRole, args: readonly string[], limits?: ChildLimits) {
    this.#child = startChild(role, args, limits)
    this.#child.on('message', (message) => this.#hear(message as FromChild))
    this.#child.once('error', (error) => this.#end(error.message))
    this.#child.once('exit', (code, signal) => {
      this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
    this.#rest()
  }

  get gone(): boolean {
    return this.#gone !== undefined
  }

  /** Asks that are not answered yet. */
  get busy(): number {
    return this.#waiting.size
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Fails with a ChildError. Of a process that has gone, every ask fails at once. */
  ask(ask: Ask, { timeoutMs, signal, onPart }: AskOptions): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(goneError(this.#gone))
    if (signal?.aborted) return Promise.reject(new ChildError('cancelled', 'It was cancelled.'))
    const id = this.#nextId++
    this.lastUsedMs = performance.now()
    return new Promise((resolve, reject) => {
      let stopped: ChildError | undefined
      let killTimer: NodeJS.Timeout | undefined
      const stop = (why: ChildError) => {
        stopped ??= why
        this.#tell({ cancel: id })
        killTimer ??= setTimeout(() => this.kill(), stopMs)
      }
      const onAbort = () => stop(new ChildError('cancelled', 'It was cancelled.'))
      const timer = setTimeout(
        () => stop(new ChildError('timeout', `It took longer than ${timeoutMs / 1000} s.`)),
        timeoutMs,
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, {
        resolve,
        reject: (error) => reject(stopped ?? error),
        onPart,
        settle: () => {
          clearTimeout(timer)
          clearTimeout(killTimer)
          signal?.removeEventListener('abort', onAbort)
          this.#waiting.delete(id)
          this.lastUsedMs = performance.now()
          this.#rest()
        },
      })
      this.#wake()
      this.#tell({ id, ask })
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Kills it and waits until it is gone, with its lock on the database. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null || this.#child.pid === undefined) return
    this.#child.ref()
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.kill()
    await exited
  }

  #tell(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  #hear(message: FromChild): void {
    const waiting = this.#waiting.get(message.id)
    if (!waiting) return
    if ('part' in message) {
      waiting.onPart?.(message.part)
      return
    }
    waiting.settle()
    if ('error' in message) waiting.reject(new ChildError(message.error.kind, message.error.text))
    else waiting.resolve(message.answer)
  }

  #end(why: string): void {
    this.#gone ??= why
    clearInterval(this.#looking)
    for (const waiting of [...this.#waiting.values()]) {
      waiting.settle()
      waiting.reject(goneError(this.#gone))
    }
  }

  #look(): void {
    if (residentKb(this.#child.pid) <= residentKbMax) return
    this.#gone ??= `${residentKbMax / 1e6} GB of memory were not enough`
    this.kill()
  }

  /** While nothing is asked, it does not keep the server's process alive. */
  #rest(): void {
    if (this.#waiting.size > 0) return
    clearInterval(this.#looking)
    this.#looking = undefined
    this.#child.unref()
    this.#child.channel?.unref()
  }

  #wake(): void {
    if (process.platform === 'linux') this.#looking ??= setInterval(() => this.#look(), lookMs)
    this.#child.ref()
    this.#child.channel?.ref()
  }
}

function residentKb(pid: number | undefined): number {
  const status = quietly(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? ''
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
}

function goneError(why: string): ChildError {
  return new ChildError('gone', `The process that reads the case has ended (${why}).`)
}

/** A fault of the process or a limit as what an operator reads. */
export function readable(error: unknown): unknown {
  if (!(error instanceof ChildError)) return error
  const what = {
    gone: 'The process that reads the case has ended unexpectedly.',
    timeout: 'Reading the case took too long.',
    limit: 'The answer is too large.',
    cancelled: 'The request was cancelled.',
  }
  const { kind, message } = error
  if (kind !== 'gone' && kind !== 'timeout' && kind !== 'limit' && kind !== 'cancelled') return error
  return new OperatorError('environment', {
    what: what[kind],
    why: message,
    fix:
      kind === 'gone'
        ? 'Ask again: it is started anew.'
        : 'Ask for less: a narrower time range, a filter, a smaller page.',
    cause: error,
  })
}
