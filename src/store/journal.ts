// The append-only, hash-chained journal of a recording. A line is acknowledged when the kernel has it, so that a
// `kill -9` of the writer loses none; once in a while the disk has it too.

import type { Redact } from '../base/secrets.ts'
import { toIso } from '../base/time.ts'
import type { JournalLine, JournalNote } from '../schema/journal.ts'
import type { ChainFile } from './chain-file.ts'
import { type Clock, StepWatch, systemClock } from './clock.ts'
import { JournalClosed, JournalFull } from './errors.ts'
import { type SecretHider, secretHider, secretsUnder } from './fit.ts'
import { FloodGate, type FloodOptions, type Refusal } from './flood.ts'
import { notWritable } from './folder.ts'
import { lineText } from './line-text.ts'
import { openChain } from './open-chain.ts'
import { updateRunFile } from './run-file.ts'
import type { Signer } from './signer.ts'

export interface JournalOptions {
  /** The recording's folder: made (mode 0700), or empty. */
  readonly dir: string
  readonly clock?: Clock
  /** Milliseconds after which a line is on the disk too, and not only with the kernel. 0: before `append` returns. Default 100. */
  readonly fsyncMs?: number
  /** Go on in a recording that was not closed, after a crash. Default false. */
  readonly resume?: boolean
  /** A signed checkpoint after so many lines… Default 10,000. */
  readonly checkpointLines?: number
  /** …or milliseconds, if there were lines. Default 60,000. */
  readonly checkpointMs?: number
  /** Of Vigiles, for the first line. */
  readonly version?: string
  /** The sandbox that all of it is about; it stands in the journal's own lines too. */
  readonly box?: string
  /** Where to keep the signing key while the recording is open, so that `resume` can go on with it. Default: in memory only. */
  readonly keyFile?: string
  /** Leave `keyFile` where it is when the journal is sealed. */
  readonly keepKey?: boolean
  /** What hides secrets. Default: fingerprints under a key of this recording. */
  readonly redact?: Redact
  readonly flood?: Partial<FloodOptions>
  /** Told of every line that the kernel has, as it stands in the file: one or several, each with its newline. */
  readonly onWritten?: (lines: string) => void
  /** Told when the journal can't be written, and when it can again. */
  readonly onHealth?: (healthy: boolean, error?: JournalFull) => void
}

/** Where a line stands. */
export interface Appended {
  readonly seq: number
  /** SHA-256, in hex. Of the last line it is an anchor for `verify`. */
  readonly hash: string
}

interface Waiting {
  readonly appended: Appended
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

const fsyncMsDefault = 100
const checkpointLinesDefault = 10_000
const checkpointMsDefault = 60_000
const tickMs = 1_000
/** Lines that wait for the end of a turn of the event loop; at this size they are written at once. */
const waitingCharsMax = 1 << 20

/**
 * Opens a recording for writing, or a new one.
 *
 * Throws an `OperatorError` when the folder is not empty, not writable or written by another process, when a recording
 * to be resumed is sealed or broken; what it says is for people.
 */
export function openJournal(options: JournalOptions): Journal {
  return new Journal(options)
}

export class Journal {
  readonly dir: string
  /** Ed25519 in base64url; checkpoints are signed by its other half. */
  readonly publicKey: string
  readonly #options: JournalOptions
  readonly #file: ChainFile
  readonly #signer: Signer
  readonly #forget: () => void
  readonly #hider: SecretHider
  readonly #clock: Clock
  readonly #steps: StepWatch
  readonly #flood: FloodGate
  readonly #tick: NodeJS.Timeout
  /** The last line that the kernel has. */
  #written: Appended
  /** The last line that was chained; ahead of `#written` while lines wait. */
  #head: Appended
  #text = ''
  #waiting: Waiting[] = []
  /** Texts of acknowledged lines that `onWritten` was not told yet. */
  #told: string[] = []
  #telling = false
  #turn: NodeJS.Immediate | undefined
  #syncTimer: NodeJS.Timeout | undefined
  #syncing: Promise<void> | undefined
  #checkpointSeq: number
  #checkpointUs: number
  /** Refusals that are counted together are as many. */
  #unwritten = 0
  #refused = 0
  #troubleNoted = false
  #trouble: { since: string; error: JournalFull; from: 'write-error' | 'sync-error' } | undefined
  #closed = false

