// Whether where pairs of stamps agree is proof of how far a clock is off.

import { attributionDefaults, type ClockDomain } from './api.ts'
import { offsetOdds } from './clock-odds.ts'
import { type Anchors, findPeak, type Peak, within } from './correlogram.ts'

export const zoneStepUs = 900e6
export const zoneMaxUs = 14 * 3600e6
const wholeHours = 28
const quarters = 84
const agreeUs = 2_500_000
const blocks = 8
const blocksMin = 3
const blockMinUs = 300e6
export const nearUs = 300e6
/** Fewer agreeing witnesses than this prove nothing, however well they agree. */
const witnessesMin = 5
/** Odds of ninety to one against every other offset and against no tie; those that chance brings stay below two. */
const logOddsMin = 4.5
/** Likelier than not: no proof, but better than to take a clock at its word. */
const likelyLogOdds = 1

/** What is thought of an offset before anything is compared. */
export interface Expectation {
  readonly zone: ClockDomain['zone']
  /** Taken at their word, logs and traces share no time: then a wrong zone is likelier than a right one. */
  readonly apart: boolean
}

export interface Proof {
  readonly peak: Peak
  readonly proven: boolean
  readonly likely: boolean
}

/** The most probable offset, and whether it is proven. Undefined without pairs. */
export function weigh(
  anchors: Anchors,
  allowed: (us: number) => boolean,
  expected: Expectation,
  logOddsNeeded: number = logOddsMin,
  gapUs?: number,
): Proof | undefined {
  const odds = offsetOdds(
    anchors,
    (us) => (allowed(us) ? logPrior(us, expected, anchors) : Number.NEGATIVE_INFINITY),
    gapUs,
  )
  if (!odds) {
    const peak = findPeak(anchors, allowed)
    return peak && { peak, proven: convincing(peak), likely: convincing(peak) }
  }
  const reach = Math.max(agreeUs, widest(anchors))
  const peak = findPeak(anchors, (us) => Math.abs(us - odds.offsetUs) <= reach && allowed(us))
  if (!peak) return undefined
  // A clock of an unknown zone is somewhere; the best place beats none.
  const lost = expected.apart || expected.zone !== 'utc'
  const likely = odds.logOdds >= likelyLogOdds || (lost && odds.logOddsOfPlace >= likelyLogOdds)
  const witnessed = peak.effects >= witnessesMin && peak.causes >= witnessesMin - 1
  return { peak, proven: witnessed && odds.logOdds >= logOddsNeeded, likely }
}

/** The same block of time by block: a clock that drifts by many seconds is nowhere for long, but somewhere in each. */
export function weighBlocks(
  anchors: Anchors,
  allowed: (us: number) => boolean,
  expected: Expectation,
): Proof | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const t of anchors.time) {
    from = Math.min(from, t)
    to = Math.max(to, t)
  }
  const length = (to - from) / blocks
  if (!(length > blockMinUs)) return undefined
  const proven: Peak[] = []
  for (let b = 0; b < blocks; b++) {
    const part = within(anchors, from + b * length, from + (b + 1) * length + (b === blocks - 1 ? 1 : 0))
    const proof = weigh(part, allowed, expected)
    if (proof?.proven) proven.push(proof.peak)
  }
  const offsets = proven.map((p) => p.offsetUs)
  if (proven.length < blocksMin || Math.max(...offsets) - Math.min(...offsets) > nearUs) return undefined
  const peak = proven.reduce((a, b) => (b.effects > a.effects ? b : a))
  return { peak, proven: true, likely: true }
}

/** Density, per second, of a clock being off by so much: right to seconds, or to minutes, in the right or a wrong zone. */
function logPrior(us: number, { zone, apart }: Expectation, anchors: Anchors): number {
  if (zone === 'uptime') return -Math.log(Math.max(1, reachOf(anchors) / 1e6))
  const steps = Math.round(us / zoneStepUs)
  const right = apart ? 0.05 : zone === 'utc' ? 0.9 : 0.3
  const place =
    steps === 0 ? right : steps % 4 === 0 ? (0.8 * (1 - right)) / wholeHours : (0.2 * (1 - right)) / quarters
  const off = Math.abs(us - steps * zoneStepUs) / 1e6
  return Math.log(place * (0.125 * Math.exp(-off / 2) + 0.0075 * Math.exp(-off / 20) + 0.2 / 600))
}

function widest(anchors: Anchors): number {
  let us = 0
  for (let k = 0; k < anchors.low.length; k++) us = Math.max(us, anchors.high[k]! - anchors.low[k]!)
  return us
}

function reachOf(anchors: Anchors): number {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const us of anchors.low) {
    from = Math.min(from, us)
    to = Math.max(to, us)
  }
  return to - from
}

/** Whether a peak is proof. An error of minutes or hours is rarer than one of seconds and asks for more. */
export function convincing(peak: Peak): boolean {
  const far = Math.abs(peak.offsetUs) > 60e6
  // Many effects of one cause are one witness more than several.
  const z = peak.z * Math.sqrt(Math.min(1, (2 * peak.causes) / peak.effects))
  return (
    z >= attributionDefaults.zMin * (far ? 1.2 : 1) &&
    peak.effects >= Math.max(witnessesMin, (far ? 0.1 : 0.03) * peak.asked) &&
    peak.causes >= witnessesMin - 1 &&
    peak.rival < (far ? 0.7 : 0.9)
  )
}

/** Zero or a zone error of a multiple of 15 min, give or take five minutes. */
export function nearZone(us: number): boolean {
  if (Math.abs(us) > zoneMaxUs + nearUs) return false
  return Math.abs(us - zoneOf(us)) <= nearUs
}

/** The zone error nearest to an offset, µs. */
export function zoneOf(us: number): number {
  return Math.round(us / zoneStepUs) * zoneStepUs
}

export function byName(domains: readonly ClockDomain[], a: number, b: number): number {
  const [x, y] = [domains[a]!.name, domains[b]!.name]
  return x < y ? -1 : x > y ? 1 : a - b
}
