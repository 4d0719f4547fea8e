// Connections that one act may have opened together are one witness of the clock, not many.

import type { Anchors } from './correlogram.ts'

export const burstUs = 5_000_000
/** Beyond so many bursts more of them no longer change the answer; every so-manieth is kept. */
const burstsMax = 5000

export interface BurstPairs {
  /** Pairs of each burst's first event, by ascending `low`. */
  readonly low: Float64Array
  readonly high: Float64Array
  readonly weight: Float64Array
  readonly burst: Uint32Array
  readonly cause: Uint32Array
  readonly bursts: number
  /** What each kept event counts: 1 for the first of a burst, or its share where all of a burst are kept. */
  readonly share: Float64Array
  readonly widest: number
}

/** Keeps the first event of each burst, or `all`; a burst is what the same calls may explain, each soon after the one before. */
export function burstPairs(anchors: Anchors, gapUs = burstUs, all = false): BurstPairs {
  const n = anchors.low.length
  const kind = new Map<number, number>()
  const timeOf = new Map<number, number>()
  for (let k = 0; k < n; k++) {
    const e = anchors.effect[k]!
    kind.set(e, (Math.imul(kind.get(e) ?? 17, 31) + anchors.cause[k]!) | 0)
    timeOf.set(e, anchors.time[k]!)
  }
  const latest = new Map<number, { at: number; size: number[] }>()
  const leaders: number[] = []
  const sizes: number[][] = []
  for (const [e, at] of [...timeOf].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
    const before = latest.get(kind.get(e)!)
    const size = before && at - before.at <= gapUs ? before.size : [0]
    size[0]!++
    if (all || size[0] === 1) {
      leaders.push(e)
      sizes.push(size)
    }
    latest.set(kind.get(e)!, { at, size })
  }
  const every = Math.max(1, Math.ceil(leaders.length / burstsMax))
  const index = new Map<number, number>()
  const share: number[] = []
  leaders.forEach((e, x) => {
    if (x % every !== 0) return
    index.set(e, index.size)
    share.push(all ? 1 / sizes[x]![0]! : 1)
  })
  const keep: number[] = []
  for (let k = 0; k < n; k++) if (index.has(anchors.effect[k]!)) keep.push(k)
  keep.sort((a, b) => anchors.low[a]! - anchors.low[b]! || a - b)
  let widest = 0
  for (const k of keep) widest = Math.max(widest, anchors.high[k]! - anchors.low[k]!)
  return {
    low: Float64Array.from(keep, (k) => anchors.low[k]!),
    high: Float64Array.from(keep, (k) => anchors.high[k]!),
    weight: Float64Array.from(keep, (k) => anchors.weight[k]!),
    burst: Uint32Array.from(keep, (k) => index.get(anchors.effect[k]!)!),
    cause: Uint32Array.from(keep, (k) => anchors.cause[k]!),
    bursts: index.size,
    share: Float64Array.from(share),
    widest,
  }
}

/** Index of the first value that is not below `at`. */
export function firstFrom(values: Float64Array, at: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}
