// Finds how far one clock is ahead of another from pairs of stamps of which some belong together.
//
// A true pair (cause, effect) differs by the offset plus a short lag; false pairs differ by anything. The offset is
// where most pairs agree, told from chance by z, then sharpened by likelihood under a one-sided, heavy-tailed lag.

import { orderOf } from '../base/order.ts'
import { mixed } from './collector.ts'

export interface Anchors {
  /** Pairs; each says offset + lag lies in [low, high] µs. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** Weight of a pair: pairs of one effect share 1, so a rare name says more than a common one. */
  readonly weight: Float64Array
  /** When on the effect's clock, µs. */
  readonly time: Float64Array
  readonly effect: Uint32Array
  readonly cause: Uint32Array
}

export interface Peak {
  readonly offsetUs: number
  readonly sdUs: number
  readonly z: number
  /** Distinct effects and causes that agree, and effects asked. */
  readonly effects: number
  readonly causes: number
  readonly asked: number
  /** Weight of the next best place over that of this one. */
  readonly rival: number
}

/** Longest lag that still counts as agreement, and how far an effect may seem to precede its cause. */
const agreeUs = 2_000_000
const earlyUs = 100_000
const aroundUs = 300_000_000
/** Chance agreement is never taken to be rarer than this, lest two pairs make a proof. */
const varianceFloor = 0.2
const medianLagUs = 350_000
const outliers = 0.3

/** Pairs that are looked at first, and what they must show for the others not to be asked. */
const firstLook = 60_000
const unmistakable = { z: 25, rival: 0.5, effects: 500 }
/** Likelihood costs pairs × grid: so many pairs say where to look closely, and so many are then looked at. */
const sharpenedMax = { roughly: 4000, closely: 16_000 }

/**
 * The best-supported offset for which `allowed` holds, or undefined without pairs. `agree` widens what counts as
 * agreement (µs) beyond the pairs' own width. Of many pairs a part is looked at first: the pairs of some effects,
 * chosen by a hash of their rows.
 */
export function findPeak(
  anchors: Anchors,
  allowed: (offsetUs: number) => boolean,
  agree = agreeUs,
): Peak | undefined {
  if (anchors.low.length > 2 * firstLook) {
    const below = (firstLook / anchors.low.length) * 2 ** 32
    const peak = peakOf(
      anchors,
      chosen(anchors, (k) => mixed(~anchors.effect[k]!) < below),
      allowed,
      agree,
    )
    if (
      peak &&
      peak.z >= unmistakable.z &&
      peak.rival <= unmistakable.rival &&
      peak.effects >= unmistakable.effects
    ) {
      return peak
    }
  }
  return peakOf(anchors, anchors, allowed, agree)
}

/** The peak that `part` of the pairs shows, with the effects and causes of all that agree with it. */
function peakOf(
  all: Anchors,
  part: Anchors,
  allowed: (offsetUs: number) => boolean,
  agree: number,
): Peak | undefined {
  const n = part.low.length
  if (n === 0) return undefined
  const steps = coverage(part, agree)
  let best = -1
  let bestRate = 0
  for (let k = 0; k < steps.at.length - 1; k++) {
    if (steps.height[k]! > bestRate + 1e-9 && allowed((steps.at[k]! + steps.at[k + 1]!) / 2)) {
      bestRate = steps.height[k]!
      best = k
    }
  }
  if (best < 0) return undefined
  const peakAt = (steps.at[best]! + steps.at[best + 1]!) / 2
  let width = agree + earlyUs
  for (let k = 0; k < n; k++) {
    if (part.low[k]! - agree <= peakAt && part.high[k]! + earlyUs >= peakAt) {
      width = Math.max(width, part.high[k]! - part.low[k]!)
    }
  }
  const around = surroundings(steps, peakAt, 2 * width, Math.max(aroundUs, 6 * width), allowed)
  const z = (bestRate - around.mean) / Math.sqrt(around.variance + varianceFloor)
  const { offsetUs, sdUs } = sharpen(part, peakAt, width)
  const agrees = (k: number) => all.low[k]! - agree <= offsetUs && all.high[k]! + earlyUs >= offsetUs
  return {
    offsetUs,
    sdUs,
    z,
    effects: distinct(all.effect, agrees),
    causes: distinct(all.cause, agrees),
    asked: distinct(all.effect, () => true),
    rival: around.highest / bestRate,
  }
}

