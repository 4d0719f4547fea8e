// Where exactly the offset lies, and how well that is known: stamps cut to whole seconds, and not knowing how soon
// effects follow in this case, both leave it open.

import { burstPairs, firstFrom } from './clock-bursts.ts'
import type { Anchors } from './correlogram.ts'

/** Half of the lags are shorter than one of these, µs; which one, the pairs say. */
const lagScales = [10_000, 30_000, 100_000, 300_000, 800_000] as const
const outliers = 0.3
const outlierSpanUs = 60_000_000
const lagMaxUs = 30_000_000
const points = 80
const passes = 3
/** A stamp of whole seconds says no more than this share of a second, however many there are. */
const leastShare = 0.05
/** Nor is it known how soon after its stamp a tool really begins. */
const leastUs = 20_000

/** Mean and deviation of the offset within a few seconds of `nearUs`. */
export function placeOffset(anchors: Anchors, nearUs: number): { offsetUs: number; sdUs: number } {
  const pairs = burstPairs(anchors, undefined, true)
  const { low, high, weight, burst, share } = pairs
  const reach = 2_000_000 + pairs.widest
  const first = firstFrom(low, nearUs - reach - pairs.widest)
  const last = firstFrom(low, nearUs + reach + lagMaxUs)
  const part = new Float64Array(pairs.bursts * lagScales.length)
  const touched: number[] = []
  const isTouched = new Uint8Array(pairs.bursts)
  for (let k = first; k < last; k++) {
    if (isTouched[burst[k]!] === 0) touched.push(burst[k]!)
    isTouched[burst[k]!] = 1
  }
  const logLikelihood = (theta: number) => {
    for (let k = first; k < last; k++) {
      const b = high[k]! - theta
      if (b <= 0) continue
      const a = Math.max(0, low[k]! - theta)
      const to = Math.max(b, low[k]! - theta + 1000)
      const width = to - (low[k]! - theta)
      for (let m = 0; m < lagScales.length; m++) {
        const scale = lagScales[m]!
        const mass = within(to / scale) - within(a / scale)
        part[burst[k]! * lagScales.length + m]! += (weight[k]! * mass) / width
      }
    }
    const sums = new Float64Array(lagScales.length)
    for (const b of touched) {
      for (let m = 0; m < lagScales.length; m++) {
        const at = b * lagScales.length + m
        sums[m]! += share[b]! * Math.log(outliers / outlierSpanUs + (1 - outliers) * part[at]!)
        part[at] = 0
      }
    }
    return sums
  }
  let from = nearUs - reach
  let to = nearUs + reach
  let offsetUs = nearUs
  let sdUs = reach
  for (let pass = 0; pass < passes; pass++) {
    const step = (to - from) / points
    const values: Float64Array[] = []
    let top = Number.NEGATIVE_INFINITY
    for (let p = 0; p <= points; p++) {
      const sums = logLikelihood(from + p * step)
      values.push(sums)
      for (const s of sums) top = Math.max(top, s)
    }
    let [mass, mean] = [0, 0]
    const weights = values.map((sums) => {
      let w = 0
      for (const s of sums) w += Math.exp(s - top)
      return w
    })
    weights.forEach((w, p) => {
      mass += w
      mean += w * (from + p * step)
    })
    mean /= mass
    let variance = 0
    weights.forEach((w, p) => {
      variance += (w / mass) * (from + p * step - mean) ** 2
    })
    offsetUs = mean
    sdUs = Math.sqrt(variance + (step * step) / 12)
    const half = Math.max(6 * sdUs, 4 * step)
    from = mean - half
    to = mean + half
    if (to - from < 100_000) break
  }
  return {
    offsetUs,
    sdUs: Math.max(leastUs, sdUs, leastShare * medianWidth(low, high, first, last)),
  }
}

/** Share of the lags below x scales: few follow at once, and the longest tenth is six times the half and more. */
function within(x: number): number {
  const y = x * Math.sqrt(x)
  return y / (1 + y)
}

function medianWidth(low: Float64Array, high: Float64Array, first: number, last: number): number {
  const widths: number[] = []
  for (let k = first; k < last; k++) widths.push(high[k]! - low[k]!)
  widths.sort((a, b) => a - b)
  return widths[widths.length >> 1] ?? 0
}
