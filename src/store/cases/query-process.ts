// Users' SQL on a case. Every statement gets a process of its own that has seen no other: nothing it changes there
// outlives it, and stopping it costs nobody else anything. One is kept ready, so that the next does not wait for it.

import { randomBytes } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { OperatorError } from '../../base/errors.ts'
import { quietly } from '../../base/quietly.ts'
import { ChildError, DatabaseProcess } from './child-process.ts'
import type { ExportAnswer, QueryAnswer } from './messages.ts'

export interface QueryLimits {
  readonly rowsMax: number
  /** Of one answer, in characters. */
  readonly bytesMax: number
  /** Of one cell; longer texts are cut, which `…` shows. */
  readonly textMax: number
  readonly timeoutMs: number
  /** Statements and exports at once; more are refused. */
  readonly runningMax: number
  /** Of one exported file. */
  readonly exportBytesMax: number
  readonly exportTimeoutMs: number
  /** After so long without a query, the one kept ready is ended. */
  readonly restMs: number
}

export const queryDefaults: QueryLimits = {
  rowsMax: 10_000,
  bytesMax: 8 * 1024 * 1024,
  textMax: 32_768,
  timeoutMs: 30_000,
  runningMax: 3,
  exportBytesMax: 512 * 1024 * 1024,
  exportTimeoutMs: 120_000,
  restMs: 120_000,
}

export interface QueryOptions {
  /** To cancel it by; made up when absent. */
  readonly id?: string
  readonly rowsMax?: number
  readonly signal?: AbortSignal | undefined
}

export interface QueryResult extends QueryAnswer {
  readonly ms: number
}

export interface Export {
  /** The whole file. It is removed when it has been read, or when reading ends early. */
  readonly stream: ReadableStream<Uint8Array>
  readonly bytes: number
  readonly rows: number
}

