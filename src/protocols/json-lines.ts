// The lines of one direction of a connection that may be speaking JSON, one object a line.

/** How far into a direction lines are read, and the longest one that is. */
export const streamBytesMax = 65_536
const lineBytesMax = 16_384

const decoder = new TextDecoder()

const isNoSpace = (byte: number) => byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9
const beginsJson = (byte: number | undefined) => byte === 0x7b || byte === 0x5b // { or [

/** Whether a direction that begins so can have lines for {@link JsonLines}. */
export function mayBeJsonLines(bytes: Uint8Array): boolean {
  return beginsJson(bytes.find(isNoSpace))
}

/** Hands on lines as long as they look like JSON and the limits hold. */
export class JsonLines {
  #held = new Uint8Array(0)
  #skipping = false
  #afterGap = false
  #left = streamBytesMax
  #started = false
  open = true

  feed(bytes: Uint8Array, onLine: (line: string) => void): void {
    if (!this.open) return
    let part = bytes.subarray(0, this.#left)
    this.#left -= part.length
    if (!this.#started) {
      const first = part.findIndex(isNoSpace)
      if (first >= 0) {
        this.#started = true
        if (!beginsJson(part[first])) this.open = false
      }
    }
    // Segments tend to begin where lines do.
    if (this.#afterGap && part.length > 0) {
      this.#afterGap = false
      if (part[0] === 0x7b) this.#skipping = false
    }
    while (this.open) {
      const newline = part.indexOf(10)
      if (newline < 0) break
      if (!this.#skipping) this.#emit(joined(this.#held, part.subarray(0, newline)), onLine)
      this.#held = new Uint8Array(0)
      this.#skipping = false
      part = part.subarray(newline + 1)
    }
    if (this.#held.length + part.length > lineBytesMax) {
      this.#held = new Uint8Array(0)
      this.#skipping = true
    } else if (!this.#skipping && part.length > 0) this.#held = joined(this.#held, part)
    if (this.#left === 0) this.#close()
  }

  gap(): void {
    this.#held = new Uint8Array(0)
    this.#skipping = this.#started
    this.#afterGap = true
  }

  /** A last line without its newline: some miners send none with the first message, some end with NUL. */
  flush(onLine: (line: string) => void): void {
    if (this.open && !this.#skipping) this.#emit(this.#held, onLine)
    this.#close()
  }

  #emit(line: Uint8Array, onLine: (line: string) => void): void {
    if (line.length < 2 || line.length > lineBytesMax) return
    onLine(decoder.decode(line).replace(/\0+$/, ''))
  }

  #close(): void {
    this.open = false
    this.#held = new Uint8Array(0)
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