  constructor(options: JournalOptions) {
    const { dir, clock = systemClock(), version, redact } = options
    const chain = openChain(options)
    this.dir = dir
    this.#options = options
    this.#file = chain.file
    this.#signer = chain.signer
    this.#forget = chain.forgetKeys
    this.publicKey = chain.signer.publicKey
    this.#hider = secretHider(redact ?? secretsUnder(chain.redactKey))
    this.#clock = clock
    this.#steps = new StepWatch(clock)
    this.#flood = new FloodGate(options.flood)
    this.#head = this.#written = chain.head
    this.#checkpointSeq = this.#head.seq
    this.#checkpointUs = clock.monotonicUs()
    try {
      const start = {
        class: 'start',
        ...(version !== undefined && { version }),
        publicKey: this.publicKey,
      } as const
      this.#write(chain.recovered ?? start, clock.wallUs())
      this.#flush()
      updateRunFile(dir, { publicKey: this.publicKey }, { sync: options.fsyncMs === 0 })
    } catch (error) {
      clearTimeout(this.#syncTimer)
      this.#file.close()
      throw notWritable(dir, error instanceof JournalFull ? error.cause : error)
    }
    this.#tick = setInterval(() => this.#everySecond(), tickMs)
    this.#tick.unref()
  }

  /** The last line that is acknowledged. */
  get head(): Appended {
    return this.#written
  }

  /** False after a write failed, until one succeeds: nothing new may be allowed meanwhile. */
  get healthy(): boolean {
    return this.#trouble === undefined
  }

  /** Lines that could not be written since the last one that could. */
  get refusedLines(): number {
    return this.#refused
  }

  /**
   * Writes a line; when it returns, the kernel has it. Lines that wait from {@link appendSoon} are written before it.
   *
   * Throws {@link JournalFull} when it can't be written, and then it is not in the file.
   */
  append(line: JournalLine): Appended {
    const appended = this.#chain(line)
    this.#flush()
    return appended
  }

  /**
   * Writes a line together with all others of this turn of the event loop, in one system call. Its place in the
   * journal is that of the call. Rejects with {@link JournalFull}.
   */
  appendSoon(line: JournalLine): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const appended = this.#chain(line)
      this.#waiting.push({ appended, resolve, reject })
      if (this.#text.length > waitingCharsMax) this.#flushWaiting()
      else this.#turn ??= setImmediate(() => this.#flushWaiting())
    })
  }