export class QueryProcess {
  readonly #database: string
  readonly #scratch: string
  readonly #limits: QueryLimits
  readonly #running = new Map<string, AbortController>()
  #ready: DatabaseProcess | undefined
  #restTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(database: string, scratch: string, limits: QueryLimits) {
    this.#database = database
    this.#scratch = scratch
    this.#limits = limits
  }

  /**
   * Runs one statement that reads. Throws OperatorError: what is not run, what DuckDB says is wrong, too slow, too large
   * for its memory, cancelled.
   */
  async run(sql: string, { id, rowsMax, signal }: QueryOptions = {}): Promise<QueryResult> {
    const limits = this.#limits
    return await this.#start(id, signal, async (stop) => {
      const started = performance.now()
      const child = this.#take()
      try {
        const ask = {
          kind: 'query' as const,
          sql,
          rowsMax: Math.min(rowsMax ?? limits.rowsMax, limits.rowsMax),
          textMax: limits.textMax,
          bytesMax: limits.bytesMax,
        }
        const answer = (await child.ask(ask, { timeoutMs: limits.timeoutMs, signal: stop })) as QueryAnswer
        this.#used(child)
        return { ...answer, ms: Math.round(performance.now() - started) }
      } catch (error) {
        // What was refused was only looked at: its process is as good as new.
        if (error instanceof ChildError && error.kind === 'refused') this.#back(child)
        else this.#used(child)
        throw error
      }
    })
  }

  /** Runs one statement and gives all of its result as a file. Throws as `run` does. */
  async export(
    sql: string,
    format: 'csv' | 'parquet',
    { id, signal }: Pick<QueryOptions, 'id' | 'signal'> = {},
  ): Promise<Export> {
    const { exportBytesMax: bytesMax, exportTimeoutMs: timeoutMs } = this.#limits
    return await this.#start(id, signal, async (stop) => {
      mkdirSync(this.#scratch, { recursive: true, mode: 0o700 })
      const folder = mkdtempSync(join(this.#scratch, 'export-'))
      const remove = () => void quietly(() => rmSync(folder, { recursive: true, force: true }))
      // What it spills to the disk while it computes may be larger than the file; each of these is limited by itself.
      const child = new DatabaseProcess('export', [this.#database], { fileBytesMax: bytesMax * 4 })
      const file = join(folder, `result.${format}`)
      const watch = watchSize(file, bytesMax, () => child.kill())
      try {
        const ask = { kind: 'export' as const, sql, format, file, bytesMax }
        const { rows } = (await child.ask(ask, { timeoutMs, signal: stop })) as ExportAnswer
        const bytes = statSync(file).size
        if (watch.exceeded() || bytes > bytesMax) throw tooLarge(bytesMax)
        const reading = createReadStream(file)
        reading.once('close', remove)
        return { stream: Readable.toWeb(reading) as ReadableStream<Uint8Array>, bytes, rows }
      } catch (error) {
        remove()
        throw watch.exceeded() || tooLargeOnDisk(error) ? tooLarge(bytesMax) : error
      } finally {
        watch.end()
        child.kill()
      }
    })
  }

  /** Statements and exports that run now. */
  get running(): number {
    return this.#running.size
  }

  /** Whether there was one of that id; it fails where it was asked for. */
  cancel(id: string): boolean {
    const controller = this.#running.get(id)
    controller?.abort()
    return controller !== undefined
  }

  close(): void {
    this.#closed = true
    for (const controller of this.#running.values()) controller.abort()
    clearTimeout(this.#restTimer)
    this.#ready?.kill()
    this.#ready = undefined
  }

  async #start<T>(
    given: string | undefined,
    signal: AbortSignal | undefined,
    act: (stop: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const id = given ?? randomBytes(8).toString('hex')
    if (this.#running.has(id)) {
      throw new OperatorError('usage', {
        what: 'A query of that id runs already.',
        fix: 'Choose another id.',
      })
    }
    if (this.#running.size >= this.#limits.runningMax) {
      throw new OperatorError('environment', {
        what: 'Too many queries run at once.',
        why: `${this.#limits.runningMax} may.`,
        fix: 'Wait for one to end, or cancel it.',
      })
    }
    const controller = new AbortController()
    const onAbort = () => controller.abort()
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#running.set(id, controller)
    try {
      return await act(controller.signal)
    } catch (error) {
      throw queryError(error)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#running.delete(id)
    }
  }

  #take(): DatabaseProcess {
    const ready = this.#ready?.gone === false ? this.#ready : this.#new()
    this.#ready = undefined
    return ready
  }

  /** Ends one that has run something, and starts the next. */
  #used(child: DatabaseProcess): void {
    child.kill()
    if (!this.#closed && this.#ready?.gone !== false) this.#back(this.#new())
  }

  #back(child: DatabaseProcess): void {
    if (this.#closed || child.gone || this.#ready?.gone === false) {
      child.kill()
    } else {
      this.#ready = child
    }
    clearTimeout(this.#restTimer)
    this.#restTimer = setTimeout(() => {
      this.#ready?.kill()
      this.#ready = undefined
    }, this.#limits.restMs)
    this.#restTimer.unref()
  }

  #new(): DatabaseProcess {
    return new DatabaseProcess('query', [this.#database], { fileBytesMax: 0 })
  }
}

/** For users' SQL on the database of a `CaseStore`. `scratch`: a folder of ours for files on their way out. */
export function openQueryProcess(
  database: string,
  scratch: string,
  limits: Partial<QueryLimits> = {},
): QueryProcess {
  return new QueryProcess(database, scratch, { ...queryDefaults, ...limits })
}

/** Removes what exports left behind that were cut off with their server. */
export function clearScratch(scratch: string, olderThanMs = 3_600_000): void {
  for (const name of quietly(() => readdirSync(scratch)) ?? []) {
    const path = join(scratch, name)
    const changed = quietly(() => statSync(path).mtimeMs)
    if (!name.startsWith('export-') || changed === undefined || Date.now() - changed < olderThanMs) continue
    quietly(() => rmSync(path, { recursive: true, force: true }))
  }
}

/** Where no kernel limits the file, this does; it also tells a limit from any other end. */
function watchSize(file: string, bytesMax: number, stop: () => void) {
  let over = false
  const timer = setInterval(() => {
    if ((quietly(() => statSync(file).size) ?? 0) <= bytesMax) return
    over = true
    stop()
  }, 100)
  return { exceeded: () => over, end: () => clearInterval(timer) }
}

/** The kernel's limit was met before we looked. */
function tooLargeOnDisk(error: unknown): boolean {
  return error instanceof ChildError && /File too large|SIGXFSZ/.test(error.message)
}

function tooLarge(bytesMax: number): OperatorError {
  return new OperatorError('usage', {
    what: 'The result is too large to export.',
    why: `A file may have ${Math.round(bytesMax / 1024 ** 2)} MB.`,
    fix: 'Select fewer columns or rows, or export in parts.',
  })
}

function queryError(error: unknown): unknown {
  if (!(error instanceof ChildError)) return error
  // What follows is advice on settings that nobody can change here.
  const text = error.message.split(/\n(?:\nPossible solutions|Database is launched)/)[0]!.slice(0, 2000)
  switch (error.kind) {
    case 'refused':
      return new OperatorError('usage', { what: text, cause: error })
    case 'cancelled':
      return new OperatorError('usage', { what: 'The query was cancelled.', cause: error })
    case 'timeout':
      return new OperatorError('usage', {
        what: 'The query was stopped.',
        why: text,
        fix: 'Ask for less: a time range, fewer joins, an aggregate.',
        cause: error,
      })
    case 'gone':
      return new OperatorError('usage', {
        what: 'The query was stopped: its process has ended.',
        why: `It reached a limit of memory, most likely. ${text}`,
        fix: 'Ask for less: a time range, fewer joins, an aggregate.',
        cause: error,
      })
    default:
      return new OperatorError('usage', {
        what: 'The query has failed.',
        why: text,
        ...(/^Out of Memory/i.test(text) && {
          fix: 'Ask for less: a time range, fewer joins, an aggregate.',
        }),
        cause: error,
      })
  }
}