/** How many different values stand where `which` holds. */
function distinct(values: Uint32Array, which: (k: number) => boolean): number {
  let most = 0
  for (let k = 0; k < values.length; k++) most = Math.max(most, values[k]!)
  const seen = new Uint8Array(most + 1)
  let count = 0
  for (let k = 0; k < values.length; k++) {
    if (seen[values[k]!] === 1 || !which(k)) continue
    seen[values[k]!] = 1
    count++
  }
  return count
}

/** Weight of pairs that agree with each offset, as steps. */
function coverage(anchors: Anchors, agree: number): { at: Float64Array; height: Float64Array } {
  const n = anchors.low.length
  // What begins stands before what ends, so that it does so in the order of time too.
  const edge = new Float64Array(2 * n)
  for (let k = 0; k < n; k++) {
    edge[k] = anchors.low[k]! - agree
    edge[n + k] = anchors.high[k]! + earlyUs
  }
  const order = orderOf(edge)
  const at = new Float64Array(2 * n)
  const height = new Float64Array(2 * n)
  let now = 0
  for (let x = 0; x < order.length; x++) {
    const k = order[x]!
    now += k < n ? anchors.weight[k]! : -anchors.weight[k - n]!
    at[x] = edge[k]!
    height[x] = now
  }
  return { at, height }
}

/** What agreement looks like elsewhere: near the peak but not on it, and the highest anywhere else. */
function surroundings(
  steps: { at: Float64Array; height: Float64Array },
  peak: number,
  skip: number,
  reach: number,
  allowed: (offsetUs: number) => boolean,
): { mean: number; variance: number; highest: number } {
  let time = 0
  let sum = 0
  let squares = 0
  let highest = 0
  for (let k = 0; k < steps.at.length - 1; k++) {
    const from = Math.max(steps.at[k]!, peak - reach)
    const to = Math.min(steps.at[k + 1]!, peak + reach)
    const middle = (steps.at[k]! + steps.at[k + 1]!) / 2
    if (steps.height[k]! > highest && Math.abs(middle - peak) > skip && allowed(middle)) {
      highest = steps.height[k]!
    }
    if (to <= from) continue
    const inner = Math.max(0, Math.min(to, peak + skip) - Math.max(from, peak - skip))
    const span = to - from - inner
    time += span
    sum += span * steps.height[k]!
    squares += span * steps.height[k]! ** 2
  }
  // Where there is no pair at all there is agreement 0, which counts too.
  const whole = 2 * (reach - skip)
  const mean = sum / Math.max(whole, time)
  return { mean, variance: Math.max(mean * 0.5, squares / Math.max(whole, time) - mean * mean), highest }
}

/** Likelihood over offsets near the peak; its mean and deviation. `prior` adds ln of a prior density. */
export function sharpen(
  anchors: Anchors,
  peak: number,
  width: number,
  prior: (offsetUs: number) => number = () => 0,
): { offsetUs: number; sdUs: number } {
  const reach = Math.max(5_000_000, width)
  const near = nearPairs(anchors, peak, reach)
  let likelihood = likelihoodOf(anchors, near, sharpenedMax.roughly)
  let from = peak - reach
  let to = peak + reach
  let offsetUs = peak
  let sdUs = reach
  for (let pass = 0; pass < 3; pass++) {
    if (pass === 2 && near.length > sharpenedMax.roughly) {
      likelihood = likelihoodOf(anchors, near, sharpenedMax.closely)
    }
    const points = 200
    const step = (to - from) / points
    const values = new Float64Array(points + 1)
    let top = Number.NEGATIVE_INFINITY
    for (let p = 0; p <= points; p++) {
      const theta = from + p * step
      values[p] = likelihood(theta) + prior(theta)
      top = Math.max(top, values[p]!)
    }
    let mass = 0
    let mean = 0
    for (let p = 0; p <= points; p++) {
      const w = Math.exp(values[p]! - top)
      mass += w
      mean += w * (from + p * step)
    }
    mean /= mass
    let variance = 0
    for (let p = 0; p <= points; p++) {
      variance += (Math.exp(values[p]! - top) / mass) * (from + p * step - mean) ** 2
    }
    offsetUs = mean
    sdUs = Math.sqrt(variance + step * step)
    from = mean - Math.max(8 * sdUs, 20 * step)
    to = mean + Math.max(8 * sdUs, 20 * step)
    if (to - from < 100_000) break
  }
  return { offsetUs, sdUs: Math.max(5_000, sdUs) }
}