  /**
   * A denial, which is written at once or, when there are too many that are alike, counted into an aggregate within a
   * second. Nothing is relayed for it, so nothing waits for it. Throws {@link JournalFull}.
   */
  refuse(refusal: Refusal): Appended | undefined {
    if (this.#closed) throw new JournalClosed()
    const lines = this.#flood.offer(refusal, this.#clock.wallUs())
    let appended: Appended | undefined
    for (const line of lines) {
      const one = this.#chain(line)
      if (line === refusal) appended = one
    }
    if (lines.length > 0) this.#flush()
    return appended
  }

  /** Hides secrets as the journal does, for what is kept beside it. */
  redact(text: string): string {
    return this.#hider.whole(text)
  }

  /** Resolves when the disk has every line that was acknowledged. Rejects with {@link JournalFull}. */
  async sync(): Promise<void> {
    this.#flush()
    await this.#syncing
    await this.#syncSoon()
    if (this.#trouble?.from === 'sync-error') throw this.#trouble.error
  }

  /** Closes the journal for good: counts, a signed last line, the disk. The key is gone after it. */
  async seal(): Promise<Appended> {
    if (this.#closed) return this.#written
    for (const line of this.#flood.end()) this.#chain(line)
    this.#notes(this.#steps.now())
    const lines = this.#head.seq + 1
    this.#sign((signature) => ({ class: 'seal', signature, lines }))
    this.#flush()
    await this.close()
    this.#forget()
    return this.#written
  }

  /** Closes the file and leaves the journal open-ended, as a crash would; {@link seal} is what a run ends with. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#tick)
    clearTimeout(this.#syncTimer)
    clearImmediate(this.#turn)
    try {
      this.#flush()
      await this.#syncing
      await this.#file.sync()
    } finally {
      this.#file.close()
    }
  }

  /** Seals it; when that can't be written, closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.seal()
    } finally {
      await this.close()
    }
  }

  /** Gives a line its place and leaves its text to the next write. */
  #chain(line: JournalLine): Appended {
    if (this.#closed) throw new JournalClosed()
    const now = this.#steps.now()
    this.#notes(now)
    this.#unwritten += line.class === 'aggregate' ? line.count : 1
    return this.#write(line, now.us)
  }

  /** What the journal has to say by itself before the next line. */
  #notes({ us, expectedUs }: { us: number; expectedUs?: number }): void {
    if (this.#trouble && !this.#troubleNoted) {
      const { from, error, since } = this.#trouble
      this.#write({ class: 'recovered', from, error: error.code, since, refused: this.#refused }, us)
      this.#troubleNoted = true
    }
    if (expectedUs !== undefined) {
      const stepMs = Math.round((us - expectedUs) / 1000)
      this.#write({ class: 'clock_step', expected: toIso(expectedUs), stepMs }, us)
    }
    const { checkpointLines = checkpointLinesDefault } = this.#options
    if (this.#head.seq - this.#checkpointSeq >= checkpointLines) this.#checkpoint()
  }

  #checkpoint(): void {
    this.#checkpointSeq = this.#head.seq + 1
    this.#checkpointUs = this.#clock.monotonicUs()
    this.#sign((signature) => ({ class: 'checkpoint', signature }))
  }

  #sign(note: (signature: string) => JournalNote): void {
    const us = this.#clock.wallUs()
    const { seq, hash } = this.#head
    this.#write(note(this.#signer.sign({ seq: seq + 1, time: toIso(us), prev: hash })), us)
  }

  #write(line: JournalLine | JournalNote, us: number): Appended {
    const { seq, hash: prev } = this.#head
    const { box } = this.#options
    const whole = 'box' in line || box === undefined ? line : { box, ...line }
    const { text, hash } = lineText(whole, { seq: seq + 1, time: toIso(us), prev }, this.#hider)
    this.#text += text
    this.#head = { seq: seq + 1, hash }
    return this.#head
  }

  #flushWaiting(): void {
    try {
      this.#flush()
    } catch {
      // Each that waits was told.
    }
  }

  #flush(): void {
    if (this.#text === '') return
    const text = this.#text
    const waiting = this.#waiting
    this.#text = ''
    this.#waiting = []
    clearImmediate(this.#turn)
    this.#turn = undefined
    try {
      this.#file.append(text, { sync: this.#options.fsyncMs === 0 })
    } catch (error) {
      throw this.#failed(error, waiting)
    }
    this.#written = this.#head
    this.#unwritten = 0
    if (this.#trouble && this.#troubleNoted) {
      this.#trouble = undefined
      this.#troubleNoted = false
      this.#refused = 0
      this.#options.onHealth?.(true)
    }
    if (this.#options.fsyncMs !== 0) {
      this.#syncTimer ??= setTimeout(() => void this.#syncSoon(), this.#options.fsyncMs ?? fsyncMsDefault)
      this.#syncTimer.unref()
    }
    for (const { appended, resolve } of waiting) resolve(appended)
    if (this.#options.onWritten) this.#tell(text, this.#options.onWritten)
  }

  /** Whoever is told may append a line, and is told of that one after those before it. */
  #tell(text: string, onWritten: (lines: string) => void): void {
    this.#told.push(text)
    if (this.#telling) return
    this.#telling = true
    try {
      for (let next = this.#told.shift(); next !== undefined; next = this.#told.shift()) onWritten(next)
    } finally {
      this.#telling = false
    }
  }

  /** Nothing new is in the file: the chain goes on from the last line that is. */
  #failed(cause: unknown, waiting: readonly Waiting[]): JournalFull {
    const error = cause instanceof JournalFull ? cause : new JournalFull(cause)
    this.#head = this.#written
    this.#checkpointSeq = Math.min(this.#checkpointSeq, this.#head.seq)
    this.#refused += this.#unwritten
    this.#unwritten = 0
    this.#troubleNoted = false
    this.#setTrouble(error, 'write-error')
    for (const { reject } of waiting) reject(error)
    return error
  }

  #setTrouble(error: JournalFull, from: 'write-error' | 'sync-error'): void {
    const fresh = this.#trouble === undefined
    this.#trouble ??= { since: toIso(this.#clock.wallUs()), error, from }
    if (fresh) this.#options.onHealth?.(false, error)
  }

  async #syncSoon(): Promise<void> {
    clearTimeout(this.#syncTimer)
    this.#syncTimer = undefined
    if (this.#closed) return
    this.#syncing = this.#file.sync().catch((error: unknown) => {
      this.#setTrouble(new JournalFull(error), 'sync-error')
    })
    await this.#syncing
    this.#syncing = undefined
  }

  #everySecond(): void {
    const { checkpointMs = checkpointMsDefault } = this.#options
    try {
      for (const line of this.#flood.due(this.#clock.wallUs())) this.#chain(line)
      const due = this.#clock.monotonicUs() - this.#checkpointUs >= checkpointMs * 1000
      if (due && this.#head.seq > this.#checkpointSeq) this.#checkpoint()
      this.#flush()
    } catch (error) {
      if (!(error instanceof JournalFull)) throw error
    }
  }
}
