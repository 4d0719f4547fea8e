// Watches a zstd stream on its way to the decoder: frames that ask for too much memory are seen before it does.
//
// RFC 8878: a frame is a header (magic, descriptor, window, dictionary, content size), blocks with 3-byte headers, and
// an optional checksum; skippable frames stand between. Only these headers are read, nothing is unfolded.

/** Largest window that is accepted: what `zstd --long=27` makes; the usual ones take 8 MiB at most. */
export const zstdWindowBytesMax = 128 * 1024 * 1024

/** Feed it every chunk before the decoder sees it; a text says why decoding must not go on. */
export class ZstdFrames {
  #held: number[] = []
  #skip = 0
  #expect: 'frame' | 'block' = 'frame'
  #checksum = false
  #problem: string | undefined
  #frames = 0
  #read = 0
  #begun = 0

  /** Frames begun so far, skippable ones not counted. */
  get frames(): number {
    return this.#frames
  }

  /** Bytes of the stream that may be decoded: all so far, or those before what is wrong. */
  get goodBytes(): number {
    return this.#problem === undefined ? this.#read : this.#begun
  }

  /** Undefined as long as all is well. */
  chunk(bytes: Uint8Array): string | undefined {
    let at = 0
    while (at < bytes.length && this.#problem === undefined) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at)
        this.#skip -= step
        at += step
        continue
      }
      if (this.#held.length === 0) this.#begun = this.#read + at
      this.#held.push(bytes[at++]!)
      if (this.#expect === 'block') this.#block()
      else this.#frame()
    }
    this.#read += at
    return this.#problem
  }

  #block(): void {
    const [a, b, c] = this.#held
    if (a === undefined || b === undefined || c === undefined) return
    this.#held = []
    const size = (a >> 3) | (b << 5) | (c << 13)
    const kind = (a >> 1) & 3
    // A repeated byte takes one byte, whatever its length.
    this.#skip = kind === 1 ? 1 : size
    if (kind === 3) this.#problem = 'a block of an unknown kind'
    if (a & 1) {
      this.#expect = 'frame'
      if (this.#checksum) this.#skip += 4
    }
  }

  #frame(): void {
    const held = this.#held
    if (held.length < 5) return
    const magic = little(held, 0, 4)
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      if (held.length < 8) return
      this.#skip = little(held, 4, 4)
      this.#held = []
      return
    }
    if (magic !== 0xfd2fb528) {
      this.#problem = 'not a zstd frame'
      return
    }
    const descriptor = held[4]!
    const single = (descriptor >> 5) & 1
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    if (held.length < 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes) return
    const windowByte = held[5]!
    const base = 2 ** (10 + (windowByte >> 3))
    const content = little(held, held.length - sizeBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
    const window = single ? content : base + (base / 8) * (windowByte & 7)
    if (window > zstdWindowBytesMax) this.#problem = `a frame wants a window of ${window} bytes`
    if (dictionaryBytes > 0 && little(held, 5 + (single ? 0 : 1), dictionaryBytes) !== 0) {
      this.#problem = 'a frame needs a dictionary'
    }
    this.#checksum = (descriptor & 4) !== 0
    this.#frames++
    this.#held = []
    this.#expect = 'block'
  }
}

function little(bytes: readonly number[], from: number, count: number): number {
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[from + i] ?? 0)
  return value
}
