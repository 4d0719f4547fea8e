// How many launches get a line: a fork bomb must neither flood the journal nor hide what other calls start.

import { BoundedMap } from '../base/bounded-map.ts'

/** Lines at once, and then per second: of one subtree, and of all. */
const limits = { own: { burst: 200, perSecond: 20 }, all: { burst: 2_000, perSecond: 200 } } as const
const subtreesMax = 4_096

interface Bucket {
  left: number
  atMs: number
}

export class LaunchLimiter {
  readonly #own = new BoundedMap<string, Bucket>(subtreesMax)
  readonly #all: Bucket
  #omitted = 0

  constructor(nowMs: number) {
    this.#all = { left: limits.all.burst, atMs: nowMs }
  }

  /** Without a line so far, since `take` last said how many. */
  get omitted(): number {
    return this.#omitted
  }

  /** The number of launches left out before this one, when it may have a line; undefined when it is left out too. */
  take(subtree: string, nowMs: number): number | undefined {
    let own = this.#own.get(subtree)
    if (!own) {
      own = { left: limits.own.burst, atMs: nowMs }
      this.#own.set(subtree, own)
    }
    fill(own, limits.own, nowMs)
    fill(this.#all, limits.all, nowMs)
    if (own.left < 1 || this.#all.left < 1) {
      this.#omitted++
      return undefined
    }
    own.left--
    this.#all.left--
    const before = this.#omitted
    this.#omitted = 0
    return before
  }
}

function fill(
  bucket: Bucket,
  { burst, perSecond }: { burst: number; perSecond: number },
  nowMs: number,
): void {
  bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.atMs) * perSecond) / 1000)
  bucket.atMs = nowMs
}
