// One direction of a TCP connection: its first bytes in order, and which packets bring anything new.

/** How much of each direction is put together for recognition. */
export const headBytesMax = 8192
/** Segments held back for one that is missing. When either is full, the gap is given up. */
const heldSegmentsMax = 16
const heldBytesMax = 32_768

interface Segment {
  readonly sequence: number
  readonly bytes: Uint8Array
  readonly wireBytes: number
}

export interface StreamConsumer {
  /** Bytes in order. */
  data(bytes: Uint8Array): void
  /** Something is missing here. */
  gap(): void
}

export class Stream {
  /** The next sequence number, in order; undefined before the first packet. */
  #next: number | undefined
  /** Just beyond the highest byte seen, in order or not. */
  #highest: number | undefined
  #held: Segment[] = []
  #heldBytes = 0

  begin(sequence: number): void {
    this.#next = (sequence + 1) >>> 0
    this.#highest = this.#next
  }

  /** Whether a payload brings bytes not seen before; a retransmission or a keep-alive does not. */
  isNew(sequence: number, wireBytes: number): boolean {
    const end = (sequence + wireBytes) >>> 0
    if (this.#highest !== undefined && ((end - this.#highest) | 0) <= 0) return false
    this.#highest = end
    return true
  }

  /** Hands `bytes` on when their turn has come, else keeps a copy. `wireBytes` ≥ `bytes.length`. */
  push(sequence: number, bytes: Uint8Array, wireBytes: number, to: StreamConsumer): void {
    this.#next ??= sequence
    if (((sequence - this.#next) | 0) > 0) {
      if (this.#held.length < heldSegmentsMax && this.#heldBytes + bytes.length <= heldBytesMax) {
        this.#held.push({ sequence, bytes: bytes.slice(), wireBytes })
        this.#heldBytes += bytes.length
        return
      }
      this.#giveUpGap(to)
      if (((sequence - this.#next) | 0) > 0) {
        to.gap()
        this.#next = sequence
      }
    }
    this.#deliver(sequence, bytes, wireBytes, to)
    this.#drain(to)
  }

  /** Hands on what was held back, gaps or not: nothing more will come. */
  flush(to: StreamConsumer): void {
    while (this.#held.length > 0) this.#giveUpGap(to)
  }

  #giveUpGap(to: StreamConsumer): void {
    const next = this.#next ?? 0
    let nearest: Segment | undefined
    for (const segment of this.#held) {
      if (!nearest || ((segment.sequence - next) | 0) < ((nearest.sequence - next) | 0)) nearest = segment
    }
    if (!nearest) return
    to.gap()
    this.#next = nearest.sequence
    this.#drain(to)
  }

  #drain(to: StreamConsumer): void {
    for (let found = true; found; ) {
      found = false
      for (const [i, segment] of this.#held.entries()) {
        if (((segment.sequence - (this.#next ?? 0)) | 0) > 0) continue
        this.#held.splice(i, 1)
        this.#heldBytes -= segment.bytes.length
        this.#deliver(segment.sequence, segment.bytes, segment.wireBytes, to)
        found = true
        break
      }
    }
  }

  #deliver(sequence: number, bytes: Uint8Array, wireBytes: number, to: StreamConsumer): void {
    const next = this.#next ?? sequence
    const known = (next - sequence) | 0
    if (known >= wireBytes) return
    if (known < bytes.length) to.data(known > 0 ? bytes.subarray(known) : bytes)
    if (bytes.length < wireBytes) to.gap() // The capture kept only the packet's beginning.
    this.#next = (sequence + wireBytes) >>> 0
  }
}

/** The first bytes of a direction, up to its first gap. */
export class Head {
  #buffer = new Uint8Array(0)
  #size = 0
  full = false

  get size(): number {
    return this.#size
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size)
  }

  /** Returns how many bytes of memory it took. */
  add(bytes: Uint8Array, max: number): number {
    if (this.full) return 0
    const before = this.#buffer.length
    const part = bytes.subarray(0, Math.max(0, max - this.#size))
    if (this.#size + part.length > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(max, Math.max(256, 2 * (this.#size + part.length))))
      grown.set(this.bytes)
      this.#buffer = grown
    }
    this.#buffer.set(part, this.#size)
    this.#size += part.length
    if (this.#size >= max) this.full = true
    return this.#buffer.length - before
  }

  /** What follows a gap is not what follows these bytes; without any bytes, a beginning is still to come. */
  gap(): void {
    if (this.#size > 0) this.full = true
  }

  /** Lets go of the memory; returns how much. */
  release(): number {
    const released = this.#buffer.length
    this.#buffer = new Uint8Array(0)
    this.#size = 0
    this.full = true
    return released
  }
}
