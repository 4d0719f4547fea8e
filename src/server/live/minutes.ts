// Connections per minute, for the last day that something happened in.

export interface Minute {
  /** Minutes since 1970. */
  readonly minute: number
  allowed: number
  blocked: number
}

/** A day. */
const minutesMax = 24 * 60

export class Minutes {
  readonly #byMinute = new Map<number, Minute>()

  add(ms: number, disposition: 'allowed' | 'blocked', count: number): void {
    const minute = Math.floor(ms / 60_000)
    let one = this.#byMinute.get(minute)
    if (!one) {
      one = { minute, allowed: 0, blocked: 0 }
      this.#byMinute.set(minute, one)
      if (this.#byMinute.size > minutesMax) this.#byMinute.delete(Math.min(...this.#byMinute.keys()))
    }
    one[disposition] += count
  }

  values(): Iterable<Minute> {
    return this.#byMinute.values()
  }
}
