// Cuts a TCP stream of syslog into messages: octet counting (RFC 6587, 3.4.1) and lines (3.4.2), whichever comes.

export interface FrameTarget {
  message(text: string): void
  /** A message beyond the limit was passed over. */
  tooLong(): void
}

const digitsMax = 10

export class SyslogFrames {
  readonly #target: FrameTarget
  readonly #max: number
  #buffer: Buffer = Buffer.alloc(0)
  /** Bytes of a message that is too long and is being passed over; Infinity = up to the next newline. */
  #skip = 0

  constructor(target: FrameTarget, max: number) {
    this.#target = target
    this.#max = max
  }

  chunk(bytes: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    while (this.#buffer.length > 0) {
      if (this.#skip > 0) {
        if (!this.#passOver()) return
        continue
      }
      const first = this.#buffer[0]!
      const counted = first >= 0x31 && first <= 0x39 ? this.#counted() : 'line'
      if (counted === 'more') return
      if (counted === 'line' && !this.#line()) return
    }
  }

  /** After the last byte: a line need not end with a newline then. */
  end(): void {
    if (this.#skip === 0 && this.#buffer.length > 0) this.#give(this.#buffer)
    this.#buffer = Buffer.alloc(0)
  }

  /** `LENGTH SP MESSAGE`. */
  #counted(): 'done' | 'more' | 'line' {
    const space = this.#buffer.subarray(0, digitsMax + 1).indexOf(0x20)
    if (space < 0)
      return this.#buffer.length <= digitsMax && /^\d+$/.test(this.#buffer.toString('latin1'))
        ? 'more'
        : 'line'
    const digits = this.#buffer.toString('latin1', 0, space)
    if (!/^\d+$/.test(digits)) return 'line'
    const length = Number(digits)
    if (length > this.#max) {
      this.#target.tooLong()
      this.#buffer = this.#buffer.subarray(space + 1)
      this.#skip = length
      return 'done'
    }
    if (this.#buffer.length < space + 1 + length) return 'more'
    this.#give(this.#buffer.subarray(space + 1, space + 1 + length))
    this.#buffer = this.#buffer.subarray(space + 1 + length)
    return 'done'
  }

  #line(): boolean {
    const end = lineEnd(this.#buffer)
    if (end >= 0 && end <= this.#max) {
      this.#give(this.#buffer.subarray(0, end))
      this.#buffer = this.#buffer.subarray(end + 1)
      return true
    }
    if (this.#buffer.length <= this.#max) return false
    this.#target.tooLong()
    this.#skip = Number.POSITIVE_INFINITY
    return true
  }

  /** False when more has to come. */
  #passOver(): boolean {
    if (this.#skip === Number.POSITIVE_INFINITY) {
      const end = lineEnd(this.#buffer)
      this.#buffer = end < 0 ? Buffer.alloc(0) : this.#buffer.subarray(end + 1)
      if (end >= 0) this.#skip = 0
      return end >= 0
    }
    const passed = Math.min(this.#skip, this.#buffer.length)
    this.#skip -= passed
    this.#buffer = this.#buffer.subarray(passed)
    return this.#skip === 0
  }

  #give(bytes: Buffer): void {
    const text = bytes.toString('utf8')
    if (text.trim() !== '') this.#target.message(text)
  }
}

function lineEnd(buffer: Buffer): number {
  const newline = buffer.indexOf(10)
  const zero = buffer.indexOf(0)
  return newline < 0 ? zero : zero < 0 ? newline : Math.min(newline, zero)
}
