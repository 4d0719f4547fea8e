// Says of a journal whether it is what was written: each line's hash, the chain through all, the signatures in it.

import { journalLineBytesMax, journalSchema } from '../schema/journal.ts'
import { type CheckedLine, checkLine, type Place } from './check-line.ts'
import { journalBytes, journalPath } from './journal-bytes.ts'
import { readRunFile } from './run-file.ts'
import { holds } from './signer.ts'

export interface VerifyOptions {
  /** The hash of a line that was written down elsewhere: that line must still be there. */
  readonly anchor?: string
  /** The recording's public key, known from elsewhere. Without it the key in the journal itself is taken. */
  readonly publicKey?: string
}

export interface Verified {
  /** `open`: not closed, because the run goes on or was killed; all that is there holds. */
  readonly state: 'sealed' | 'open' | 'broken'
  /** Where it is broken, from 1; absent when only the end or the anchor is. */
  readonly line?: number
  /** One sentence. */
  readonly reason: string
  /** Lines that hold, up to the first that does not. */
  readonly lines: number
  /** The last of them. */
  readonly head: Place
  readonly checkpoints: {
    /** Signatures that hold, the seal's among them. */
    readonly signed: number
    /** Signatures by no known key, or by another than the one that was asked for. */
    readonly unchecked: number
    /** `seq` of the last line that is signed for. */
    readonly through: number
  }
  /** The keys that signed, first to last; a new one after each crash, unless it was kept. */
  readonly publicKeys: readonly string[]
  /** Bytes of a half-written last line. */
  readonly unfinishedBytes: number
  /** How often writing went on after a crash or a full disk, and how often the clock was set. */
  readonly recovered: number
  readonly clockSteps: number
  /** Lines of which only the form was changed (key order, white space): they say what was written. */
  readonly recoded: number
  /** Where the anchor was found. */
  readonly anchorLine?: number
}

/**
 * Reads a recording's folder, or a journal file by itself, from beginning to end; memory stays bounded.
 *
 * Throws an `OperatorError` when there is no journal, and what the system says when it can't be read.
 */
export async function verifyJournal(path: string, options: VerifyOptions = {}): Promise<Verified> {
  const { file, dir } = journalPath(path)
  const run = dir === undefined ? undefined : readRunFile(dir)
  const check = new Check({ ...options, ...(run?.publicKey !== undefined && { runKey: run.publicKey }) })
  for await (const { lines, tail } of journalBytes(file)) {
    for (const line of lines) if (!check.line(line)) return check.result()
    if (tail) check.end(tail)
  }
  return check.result()
}

class Check {
  readonly #anchor: string | undefined
  readonly #publicKey: string | undefined
  readonly #runKey: string | undefined
  #place: Place = { seq: 0, hash: '' }
  #keys: string[] = []
  #sealed = false
  #broken: { line?: number; reason: string } | undefined
  #signed = 0
  #unchecked = 0
  #through = 0
  #recovered = 0
  #clockSteps = 0
  #recoded = 0
  #unfinishedBytes = 0
  #anchorLine: number | undefined

  constructor({ anchor, publicKey, runKey }: VerifyOptions & { readonly runKey?: string }) {
    this.#anchor = anchor?.toLowerCase()
    this.#publicKey = publicKey
    this.#runKey = runKey
    if (publicKey !== undefined) this.#keys.push(publicKey)
  }

