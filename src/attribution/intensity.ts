// The rate at which a call causes events, by how long it has been running or gone: piecewise constant per second.

/** Seconds after the call's start, while it runs. */
export const runEdgesS = [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 102.4] as const
/** Seconds after its end: three bins of the reach that every call has, then those of work left behind. */
export const afterEdgesS = [0, 0.3, 1, 3, 30, 300, 3600] as const

export const runBins = runEdgesS.length
export const firstLateBin = runBins + 3
export const beforeBin = runBins + afterEdgesS.length
export const binCount = beforeBin + 1
export const manyBins = 255

const runUs = Float64Array.from(runEdgesS, (s) => s * 1e6)
const afterUs = Float64Array.from(afterEdgesS, (s) => s * 1e6)
const beforeUs = 500_000

/** Width of each bin in seconds, the open ones cut at what is usual. */
export const binWidthS = Float64Array.from({ length: binCount }, (_, b) => {
  if (b < runBins) return (runEdgesS[b + 1] ?? 600) - runEdgesS[b]!
  if (b === beforeBin) return 0.5
  return (afterEdgesS[b - runBins + 1] ?? 36_000) - afterEdgesS[b - runBins]!
})

/** Bin of instant `t` against a call [s, e], all µs; -1 earlier than any effect can be. */
export function binAt(t: number, s: number, e: number): number {
  const x = t - s
  if (x < 0) return x >= -beforeUs ? beforeBin : -1
  if (t <= e) {
    let b = runBins - 1
    while (x < runUs[b]!) b--
    return b
  }
  const y = t - e
  let b = afterUs.length - 1
  while (y < afterUs[b]!) b--
  return runBins + b
}

/** Where bin `b` of a call [s, e] begins and ends, µs; empty when the call ended before it. */
export function binFromUs(b: number, s: number, e: number): number {
  if (b < runBins) return s + runUs[b]!
  if (b === beforeBin) return s - beforeUs
  return e + afterUs[b - runBins]!
}

export function binToUs(b: number, s: number, e: number): number {
  if (b < runBins) return b + 1 < runBins ? Math.min(e, s + runUs[b + 1]!) : e
  if (b === beforeBin) return s
  return b - runBins + 1 < afterUs.length ? e + afterUs[b - runBins + 1]! : Number.POSITIVE_INFINITY
}

/** How many µs of [a, b] lie in each bin of a call [s, e], into `out` (length binCount). */
export function overlapsUs(a: number, b: number, s: number, e: number, out: Float64Array): void {
  for (let k = 0; k < binCount; k++) {
    const from = Math.max(a, binFromUs(k, s, e))
    const to = Math.min(b, binToUs(k, s, e))
    out[k] = to > from ? to - from : 0
  }
}

/** Share of a call's unnamed events that fall into each bin, as first guess and as prior. */
const shape = [
  0.1,
  0.12,
  0.18,
  0.18,
  0.14,
  0.09,
  0.06,
  0.04,
  0.03,
  0.03,
  0.02, // running
  0.02,
  0.01,
  0.008, // just after
  0.004,
  0.002,
  0.001,
  0.0005, // left behind
  0.002, // before: only by error of the clock
] as const

/** Prior rates per second and bin for a source that causes `total` events in all. */
export function priorRates(total: number, lateShare: number): Float64Array {
  return Float64Array.from({ length: binCount }, (_, b) => {
    const late = b >= firstLateBin && b < beforeBin
    return (total * shape[b]! * (late ? lateShare : 1)) / binWidthS[b]!
  })
}
