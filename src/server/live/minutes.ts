// Connections per minute, for the last day that something happened in.

export interface Minute {
  /** Minutes since 1970. */
  readonly minute: number
  allowed: number
  blocked: number
}

/** A day. */
const minutesMax = 24 * 60

export class Minutes implements Iterable<Minute> {
  readonly #byMinute = new Map<number, Minute>()

  add(ms: number, disposition: 'allowed' | 'blocked', count: number): void {
    const minute = Math.floor(ms / 60_000)
    let one = this.#byMinute.get(minute)
    if (!one) {
      one = { minute, allowed: 0, blocked: 0 }
      this.#byMinute.set(minute, one)
      // The one that came first; where the clock was set back, that need not be the earliest.
      const [oldest] = this.#byMinute.keys()
      if (this.#byMinute.size > minutesMax && oldest !== undefined) this.#byMinute.delete(oldest)
    }
    one[disposition] += count
  }

  [Symbol.iterator](): Iterator<Minute> {
    return this.#byMinute.values()
  }
}
