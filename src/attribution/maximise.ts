// The M-step: rates from counts and the time there was for them, held back by priors.

import { beforeBin, binCount, binWidthS, firstLateBin, isLate } from './intensity.ts'
import { matchLevels } from './targets.ts'

const levels = matchLevels.length
const callsWorth = 12
const targetsWorth = 8
/** Events after which the level of a rate counts as much as its prior. */
const levelWorth = 4
/** Events of a destination after which its own habit weighs as much as that of all. */
const marksWorth = 8

/** How rates are kept from following noise: worth of the prior in calls or targets, and how far shape may be learned. */
interface Caution {
  /** Extra worth of the prior's shape where windows are too wide to show it, in calls. */
  readonly blur: number
}

export function maximiseClasses(
  classCount: number,
  counts: Float64Array,
  exposure: Float64Array,
  prior: readonly Float64Array[],
  leaves: Uint8Array,
  caution: Caution,
): Float64Array {
  const pool = [0, 1].map((kind) => {
    const n = new Float64Array(binCount)
    const e = new Float64Array(binCount)
    for (let c = 0; c < classCount; c++) {
      for (let b = 0; b < binCount; b++) {
        if (isLate(b) && leaves[c] !== kind) continue
        n[b]! += counts[c * binCount + b]!
        e[b]! += exposure[c * binCount + b]!
      }
    }
    return shrunk(n, e, prior[kind]!, callsWorth + caution.blur)
  })
  const h = new Float64Array(counts.length)
  for (let c = 0; c < classCount; c++) {
    const at = c * binCount
    const n = counts.subarray(at, at + binCount)
    const e = exposure.subarray(at, at + binCount)
    h.set(shrunk(n, e, pool[leaves[c]!]!, callsWorth + caution.blur / classCount), at)
    // Only calls that leave work behind reach further than their end without being named.
    if (leaves[c] === 0) h.fill(0, at + firstLateBin, at + binCount)
  }
  return h
}

export function maximiseLevels(
  counts: Float64Array,
  exposure: Float64Array,
  prior: readonly Float64Array[],
  caution: Caution,
): Float64Array {
  const g = new Float64Array(counts.length)
  for (let l = 1; l < levels; l++) {
    const at = l * binCount
    const n = counts.subarray(at, at + binCount)
    const e = exposure.subarray(at, at + binCount)
    g.set(shrunk(n, e, prior[l]!, targetsWorth + caution.blur), at)
  }
  return g
}

/**
 * Rates by bin: counts over exposure, drawn towards the prior's shape at the level the counts have. What would come
 * before its cause is never learned, only allowed: it is a hundredth of what follows the start.
 */
function shrunk(
  counts: Float64Array,
  exposure: Float64Array,
  prior: Float64Array,
  worth: number,
): Float64Array {
  let n = levelWorth
  let expected = levelWorth
  for (let b = beforeBin + 1; b < binCount; b++) {
    n += counts[b]!
    expected += exposure[b]! * prior[b]!
  }
  const level = n / expected
  const out = new Float64Array(binCount)
  for (let b = beforeBin + 1; b < binCount; b++) {
    const w = worth * binWidthS[b]!
    out[b] = (counts[b]! + w * level * prior[b]!) / (exposure[b]! + w)
  }
  out[beforeBin] = 0.01 * out[beforeBin + 1]!
  return out
}

export function maximiseBackground(none: Float64Array, size: Float64Array, seconds: number): Float64Array {
  let events = 0.5
  let boxSeconds = 0
  for (let k = 0; k < none.length; k++) {
    events += none[k]!
    boxSeconds += seconds * size[k]!
  }
  const pool = events / Math.max(1, boxSeconds)
  return Float64Array.from(none, (n, k) => (n + 1) / (seconds + 1 / (pool * size[k]!)))
}

/**
 * Destinations of one kind of source: how common each is in all, times how far it leans to that source. The lean is
 * shrunk by a fixed number of events per destination, so that a place seen twice never says much.
 */
export function shares(counts: Float64Array, base: Float64Array, events: Float64Array): Float64Array {
  let sum = 0
  let all = 0
  for (let m = 0; m < counts.length; m++) {
    sum += counts[m]!
    all += events[m]!
  }
  const usual = (sum + 1) / (all + 2)
  let total = 0
  const out = Float64Array.from(counts, (n, m) => {
    const lean = (n + marksWorth * usual) / (events[m]! + marksWorth) / usual
    total += base[m]! * lean
    return base[m]! * lean
  })
  return total > 0 ? out.map((x) => x / total) : base.slice()
}
