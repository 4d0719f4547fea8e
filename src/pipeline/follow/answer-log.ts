// Answers on disk: appended to segments, of which the oldest make room. What stands there has been answered.

import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { count, object, text } from './records.ts'
import { type Before, type Verdict, verdicts } from './verdicts.ts'

/** What was last said of an event before this start. */
export interface Restored extends Omit<Before, 'call'> {
  readonly toolCall: string | null
  readonly revision: number
}

/** Segments that are read at the start: what a fit can still revise stands in the newest. */
const segmentsRead = 3

export class AnswerLog {
  readonly #folder: string
  readonly #segmentMax: number
  readonly #totalMax: number
  #segment = 1
  #fd: number
  #size: number
  /** Bytes of answers that made room. */
  evictedBytes = 0

  /** Throws what the system throws when the folder can't be written. */
  constructor(folder: string, segmentMax: number, totalMax: number) {
    this.#folder = folder
    this.#segmentMax = segmentMax
    this.#totalMax = totalMax
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#segment = this.#segments().at(-1) ?? 1
    this.#fd = openSync(this.#pathOf(this.#segment), 'a+', 0o600)
    this.#size = fstatSync(this.#fd).size
    this.#cutHalfLine()
  }

  /**
   * What was said before this start: of each event by uid, and by file how many events were answered. Told to `use` in the
   * order in which it was said.
   */
  restore(use: (uid: string, said: Restored) => void): void {
    for (const segment of this.#segments().slice(-segmentsRead)) {
      for (const line of readFileSync(this.#pathOf(segment), 'utf8').split('\n')) {
        const row = parsed(line)
        const uid = text(row?.uid)
        const verdict = verdicts.indexOf(text(row?.verdict) as Verdict)
        if (!row || uid === '' || verdict < 0) continue
        const toolCall = text(object(Array.isArray(row.candidates) ? row.candidates[0] : undefined)?.toolCall)
        use(uid, {
          verdict,
          toolCall: toolCall === '' ? null : toolCall,
          p: typeof row.p === 'number' ? row.p : 0,
          revision: count(row.revision),
        })
      }
    }
  }

  /** Once it returns, the lines outlive the process. Throws what the system throws, with none of the lines taken. */
  append(lines: readonly string[]): void {
    if (lines.length === 0) return
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    const before = this.#size
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      ftruncateSync(this.#fd, before)
      throw error
    }
    this.#size += bytes.length
    if (this.#size >= this.#segmentMax) this.#next()
  }

  close(): void {
    closeSync(this.#fd)
  }

  #next(): void {
    closeSync(this.#fd)
    this.#segment++
    this.#fd = openSync(this.#pathOf(this.#segment), 'a+', 0o600)
    this.#size = 0
    const sizes = this.#segments().map((segment) => ({
      segment,
      bytes: statSync(this.#pathOf(segment)).size,
    }))
    let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { segment, bytes } of sizes) {
      if (total <= this.#totalMax || segment === this.#segment) break
      rmSync(this.#pathOf(segment))
      total -= bytes
      this.evictedBytes += bytes
    }
  }

  /** A process that was killed may have left the beginning of a line. */
  #cutHalfLine(): void {
    const buffer = Buffer.alloc(64 * 1024)
    let end = this.#size
    while (end > 0) {
      const from = Math.max(0, end - buffer.length)
      const got = readSync(this.#fd, buffer, 0, end - from, from)
      const newline = buffer.subarray(0, got).lastIndexOf(10)
      if (newline >= 0) {
        end = from + newline + 1
        break
      }
      end = from
    }
    if (end < this.#size) ftruncateSync(this.#fd, end)
    this.#size = end
  }

  #segments(): number[] {
    return readdirSync(this.#folder)
      .flatMap((name) => /^(\d{8})\.jsonl$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }

  #pathOf(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(8, '0')}.jsonl`)
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return line === '' ? undefined : object(JSON.parse(line))
  } catch {
    return undefined
  }
}
