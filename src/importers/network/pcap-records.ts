// Records out of chunks of any size: what is incomplete waits, what is of no interest is passed over unread.

export class Records {
  #held = new Uint8Array(0)
  #size = 0
  #passOver = 0

  /** Bytes waiting for more. */
  get waiting(): Uint8Array {
    return this.#held.subarray(0, this.#size)
  }

  /** Whether bytes that were to be passed over are still missing. */
  get inside(): boolean {
    return this.#passOver > 0
  }

  /**
   * Hands what has come to `take`, which returns how many bytes it is done with: fewer when a record is not
   * complete, more to pass over bytes that are still to come. The bytes are only valid during the call.
   */
  push(chunk: Uint8Array, take: (bytes: Uint8Array) => number): void {
    let rest = chunk
    if (this.#passOver > 0) {
      const passed = Math.min(this.#passOver, rest.length)
      this.#passOver -= passed
      rest = rest.subarray(passed)
    }
    if (rest.length === 0) return
    const bytes = this.#size === 0 ? rest : this.#joined(rest)
    const done = take(bytes)
    this.#passOver = Math.max(0, done - bytes.length)
    this.#keep(bytes, Math.min(done, bytes.length))
  }

  #joined(rest: Uint8Array): Uint8Array {
    const size = this.#size + rest.length
    if (size > this.#held.length) {
      const grown = new Uint8Array(2 * size)
      grown.set(this.waiting)
      this.#held = grown
    }
    this.#held.set(rest, this.#size)
    this.#size = size
    return this.waiting
  }

  #keep(bytes: Uint8Array, done: number): void {
    const left = bytes.subarray(done)
    if (left.length > this.#held.length) this.#held = new Uint8Array(2 * left.length)
    this.#held.set(left) // Also right when both are the same memory: it copies as if through a third one.
    this.#size = left.length
  }
}
