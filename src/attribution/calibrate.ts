// Is p = 0.9 right nine times in ten? Decoys ask what would be claimed of events that no call caused.

import { attributionDefaults } from './api.ts'
import type { Model, Scene } from './fit.ts'
import { keptMax, type Posterior, posteriors } from './posterior.ts'
import { seededRandom } from './random.ts'

/**
 * "Attributed" (0.9) is said from the model probability above which claims hold this often by the model's own
 * account: a bare 0.9 would be right only nine times in ten. `few`: below 2,000 connections or with a clock in doubt;
 * `hard`: where many addresses are several boxes' or times are wide windows, the model is surer than it should be.
 */
const claim = {
  holds: 0.985,
  holdsFew: 0.988,
  holdsHard: 0.991,
  holdsCoarse: 0.993,
  from: 0.9,
  fromFew: 0.93,
  most: 0.97,
  mostCoarse: 0.985,
  least: 0.8,
}
/** Below so many connections claims are held to the stricter measure: a handful of errors would be too many. */
const carefulBelow = 2000
/** An onset known no better than this, µs, is blurred. */
const blurredUs = 2_000_000
/** Stamps of whole seconds. */
const coarseUs = 900_000
/** Of what is said, at most this share may be events that no call caused. */
const falseMax = 0.012
const decoysMax = 20_000
/** What stays just below a claim. */
const unclaimedMost = 0.895
/** How much of their blame calls keep where no offset makes times agree. */
const chanceLeft = 0.3

export interface Calibration {
  /** Model probability that is shown as 0.9; above 1 when nothing may be. */
  readonly claimAt: number
  readonly calibrated: boolean
  /** Expected share, among what is said at 0.9, of events that no call caused; NaN when unknown. */
  readonly falseShare: number
  readonly decoys: number
  /** What would be claimed of each decoy, weighed by how much its event may be one that no call caused. */
  readonly decoyScores: readonly { readonly p: number; readonly weight: number }[]
}

/**
 * Chooses where to say "attributed". `decoyScene` gives the case with all events of a group moved by the same
 * amount (µs) round the watched time; `longestUs` is the longest call.
 */
export function calibrate(
  scene: Scene,
  model: Model,
  post: Posterior,
  longestUs: number,
  aligned: boolean,
  decoyScene: (shift: Float64Array) => Scene,
): Calibration {
  let tried = 0
  for (let u = 0; u < scene.n; u++) if (scene.group[u]! >= 0) tried++
  const few = tried < attributionDefaults.calibrationMin
  const usual = holdsFrom(scene, post, tried < carefulBelow || !aligned)
  const range = scene.coverTo - scene.coverFrom
  if (tried < 30 || tried > decoysMax * 10 || range < Math.max(60e6, 4 * Math.min(longestUs, 120e6))) {
    return { claimAt: usual, calibrated: false, falseShare: Number.NaN, decoys: 0, decoyScores: [] }
  }
  const random = seededRandom(20_26)
  const scores: { p: number; weight: number }[] = []
  for (let round = 0; round < (few ? 3 : 1); round++) {
    const shift = Float64Array.from(scene.groups, () => range * (0.2 + 0.6 * random()))
    const decoys = posteriors(decoyScene(shift), model).posterior
    for (let u = 0; u < scene.n; u++) {
      if (scene.group[u]! >= 0) scores.push({ p: decoys.p[u * keptMax]!, weight: post.none[u]! })
    }
  }
  let weight = 0
  for (const s of scores) weight += s.weight
  let none = 0
  const claims: number[] = []
  for (let u = 0; u < scene.n; u++) {
    if (scene.group[u]! < 0) continue
    none += post.none[u]!
    claims.push(post.p[u * keptMax]!)
  }
  if (!(weight > 5))
    return {
      claimAt: usual,
      calibrated: false,
      falseShare: Number.NaN,
      decoys: scores.length,
      decoyScores: [],
    }
  scores.sort((a, b) => b.p - a.p)
  claims.sort((a, b) => b - a)
  const falseShareAt = (at: number) => {
    let above = 0
    for (const s of scores) {
      if (s.p < at) break
      above += s.weight
    }
    let said = 0
    while (said < claims.length && claims[said]! >= at) said++
    return said === 0 ? 0 : ((above / weight) * none) / said
  }
  let claimAt: number = usual
  for (const at of [usual, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999]) {
    claimAt = Math.max(usual, at)
    if (falseShareAt(claimAt) <= falseMax) break
    if (at === 0.999) claimAt = 1.01
  }
  return {
    claimAt,
    calibrated: !few && aligned,
    falseShare: falseShareAt(claimAt),
    decoys: scores.length,
    decoyScores: scores,
  }
}

