// How sure it is that a clock is off by so much: what names say of times, against names that say nothing of them.
//
// Under an offset, what a call names is contacted soon after the call began. Without a tie it is contacted whenever
// something is. The odds between the two are multiplied over bursts of connections, one factor for each burst and
// each call at most: a call that opens twenty connections at once is one coincidence, not twenty.

import { type BurstPairs, burstPairs, firstFrom } from './clock-bursts.ts'
import type { Anchors } from './correlogram.ts'

export interface Odds {
  readonly offsetUs: number
  /** Natural logarithm of the odds that the clock is off by this much, give or take two seconds. */
  readonly logOdds: number
  /** The same against other offsets alone. */
  readonly logOddsOfPlace: number
}

/** Ways in which lags are spread: half are shorter than this, µs, and long ones get rarer like 1/x². */
export const lagScales = [50_000, 400_000] as const
const lagMaxUs = 30_000_000
/** Chance meetings are counted over so wide a stretch of offsets, so that what a run's length alone brings about counts. */
const chanceUs = 30_000_000
const shares = [0.05, 0.2, 0.5, 0.85] as const
const binUs = 500_000
const binsMax = 4_000_000
const placesMax = 40
const stepUs = 100_000
const modeUs = 2_000_000
/** Whoever hands in logs and traces thinks that they belong together. */
const untied = 0.1

/**
 * The most probable offset and its odds against all else: every other offset, each with its `logPrior` (of being off
 * by this, per second), and no tie at all. Undefined where pairs are too far apart to be looked through.
 */
export function offsetOdds(
  anchors: Anchors,
  logPrior: (offsetUs: number) => number,
  gapUs?: number,
): Odds | undefined {
  const pairs = burstPairs(anchors, gapUs)
  const { low, high, burst, cause, weight, bursts } = pairs
  const n = low.length
  if (n === 0) return undefined
  const from = low[0]! - lagMaxUs
  let to = from
  for (let k = 0; k < n; k++) to = Math.max(to, high[k]!)
  const bins = Math.ceil((to - from) / binUs) + 1
  if (!(bins <= binsMax)) return undefined
  const chance = chanceDensity(pairs, from, bins)
  const f = new Float64Array(bursts)
  const by = new Int32Array(bursts)
  const most = new Float64Array(bursts)
  const touched: number[] = []
  const widest = pairs.widest

  const evidence = (theta: number) => {
    touched.length = 0
    for (let k = firstFrom(low, theta - widest); k < n && low[k]! <= theta + lagMaxUs; k++) {
      const part = weight[k]! * lagDensity(low[k]! - theta, high[k]! - theta)
      if (part <= 0) continue
      const b = burst[k]!
      if (f[b] === 0) touched.push(b)
      f[b]! += part
      if (part > most[b]!) {
        most[b] = part
        by[b] = cause[k]!
      }
    }
    const usual = Math.max(chance(theta), 1e-15)
    const best = new Map<number, number>()
    for (const b of touched) {
      const ratio = f[b]! / usual
      if (ratio > (best.get(by[b]!) ?? 0)) best.set(by[b]!, ratio)
      f[b] = 0
      most[b] = 0
    }
    // Bursts that share a call are one: the one that fits best stands for them.
    const factors = [...best.values()]
    const silent = bursts - touched.length
    let top = Number.NEGATIVE_INFINITY
    const sums = shares.map((q) => {
      let s = silent * Math.log(1 - q)
      for (const r of factors) s += Math.log(1 - q + q * r)
      top = Math.max(top, s)
      return s
    })
    let mass = 0
    for (const s of sums) mass += Math.exp(s - top) / shares.length
    return top + Math.log(mass)
  }

  let [bestAt, bestValue] = [0, Number.NEGATIVE_INFINITY]
  const found: { at: number; value: number }[] = []
  for (const place of likelyPlaces(pairs, from, bins, logPrior)) {
    for (let at = place - binUs - modeUs / 2; at <= place + binUs + modeUs / 2; at += stepUs) {
      const prior = logPrior(at)
      if (prior === Number.NEGATIVE_INFINITY) continue
      const value = evidence(at) + prior + Math.log(stepUs / 1e6)
      found.push({ at, value })
      if (value > bestValue) {
        bestValue = value
        bestAt = at
      }
    }
  }
  if (found.length === 0) return undefined
  // Steps that overlap between places are counted once.
  const seen = new Set<number>()
  let [mode, rest] = [0, 0]
  for (const { at, value } of found) {
    const cell = Math.round(at / stepUs)
    if (seen.has(cell)) continue
    seen.add(cell)
    const mass = Math.exp(value - bestValue)
    if (Math.abs(at - bestAt) <= modeUs + widest) mode += mass
    else rest += mass
  }
  const against = (others: number) => Math.log(mode) - Math.log(Math.max(others, 1e-300))
  return {
    offsetUs: bestAt,
    logOdds: against(rest + untied * Math.exp(Math.min(700, -bestValue))),
    logOddsOfPlace: against(rest),
  }
}

/** Density per µs at which one burst would meet its calls by chance near an offset. */
function chanceDensity(pairs: BurstPairs, from: number, bins: number): (theta: number) => number {
  const sum = new Float64Array(bins + 1)
  for (let k = 0; k < pairs.low.length; k++) {
    const middle = (pairs.low[k]! + pairs.high[k]!) / 2
    sum[Math.max(0, Math.min(bins - 1, Math.floor((middle - from) / binUs))) + 1]! += pairs.weight[k]!
  }
  for (let b = 0; b < bins; b++) sum[b + 1]! += sum[b]!
  const width = Math.max(chanceUs, 2 * pairs.widest)
  const at = (us: number) => sum[Math.max(0, Math.min(bins, Math.round((us - from) / binUs)))]!
  return (theta) => (at(theta + width / 2) - at(theta - width / 2)) / width / pairs.bursts
}

/** Offsets at which most pairs agree, at most forty, each some seconds from the next. */
function likelyPlaces(
  pairs: BurstPairs,
  from: number,
  bins: number,
  logPrior: (offsetUs: number) => number,
): number[] {
  const change = new Float64Array(bins + 2)
  for (let k = 0; k < pairs.low.length; k++) {
    const first = Math.max(0, Math.floor((pairs.low[k]! - binUs - from) / binUs))
    change[first]! += pairs.weight[k]!
    change[Math.min(bins, Math.floor((pairs.high[k]! - from) / binUs) + 1)]! -= pairs.weight[k]!
  }
  let now = 0
  for (let b = 0; b < bins; b++) {
    now += change[b]!
    change[b] = now
  }
  const order: number[] = []
  for (let b = 0; b < bins; b++) {
    const h = change[b]!
    if (h > 1e-9 && h >= (change[b - 1] ?? 0) && h >= (change[b + 1] ?? 0)) {
      if (logPrior(from + (b + 0.5) * binUs) > Number.NEGATIVE_INFINITY) order.push(b)
    }
  }
  order.sort((a, b) => change[b]! - change[a]! || a - b)
  const out: number[] = []
  for (const b of order) {
    const at = from + (b + 0.5) * binUs
    if (out.every((o) => Math.abs(o - at) > modeUs / 2)) out.push(at)
    if (out.length === placesMax) break
  }
  return out
}

/** Mean density per µs of lags in [a, b]. */
function lagDensity(a: number, b: number): number {
  if (b <= 0) return 0
  const from = Math.max(0, a)
  const to = Math.max(b, a + 1000)
  let mass = 0
  for (const m of lagScales) mass += to / (to + m) - from / (from + m)
  return mass / lagScales.length / (to - a)
}
