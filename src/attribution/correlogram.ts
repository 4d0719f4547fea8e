// Finds how far one clock is ahead of another from pairs of stamps of which some belong together.
//
// A true pair (cause, effect) differs by the offset plus a short lag; false pairs differ by anything. The offset is
// where most pairs agree, told from chance by z, then sharpened by likelihood under a one-sided, heavy-tailed lag.

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

/**
 * The best-supported offset for which `allowed` holds, or undefined without pairs. `agree` widens what counts as
 * agreement (µs) beyond the pairs' own width.
 */
export function findPeak(
  anchors: Anchors,
  allowed: (offsetUs: number) => boolean,
  agree = agreeUs,
): Peak | undefined {
  const n = anchors.low.length
  if (n === 0) return undefined
  const steps = coverage(anchors, agree)
  let best = -1
  let bestRate = 0
  for (let k = 0; k < steps.at.length - 1; k++) {
    const middle = (steps.at[k]! + steps.at[k + 1]!) / 2
    if (steps.height[k]! > bestRate + 1e-9 && allowed(middle)) {
      bestRate = steps.height[k]!
      best = k
    }
  }
  if (best < 0) return undefined
  const peakAt = (steps.at[best]! + steps.at[best + 1]!) / 2
  let width = agree + earlyUs
  for (let k = 0; k < n; k++) {
    if (anchors.low[k]! - agree <= peakAt && anchors.high[k]! + earlyUs >= peakAt) {
      width = Math.max(width, anchors.high[k]! - anchors.low[k]!)
    }
  }
  const around = surroundings(steps, peakAt, 2 * width, Math.max(aroundUs, 6 * width), allowed)
  const z = (bestRate - around.mean) / Math.sqrt(around.variance + varianceFloor)
  const { offsetUs, sdUs } = sharpen(anchors, peakAt, width)
  const effects = new Set<number>()
  const causes = new Set<number>()
  const asked = new Set<number>()
  for (let k = 0; k < n; k++) {
    asked.add(anchors.effect[k]!)
    if (anchors.low[k]! - agree > offsetUs || anchors.high[k]! + earlyUs < offsetUs) continue
    effects.add(anchors.effect[k]!)
    causes.add(anchors.cause[k]!)
  }
  return {
    offsetUs,
    sdUs,
    z,
    effects: effects.size,
    causes: causes.size,
    asked: asked.size,
    rival: around.highest / bestRate,
  }
}

/** Weight of pairs that agree with each offset, as steps. */
function coverage(anchors: Anchors, agree: number): { at: Float64Array; height: Float64Array } {
  const n = anchors.low.length
  const edge = new Float64Array(2 * n)
  const change = new Float64Array(2 * n)
  for (let k = 0; k < n; k++) {
    edge[2 * k] = anchors.low[k]! - agree
    change[2 * k] = anchors.weight[k]!
    edge[2 * k + 1] = anchors.high[k]! + earlyUs
    change[2 * k + 1] = -anchors.weight[k]!
  }
  const order = new Uint32Array(2 * n)
  for (let k = 0; k < order.length; k++) order[k] = k
  order.sort((a, b) => edge[a]! - edge[b]! || change[b]! - change[a]! || a - b)
  const at = new Float64Array(2 * n)
  const height = new Float64Array(2 * n)
  let now = 0
  for (let k = 0; k < order.length; k++) {
    now += change[order[k]!]!
    at[k] = edge[order[k]!]!
    height[k] = now
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
    if (Math.abs(middle - peak) > skip && allowed(middle)) highest = Math.max(highest, steps.height[k]!)
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
  const near: number[] = []
  for (let k = 0; k < anchors.low.length; k++) {
    if (anchors.low[k]! <= peak + reach + 60e6 && anchors.high[k]! >= peak - reach - 60e6) near.push(k)
  }
  near.sort((a, b) => anchors.effect[a]! - anchors.effect[b]! || a - b)
  // Likelihood costs pairs × grid; beyond some thousands more pairs no longer sharpen it.
  const every = Math.max(1, Math.ceil(near.length / 4000))
  const used = near.filter((_, x) => x % every === 0)
  let from = peak - reach
  let to = peak + reach
  let offsetUs = peak
  let sdUs = reach
  for (let pass = 0; pass < 3; pass++) {
    const points = 200
    const step = (to - from) / points
    const values = new Float64Array(points + 1)
    let top = Number.NEGATIVE_INFINITY
    for (let p = 0; p <= points; p++) {
      const theta = from + p * step
      values[p] = logLikelihood(anchors, used, theta) + prior(theta)
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

function logLikelihood(anchors: Anchors, used: readonly number[], theta: number): number {
  let sum = 0
  let effect = -1
  let part = 0
  let width = 0
  for (let x = 0; x <= used.length; x++) {
    const k = used[x] ?? -1
    if (x === used.length || anchors.effect[k] !== effect) {
      if (effect >= 0) sum += Math.log(outliers / (60e6 + width) + (1 - outliers) * part)
      if (x === used.length) break
      effect = anchors.effect[k]!
      width = anchors.high[k]! - anchors.low[k]!
      part = 0
    }
    const a = anchors.low[k]! - theta
    const b = Math.max(a + 1000, anchors.high[k]! - theta)
    part += (anchors.weight[k]! * (lagMass(b) - lagMass(a))) / (b - a)
  }
  return sum
}

/** Share of lags up to x: median 0.35 s, tail like 1/x. */
function lagMass(x: number): number {
  return x <= 0 ? 0 : x / (x + medianLagUs)
}

/** The pairs whose effect lies in [fromUs, toUs). */
export function within(anchors: Anchors, fromUs: number, toUs: number): Anchors {
  const keep: number[] = []
  for (let k = 0; k < anchors.time.length; k++) {
    if (anchors.time[k]! >= fromUs && anchors.time[k]! < toUs) keep.push(k)
  }
  return {
    low: Float64Array.from(keep, (k) => anchors.low[k]!),
    high: Float64Array.from(keep, (k) => anchors.high[k]!),
    weight: Float64Array.from(keep, (k) => anchors.weight[k]!),
    time: Float64Array.from(keep, (k) => anchors.time[k]!),
    effect: Uint32Array.from(keep, (k) => anchors.effect[k]!),
    cause: Uint32Array.from(keep, (k) => anchors.cause[k]!),
  }
}

/** The same pairs as seen from a clock that is `byUs` further behind. */
export function shifted(anchors: Anchors, byUs: number): Anchors {
  return { ...anchors, low: anchors.low.map((x) => x - byUs), high: anchors.high.map((x) => x - byUs) }
}

export function joined(parts: readonly Anchors[]): Anchors {
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
