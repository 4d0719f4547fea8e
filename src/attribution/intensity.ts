// The rate at which a call causes events, by how long it has been running or gone: piecewise constant per second.

/** Seconds after the call's start, while it runs. */
export const runEdgesS = [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 102.4] as const
/** Seconds after its end: three bins of the reach that every call has, then those of work left behind. */
export const afterEdgesS = [0, 0.3, 1, 3, 30, 300, 3600] as const

/** Bins in the order of time: before the start, while it runs, after its end. */
export const beforeBin = 0
export const firstRunBin = 1
export const firstAfterBin = firstRunBin + runEdgesS.length
export const firstLateBin = firstAfterBin + 3
export const binCount = firstAfterBin + afterEdgesS.length

const runUs = Float64Array.from(runEdgesS, (s) => s * 1e6)
const afterUs = Float64Array.from(afterEdgesS, (s) => s * 1e6)
const beforeUs = 500_000

/** Width of each bin in seconds, the open ones cut at what is usual. */
export const binWidthS = Float64Array.from({ length: binCount }, (_, b) => {
  if (b === beforeBin) return 0.5
  if (b < firstAfterBin) return (runEdgesS[b - firstRunBin + 1] ?? 600) - runEdgesS[b - firstRunBin]!
  return (afterEdgesS[b - firstAfterBin + 1] ?? 36_000) - afterEdgesS[b - firstAfterBin]!
})

export function isLate(bin: number): boolean {
  return bin >= firstLateBin
}

/** Bin of instant `t` against a call [s, e], all µs; the first also holds what is earlier than any effect can be. */
export function binAt(t: number, s: number, e: number): number {
  const x = t - s
  if (x < 0) return beforeBin
  if (t <= e) {
    let b = runUs.length - 1
    while (x < runUs[b]!) b--
    return firstRunBin + b
  }
  const y = t - e
  let b = afterUs.length - 1
  while (y < afterUs[b]!) b--
  return firstAfterBin + b
}

/** Where bin `b` of a call [s, e] begins and ends, µs; empty when the call ended before it. */
export function binFromUs(b: number, s: number, e: number): number {
  if (b === beforeBin) return s - beforeUs
  if (b < firstAfterBin) return s + runUs[b - firstRunBin]!
  return e + afterUs[b - firstAfterBin]!
}

export function binToUs(b: number, s: number, e: number): number {
  if (b === beforeBin) return s
  if (b < firstAfterBin) {
    const next = b - firstRunBin + 1
    return next < runUs.length ? Math.min(e, s + runUs[next]!) : e
  }
  const next = b - firstAfterBin + 1
  return next < afterUs.length ? e + afterUs[next]! : Number.POSITIVE_INFINITY
}

/** How many µs of [a, b] lie in bin `k` of a call [s, e]. */
export function overlapUs(k: number, a: number, b: number, s: number, e: number): number {
  const from = Math.max(a, binFromUs(k, s, e))
  const to = Math.min(b, binToUs(k, s, e))
  return to > from ? to - from : 0
}

/** Share of a call's unnamed events that fall into each bin, as first guess and as prior. */
// biome-ignore format: one line for each phase
const shape = [
  0.001, // before: only by error of the clock
  0.1, 0.12, 0.18, 0.18, 0.14, 0.09, 0.06, 0.04, 0.04, 0.1, 0.2, // running: in long calls a slow trickle
  0.02, 0.01, 0.008, // just after
  0.004, 0.002, 0.001, 0.0005, // left behind
] as const

/** Prior rates per second and bin for a source that causes `total` events in all. */
export function priorRates(total: number, lateShare: number): Float64Array {
  return Float64Array.from({ length: binCount }, (_, b) => {
    return (total * shape[b]! * (isLate(b) ? lateShare : 1)) / binWidthS[b]!
  })
}