/** Pairs not far from the peak, those of one effect together. */
function nearPairs(anchors: Anchors, peak: number, reach: number): Uint32Array {
  const near: number[] = []
  for (let k = 0; k < anchors.low.length; k++) {
    if (anchors.low[k]! <= peak + reach + 60e6 && anchors.high[k]! >= peak - reach - 60e6) near.push(k)
  }
  return orderOf(Float64Array.from(near, (k) => anchors.effect[k]!)).map((x) => near[x]!)
}

/** Logarithm of the likelihood of an offset, by at most about `pairsMax` pairs: all pairs of some effects. */
function likelihoodOf(anchors: Anchors, near: Uint32Array, pairsMax: number): (theta: number) => number {
  const below = Math.min(1, pairsMax / near.length) * 2 ** 32
  const used =
    near.length <= pairsMax ? near : near.filter((k) => mixed(anchors.effect[k]! ^ 0x55555555) < below)
  const n = used.length
  const low = new Float64Array(n)
  const high = new Float64Array(n)
  const weight = new Float64Array(n)
  /** 1 at the last pair of each effect, and what an outlier of it is worth. */
  const last = new Uint8Array(n)
  const chance = new Float64Array(n)
  let before = -1
  let width = 0
  for (let x = 0; x < n; x++) {
    const k = used[x]!
    low[x] = anchors.low[k]!
    high[x] = anchors.high[k]!
    weight[x] = (1 - outliers) * anchors.weight[k]!
    if (anchors.effect[k] !== before) width = high[x]! - low[x]!
    if (x > 0 && anchors.effect[k] !== before) last[x - 1] = 1
    before = anchors.effect[k]!
    chance[x] = outliers / (60e6 + width)
  }
  if (n > 0) last[n - 1] = 1
  return (theta) => {
    let sum = 0
    let part = 0
    // Logarithms are dear: those of eight effects are taken at once, of their product.
    let product = 1
    let factors = 0
    for (let x = 0; x < n; x++) {
      const a = low[x]! - theta
      const b = Math.max(a + 1000, high[x]! - theta)
      // Share of lags in [a, b], over its length: median 0.35 s, tail like 1/x.
      if (b > 0) {
        const early = a > 0 ? a / (a + medianLagUs) : 0
        part += (weight[x]! * (b / (b + medianLagUs) - early)) / (b - a)
      }
      if (last[x] === 0) continue
      product *= chance[x]! + part
      part = 0
      if (++factors < 8) continue
      sum += Math.log(product)
      product = 1
      factors = 0
    }
    return sum + Math.log(product)
  }
}

/** The pairs whose effect lies in [fromUs, toUs). */
export function within(anchors: Anchors, fromUs: number, toUs: number): Anchors {
  return chosen(anchors, (k) => anchors.time[k]! >= fromUs && anchors.time[k]! < toUs)
}

function chosen(anchors: Anchors, which: (k: number) => boolean): Anchors {
  const keep = new Uint32Array(anchors.time.length)
  let n = 0
  for (let k = 0; k < keep.length; k++) if (which(k)) keep[n++] = k
  const out = {
    low: new Float64Array(n),
    high: new Float64Array(n),
    weight: new Float64Array(n),
    time: new Float64Array(n),
    effect: new Uint32Array(n),
    cause: new Uint32Array(n),
  }
  for (let x = 0; x < n; x++) {
    const k = keep[x]!
    out.low[x] = anchors.low[k]!
    out.high[x] = anchors.high[k]!
    out.weight[x] = anchors.weight[k]!
    out.time[x] = anchors.time[k]!
    out.effect[x] = anchors.effect[k]!
    out.cause[x] = anchors.cause[k]!
  }
  return out
}

/** The same pairs as seen from a clock that is `byUs` further behind. */
export function shifted(anchors: Anchors, byUs: number): Anchors {
  if (byUs === 0) return anchors
  return { ...anchors, low: anchors.low.map((x) => x - byUs), high: anchors.high.map((x) => x - byUs) }
}

export function joined(parts: readonly Anchors[]): Anchors {
  if (parts.length === 1) return parts[0]!
  const total = parts.reduce((n, p) => n + p.low.length, 0)
  const out = {
    low: new Float64Array(total),
    high: new Float64Array(total),
    weight: new Float64Array(total),
    time: new Float64Array(total),
    effect: new Uint32Array(total),
    cause: new Uint32Array(total),
  }
  let at = 0
  for (const p of parts) {
    out.low.set(p.low, at)
    out.high.set(p.high, at)
    out.weight.set(p.weight, at)
    out.time.set(p.time, at)
    out.effect.set(p.effect, at)
    out.cause.set(p.cause, at)
    at += p.low.length
  }
  return out
}