  /** False when the journal is broken here; nothing behind it says anything. */
  line(bytes: Buffer): boolean {
    const checked = this.#sealed ? 'it stands behind the seal' : checkLine(bytes, this.#place)
    const wrong = typeof checked === 'string' ? checked : this.#note(checked)
    if (typeof checked === 'string' || wrong !== undefined) {
      this.#broken = { line: this.#place.seq + 1, reason: wrong ?? '' }
      return false
    }
    this.#place = checked.place
    if (checked.recoded) this.#recoded++
    if (checked.place.hash === this.#anchor) this.#anchorLine = checked.place.seq
    return true
  }

  end(tail: Buffer): void {
    const line = this.#place.seq + 1
    if (tail.length > 0 && this.#sealed) {
      this.#broken = { line, reason: 'bytes stand behind the seal' }
    } else if (!mayBeUnfinished(tail)) {
      this.#broken = { line, reason: 'it does not end, and is not the beginning of a line either' }
    } else this.#unfinishedBytes = tail.length
    if (this.#broken) return
    if (this.#anchor !== undefined && this.#anchorLine === undefined) {
      const reason = `no line has the hash ${this.#anchor.slice(0, 12)}…: the end was cut off, or the journal was written anew`
      this.#broken = { reason }
    } else if (this.#runKey !== undefined && this.#keys.length > 0 && !this.#keys.includes(this.#runKey)) {
      this.#broken = { reason: 'run.json names another key than the journal: one of them was exchanged' }
    }
  }

  result(): Verified {
    const broken = this.#broken
    const state = broken ? 'broken' : this.#sealed ? 'sealed' : 'open'
    return {
      state,
      ...(broken?.line !== undefined && { line: broken.line }),
      reason: broken?.reason ?? this.#reason(),
      lines: this.#place.seq,
      head: this.#place,
      checkpoints: { signed: this.#signed, unchecked: this.#unchecked, through: this.#through },
      publicKeys: this.#keys,
      unfinishedBytes: this.#unfinishedBytes,
      recovered: this.#recovered,
      clockSteps: this.#clockSteps,
      recoded: this.#recoded,
      ...(this.#anchorLine !== undefined && { anchorLine: this.#anchorLine }),
    }
  }

  #reason(): string {
    if (this.#sealed) return 'every line holds, and the last one is the seal'
    if (this.#place.seq === 0) return 'it holds no line yet'
    return this.#unfinishedBytes > 0
      ? 'every line holds; the last one was being written when the writer was stopped'
      : 'every line holds; it was not closed: the run goes on, or its writer was killed'
  }

  /** Takes in what a line says of the journal itself; or says what is wrong with that. */
  #note({ row, place }: CheckedLine): string | undefined {
    switch (row.class) {
      case 'start':
        return place.seq === 1 ? this.#newKey(row.publicKey, true) : 'a journal starts only once'
      case 'recovered':
        this.#recovered++
        return row.publicKey === undefined ? undefined : this.#newKey(row.publicKey, false)
      case 'clock_step':
        this.#clockSteps++
        return undefined
      case 'checkpoint':
        return this.#signature(row, place)
      case 'seal': {
        if (row.lines !== place.seq) return 'the seal counts other lines than there are'
        this.#sealed = true
        return this.#signature(row, place)
      }
    }
    return undefined
  }

  #newKey(key: unknown, first: boolean): string | undefined {
    if (typeof key !== 'string') return 'it names no key'
    if (first && this.#publicKey !== undefined) {
      return key === this.#publicKey ? undefined : 'it names another key than the one that was asked for'
    }
    if (this.#keys.length < keysMax) this.#keys.push(key)
    return undefined
  }

  #signature(row: CheckedLine['row'], place: Place): string | undefined {
    const key = this.#keys.at(-1) ?? this.#runKey
    // After a crash another key may sign, which whoever asked for the first one has no reason to trust.
    if (key === undefined || (this.#publicKey !== undefined && key !== this.#publicKey)) {
      this.#unchecked++
      return undefined
    }
    const { signature, time } = row
    const line = { seq: place.seq, time: String(time), prev: this.#place.hash }
    if (!holds(key, String(signature), line)) return 'its signature is not by the key of this recording'
    this.#signed++
    this.#through = place.seq
    return undefined
  }
}

/** Keys that are kept: one a crash. */
const keysMax = 1_000

/** Every line of ours begins so, because `_schema` is the first of its keys. */
const beginning = Buffer.from(`{"_schema":"${journalSchema}",`)
const ending = /"hash":"[0-9a-f]{64}"\}./s

/**
 * Whether a writer that was stopped may have left these bytes: the beginning of a line, or the zeros of a block that
 * was given to the file and not filled. A whole line with something behind it is neither: its newline was changed.
 */
function mayBeUnfinished(tail: Buffer): boolean {
  if (tail.length >= journalLineBytesMax) return false
  const known = Math.min(tail.length, beginning.length)
  if (tail.subarray(0, known).equals(beginning.subarray(0, known)))
    return !ending.test(tail.toString('latin1'))
  return tail.every((byte) => byte === 0)
}
