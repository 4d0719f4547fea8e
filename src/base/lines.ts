// Cuts a byte stream into lines without ever holding more than one chunk and one unfinished line.

/** Longest line that is read; a longer one is reported with its beginning and its rest is passed over. */
export const lineBytesMax = 64 * 1024 * 1024

export interface LineTarget {
  /** A line without its terminator (`\n` or `\r\n`), counted from 1; blank lines are left out. */
  line(text: string, line: number): void
  /** A line beyond the limit; `text` is its beginning. */
  tooLong(text: string, line: number): void
}

/** Push chunks in, lines come out. Broken UTF-8 is replaced, a byte-order mark is dropped. */
export class LineSplitter {
  readonly #target: LineTarget
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #bytesMax: number
  readonly #first: boolean
  #carry: Uint8Array[] = []
  #carryBytes = 0
  #overflow = false
  #line = 0

  /** `first` = the stream is a file's beginning, where a byte-order mark may stand. */
  constructor(target: LineTarget, { bytesMax = lineBytesMax, first = true } = {}) {
    this.#target = target
    this.#bytesMax = bytesMax
    this.#first = first
  }

  /** Lines seen so far, blank ones included. */
  get count(): number {
    return this.#line
  }

  chunk(bytes: Uint8Array): void {
    const last = bytes.lastIndexOf(10)
    if (last < 0) {
      this.#keep(bytes)
      return
    }
    let from = 0
    if (this.#carryBytes > 0 || this.#overflow) {
      const first = bytes.indexOf(10)
      this.#keep(bytes.subarray(0, first))
      this.#flushCarry()
      from = first + 1
    }
    if (last - from > this.#bytesMax) from = this.#longLines(bytes, from, last)
    if (from <= last) this.#emit(this.#decoder.decode(bytes.subarray(from, last)))
    this.#keep(bytes.subarray(last + 1))
  }

  /** After the last chunk. Returns whether the stream ended in the middle of a line. */
  end(): boolean {
    const cut = this.#carryBytes > 0 || this.#overflow
    if (cut) this.#flushCarry()
    return cut
  }

  /** A chunk larger than the limit for a line: one line at a time, so that the limit holds in it too. */
  #longLines(bytes: Uint8Array, start: number, last: number): number {
    let from = start
    while (from <= last) {
      const to = bytes.indexOf(10, from)
      this.#keep(bytes.subarray(from, to))
      this.#flushCarry()
      from = to + 1
    }
    return from
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#carryBytes + bytes.length > this.#bytesMax) {
      if (!this.#overflow) this.#carry.push(bytes.slice(0, 1024))
      this.#overflow = true
      return
    }
    // A copy, because the caller may reuse its buffer.
    this.#carry.push(bytes.slice())
    this.#carryBytes += bytes.length
  }

  #flushCarry(): void {
    const parts = this.#carry
    const overflow = this.#overflow
    this.#carry = []
    this.#carryBytes = 0
    this.#overflow = false
    if (overflow) {
      this.#line++
      this.#target.tooLong(this.#decoder.decode((parts[0] ?? new Uint8Array()).subarray(0, 1024)), this.#line)
      return
    }
    this.#emit(this.#decoder.decode(concat(parts)))
  }

  /** `block` is whole lines joined by newlines, without the last terminator. */
  #emit(block: string): void {
    let from = 0
    while (from <= block.length) {
      let to = block.indexOf('\n', from)
      if (to < 0) to = block.length
      this.#line++
      let end = to
      if (end > from && block.charCodeAt(end - 1) === 13) end--
      if (this.#line === 1 && this.#first && block.charCodeAt(from) === 0xfeff) from++
      if (end > from) {
        const text = block.slice(from, end)
        if (!isBlank(text)) this.#target.line(text, this.#line)
      }
      from = to + 1
    }
  }
}

/** One array of all parts. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function isBlank(text: string): boolean {
  const c = text.charCodeAt(0)
  return (c === 32 || c === 9) && text.trim() === ''
}