/** Least probability above which the mean probability of claims is high enough. */
function holdsFrom(scene: Scene, post: Posterior, few: boolean): number {
  const claims: number[] = []
  for (let u = 0; u < scene.n; u++) {
    const p = post.p[u * keptMax]!
    if (scene.group[u]! >= 0 && p >= 0.9) claims.push(p)
  }
  claims.sort((a, b) => b - a)
  let hard = 0
  for (let u = 0; u < scene.n; u++) {
    const g = scene.group[u]!
    if (g < 0) continue
    const blurred = scene.to[u]! - scene.from[u]! > blurredUs
    if (blurred || scene.groups[g]!.weight.filter((w) => w === 1).length > 1) hard++
  }
  const least = few ? claim.fromFew : claim.from
  // Calls that began in one second are told apart by what they name alone, and one may do what only the other names.
  const coarse = hard > 0.3 * scene.n && coarseShare(scene) > 0.3
  const needed = coarse
    ? claim.holdsCoarse
    : Math.max(few ? claim.holdsFew : claim.holds, hard > 0.3 * scene.n ? claim.holdsHard : 0)
  let sum = 0
  let at = 1
  claims.forEach((p, k) => {
    sum += p
    if (sum / (k + 1) >= needed) at = p
  })
  return Math.min(coarse ? claim.mostCoarse : claim.most, Math.max(least, at))
}

function coarseShare(scene: Scene): number {
  let n = 0
  for (let u = 0; u < scene.n; u++) if (scene.to[u]! - scene.from[u]! >= coarseUs) n++
  return n / Math.max(1, scene.n)
}

/** The probability that is shown for a model probability p: the same, but for those above 0.8 that may not be claimed. */
export function shown(p: number, claimAt: number): number {
  if (p <= claim.least) return p
  if (claimAt > 1) return claim.least + (p - claim.least) * 0.45
  if (p >= claimAt) return p
  return claim.least + (unclaimedMost - claim.least) * Math.sqrt((p - claim.least) / (claimAt - claim.least))
}

/** Takes a share of what calls are blamed with and gives it to none. */
function scaleCalls(post: Posterior, u: number, share: number): void {
  const at = u * keptMax
  let rest = 0
  for (let k = at; k < at + keptMax; k++) {
    post.p[k]! *= share
    post.content[k]! *= share
    post.inherited[k]! *= share
    rest += post.p[k]!
  }
  post.other[u]! *= share
  post.none[u] = Math.max(0, 1 - rest - post.other[u]!)
}

/**
 * Applies the calibration, and what must never be said: 0.9 or more on time alone where the clock is not aligned or
 * the call was not running (`capTime`), or at all where not even the zone is known (`capAll`). What is taken off goes to all else alike.
 * Where names are shared and yet no times agree (`contradicted`), chance is what brought most of them together.
 */
export function applyCalibration(
  post: Posterior,
  claimAt: number,
  contentTier: number,
  capTime: (u: number, call: number) => boolean,
  capAll: (u: number) => boolean,
  contradicted: (u: number) => boolean,
): void {
  for (let u = 0; u < post.none.length; u++) {
    const at = u * keptMax
    if (contradicted(u)) scaleCalls(post, u, chanceLeft)
    const p = post.p[at]!
    if (post.call[at]! < 0 || p <= claim.least) continue
    let to = shown(p, claimAt)
    if (to >= 0.9 && ((post.tier[u]! < contentTier && capTime(u, post.call[at]!)) || capAll(u))) to = 0.89
    const scale = p < 1 ? (1 - to) / (1 - p) : 0
    post.content[at]! *= to / p
    post.inherited[at]! *= to / p
    post.p[at] = to
    let rest = 0
    for (let k = at + 1; k < at + keptMax; k++) {
      post.p[k]! *= scale
      post.content[k]! *= scale
      post.inherited[k]! *= scale
      rest += post.p[k]!
    }
    post.other[u]! *= scale
    post.none[u] = Math.max(0, 1 - to - rest - post.other[u]!)
  }
}
