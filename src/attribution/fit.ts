// How often calls cause events, how soon, and how much goes on without them: fitted to the case itself by MAP-EM.

import { attributionDefaults } from './api.ts'
import type { Candidates } from './candidates.ts'
import {
  beforeBin,
  binCount,
  binFromUs,
  binToUs,
  binWidthS,
  firstLateBin,
  isLate,
  overlapUs,
  priorRates,
} from './intensity.ts'
import { matchLevels } from './targets.ts'

/** Everything the model looks at, whatever produced it (the case, or decoys made from it). */
export interface Scene {
  readonly n: number
  readonly from: Float64Array
  readonly to: Float64Array
  readonly doubt: Float64Array
  readonly group: Int32Array
  /** Dense index of the destination. */
  readonly mark: Uint32Array
  readonly markCount: number
  /** Share of the unit's destination among those with its port; what a bare port in a command is worth. */
  readonly portShare: Float64Array
  /** 1 where at most a few calls name the destination: what many name proves no lasting work. */
  readonly rare: Uint8Array
  /** Unit that this one may continue, -1 none, and its session. */
  readonly previous: Int32Array
  readonly session: Int32Array
  readonly sessionCount: number
  readonly candidates: Candidates
  readonly callStart: Float64Array
  readonly callEnd: Float64Array
  readonly callSlack: Float64Array
  readonly callUntil: Float64Array
  /** Dense index of how a call behaves (tool class, what it names, whether it leaves work behind). */
  readonly callClass: Uint16Array
  readonly classCount: number
  /** 1 where calls of the class leave work behind. */
  readonly classLeaves: Uint8Array
  /** Targets of call j at level l: [j * levels + l]. */
  readonly perLevel: Uint16Array
  readonly callBox: Uint32Array
  readonly groups: readonly { readonly boxes: Uint32Array; readonly weight: Float64Array }[]
  readonly coverFrom: number
  readonly coverTo: number
  readonly controls: readonly { readonly fromUs: number; readonly toUs: number }[]
}

export interface Model {
  /** Events per second of a call, by class and bin. */
  readonly h: Float64Array
  /** Events per second of one named target, by match level and bin. */
  readonly g: Float64Array
  /** Which destinations calls that do not name them go to, and which are visited without calls. */
  readonly piCall: Float64Array
  readonly piNone: Float64Array
  /** Events per second without any call, by group. */
  readonly mu: Float64Array
  /** Recurrences per second of a session that has begun. */
  readonly nu: Float64Array
  readonly logLikelihood: number
  readonly iterations: number
  readonly fromControls: boolean
}

const levels = matchLevels.length
const parent = matchLevels.indexOf('parent')
const output = matchLevels.indexOf('output')
const portLevel = matchLevels.indexOf('port')
/** Events a named target brings about in all, before anything is learned. */
const priorPerTarget = [0, 0.05, 0.03, 0.2, 0.6, 0.6, 0.7, 0.9] as const
const priorPerCall = 0.4
const callsWorth = 12
const targetsWorth = 8
/** Events after which the level of a rate counts as much as its prior. */
const levelWorth = 4
/** A record is blurred when it leaves its onset open by more than this, µs. */
const blurredUs = 2_000_000
/** Events of a destination after which its own habit weighs as much as that of all. */
const marksWorth = 8
const sessionPrior = { events: 0.05, seconds: 30 }
/** What is left running is taken to live on from one sign of life to the next this often. */
const survival = 0.999

/** Rates of one unit's candidates, from a model; `total` includes background and continuation. */
export interface Rates {
  readonly size: number
  readonly base: Float64Array
  readonly named: Float64Array
  readonly background: number
  readonly continued: number
  readonly total: number
}

/** Calls that may keep a session going, remembered per unit. */
export const launchersMax = 3
/** A destination named by more calls than this is everybody's. */
export const namersMax = 3
/** A call that leaves work behind may keep a session going; one that merely named the place seldom does. */
const launch = { leaves: 1, named: 0.05 }
const strangers = 0.05

export interface Scorer {
  /** Rates of unit u; units must first be asked for in ascending order, since sessions hand on their launchers. */
  rates(u: number): Rates
  /** Launchers of unit u as later units of its session see them: [u * launchersMax …]. */
  readonly launchCall: Int32Array
  readonly launchP: Float64Array
}

export function scorer(scene: Scene, model: Model): Scorer {
  const { candidates: c } = scene
  let base = new Float64Array(256)
  let named = new Float64Array(256)
  const weights = groupWeights(scene)
  const launchCall = new Int32Array(scene.n * launchersMax).fill(-1)
  const launchP = new Float64Array(scene.n * launchersMax)

  function rates(u: number): Rates {
    const first = c.start[u]!
    const size = c.start[u + 1]! - first
    if (size > base.length) {
      base = new Float64Array(size * 2)
      named = new Float64Array(size * 2)
    }
    const group = scene.group[u]!
    const mark = scene.mark[u]!
    const pi = model.piCall[mark]!
    const weight = group < 0 ? undefined : weights[group]
    const before = scene.previous[u]!
    let continued = 0
    if (before >= 0) {
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) continued += launchP[k]!
      continued *= model.nu[scene.session[u]!]!
    }
    // That another call came upon a place few name, while one that named it keeps going there, is unlikely.
    const chance = continued > 0 && scene.rare[u] === 1 ? strangers : 1
    let sum = 0
    for (let x = 0; x < size; x++) {
      const j = c.call[first + x]!
      const bin = c.bin[first + x]!
      const lastBin = c.lastBin[first + x]!
      const level = c.level[first + x]!
      const cls = scene.callClass[j]! * binCount
      let rate = 0
      let match = 0
      if (bin === lastBin) {
        rate = model.h[cls + bin]!
        if (level > 0) match = model.g[level * binCount + bin]!
      } else {
        const slack = scene.doubt[u]! + scene.callSlack[j]!
        const a = scene.from[u]! - slack
        const b = scene.to[u]! + slack
        const s = scene.callStart[j]!
        const e = scene.callEnd[j]!
        for (let k = bin; k <= lastBin; k++) {
          const part = overlapUs(k, a, b, s, e)
          if (part === 0) continue
          rate += model.h[cls + k]! * part
          if (level > 0) match += model.g[level * binCount + k]! * part
        }
        rate /= b - a
        match /= b - a
      }
      const stranger = level === 0 && scene.classLeaves[scene.callClass[j]!] === 0
      rate *= stranger ? pi * chance : pi
      if (level === portLevel) match *= scene.portShare[u]!
      else if (level === parent) match *= 0.5
      if (weight) {
        const w = weight[scene.callBox[j]!]!
        rate *= w
        match *= w
      }
      base[x] = rate
      named[x] = match
      sum += rate + match
    }
    const background = group < 0 ? 1 : model.mu[group]! * model.piNone[mark]!
    const total = sum + background + continued
    if (scene.session[u]! >= 0) noteLaunchers(u, first, size, total, continued)
    return { size, base, named, background, continued, total }
  }

  function noteLaunchers(u: number, first: number, size: number, total: number, continued: number): void {
    const from = u * launchersMax
    launchCall.fill(-1, from, from + launchersMax)
    launchP.fill(0, from, from + launchersMax)
    const before = scene.previous[u]!
    if (before >= 0 && continued > 0) {
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) {
        const j = launchCall[k]!
        if (j < 0) continue
        // Work left behind lives on between signs of life; a call that only named the place must earn each of them.
        const lives = scene.classLeaves[scene.callClass[j]!] === 1
        keep(from, j, launchP[k]! * (lives ? survival : Math.min(1, continued / total)))
      }
    }
    for (let x = 0; x < size; x++) {
      const j = c.call[first + x]!
      const leaves = scene.classLeaves[scene.callClass[j]!] === 1
      const p = leaves
        ? launch.leaves * (scene.rare[u] === 1 ? base[x]! + named[x]! : base[x]!)
        : launch.named * (scene.rare[u] === 1 ? named[x]! : 0)
      if (p > 0.01 * total) keep(from, j, p / total)
    }
  }

  function keep(from: number, j: number, p: number): void {
    let least = from
    for (let k = from; k < from + launchersMax; k++) {
      if (launchCall[k] === j) {
        launchP[k] = Math.min(1, launchP[k]! + p)
        return
      }
      if (launchP[k]! < launchP[least]!) least = k
    }
    if (p > launchP[least]!) {
      launchCall[least] = j
      launchP[least] = p
    }
  }
  return { rates, launchCall, launchP }
}

/** Weight of each box in a group, or undefined where all count alike. */
function groupWeights(scene: Scene): (Float64Array | undefined)[] {
  let boxes = 0
  for (const g of scene.groups) for (const b of g.boxes) boxes = Math.max(boxes, b + 1)
  return scene.groups.map((g) => {
    if (g.weight.every((w) => w === 1)) return undefined
    const out = new Float64Array(boxes)
    g.boxes.forEach((b, k) => {
      out[b] = g.weight[k]!
    })
    return out
  })
}

/** Rates before anything is learned but how much there is of what; for tests that must not be fitted. */
export function priorModel(scene: Scene): Model {
  const used = new Uint8Array(scene.n)
  const perGroup = new Float64Array(scene.groups.length)
  let usedCount = 0
  for (let u = 0; u < scene.n; u++) {
    if (scene.group[u]! < 0) continue
    used[u] = 1
    usedCount++
    perGroup[scene.group[u]!]!++
  }
  const seconds = Math.max(1, (scene.coverTo - scene.coverFrom) / 1e6)
  const prior = priors()
  const h = new Float64Array(scene.classCount * binCount)
  for (let c = 0; c < scene.classCount; c++) {
    h.set(prior.h[scene.classLeaves[c]!]!, c * binCount)
    if (scene.classLeaves[c] === 0) h.fill(0, c * binCount + firstLateBin, (c + 1) * binCount)
  }
  const g = new Float64Array(levels * binCount)
  for (let l = 1; l < levels; l++) g.set(prior.g[l]!, l * binCount)
  const share = markShares(scene, used, usedCount)
  return {
    h,
    g,
    piCall: share,
    piNone: share.slice(),
    mu: perGroup.map((n) => (n + 0.5) / seconds),
    nu: new Float64Array(scene.sessionCount),
    logLikelihood: Number.NEGATIVE_INFINITY,
    iterations: 0,
    fromControls: false,
  }
}

export function fitModel(scene: Scene): Model {
  const C = scene.classCount
  const seconds = Math.max(1, (scene.coverTo - scene.coverFrom) / 1e6)
  const exposure = exposures(scene)
  const caution = { blur: blurredShare(scene) * scene.callStart.length }
  const prior = priors()
  const used = new Uint8Array(scene.n)
  let usedCount = 0
  for (let u = 0; u < scene.n; u++) {
    if (scene.group[u]! >= 0) {
      used[u] = 1
      usedCount++
    }
  }
  const baseShare = markShares(scene, used, usedCount)
  const h = new Float64Array(C * binCount)
  for (let c = 0; c < C; c++) {
    h.set(prior.h[scene.classLeaves[c]!]!, c * binCount)
    if (scene.classLeaves[c] === 0) h.fill(0, c * binCount + firstLateBin, (c + 1) * binCount)
  }
  const g = new Float64Array(levels * binCount)
  for (let l = 1; l < levels; l++) g.set(prior.g[l]!, l * binCount)
  const size = Float64Array.from(scene.groups, (x) => x.boxes.length)
  const control = controlCounts(scene, used)
  const perGroup = new Float64Array(scene.groups.length)
  for (let u = 0; u < scene.n; u++) if (used[u] === 1) perGroup[scene.group[u]!]!++
  const mu = control?.mu ?? Float64Array.from(perGroup, (n) => (0.3 * n + 0.5) / seconds)
  const sessions = sessionExposure(scene)
  // Begun high: where a launcher exists it then explains what recurs, where none does it falls to nothing.
  const recurrences = new Float64Array(scene.sessionCount)
  for (let u = 0; u < scene.n; u++) if (scene.previous[u]! >= 0) recurrences[scene.session[u]!]!++
  const nu = Float64Array.from(sessions, (s, k) => (0.7 * recurrences[k]!) / (s + 1))
  let model: Model = {
    h,
    g,
    piCall: baseShare.slice(),
    piNone: baseShare.slice(),
    mu,
    nu,
    logLikelihood: Number.NEGATIVE_INFINITY,
    iterations: 0,
    fromControls: control !== undefined,
  }
  for (let round = 1; round <= attributionDefaults.iterationsMax; round++) {
    const s = expectation(scene, model, used)
    const before = model.logLikelihood
    model = {
      h: maximiseClasses(C, s.h, exposure.h, prior.h, scene.classLeaves, caution),
      g: maximiseLevels(s.g, exposure.g, prior.g, caution),
      piCall: shares(s.markCall, baseShare, s.markAll),
      piNone: shares(s.markNone, baseShare, s.markAll),
      mu: control?.mu ?? maximiseBackground(s.groupNone, size, seconds),
      nu: Float64Array.from(
        s.session,
        (n, k) => (n + sessionPrior.events) / (sessions[k]! + sessionPrior.seconds),
      ),
      logLikelihood: s.logLikelihood,
      iterations: round,
      fromControls: control !== undefined,
    }
    if (round > 3 && Math.abs(s.logLikelihood - before) < 1e-5 * (Math.abs(before) + 1)) break
  }
  return model
}

function expectation(scene: Scene, model: Model, used: Uint8Array) {
  const { candidates: c } = scene
  const h = new Float64Array(model.h.length)
  const g = new Float64Array(model.g.length)
  const markCall = new Float64Array(scene.markCount)
  const markNone = new Float64Array(scene.markCount)
  const markAll = new Float64Array(scene.markCount)
  const groupNone = new Float64Array(scene.groups.length)
  const session = new Float64Array(scene.sessionCount)
  const { rates } = scorer(scene, model)
  let logLikelihood = 0
  for (let u = 0; u < scene.n; u++) {
    if (used[u] === 0) continue
    const r = rates(u)
    if (!(r.total > 0)) continue
    logLikelihood += Math.log(r.total)
    const mark = scene.mark[u]!
    const none = r.background / r.total
    groupNone[scene.group[u]!]! += none
    markNone[mark]! += none
    markAll[mark]! += 1 - r.continued / r.total
    if (r.continued > 0) session[scene.session[u]!]! += r.continued / r.total
    const first = c.start[u]!
    let all = 0
    for (let x = 0; x < r.size; x++) {
      const j = c.call[first + x]!
      const bin = c.bin[first + x]!
      const lastBin = c.lastBin[first + x]!
      const level = c.level[first + x]! * binCount
      const cls = scene.callClass[j]! * binCount
      const a = r.base[x]! / r.total
      const b = r.named[x]! / r.total
      all += a
      if (bin === lastBin) {
        h[cls + bin]! += a
        if (level > 0) g[level + bin]! += b
      } else if (a + b > 1e-9) {
        const slack = scene.doubt[u]! + scene.callSlack[j]!
        const from = scene.from[u]! - slack
        const to = scene.to[u]! + slack
        const s = scene.callStart[j]!
        const e = scene.callEnd[j]!
        let sumH = 0
        let sumG = 0
        for (let k = bin; k <= lastBin; k++) {
          const part = overlapUs(k, from, to, s, e)
          sumH += model.h[cls + k]! * part
          if (level > 0) sumG += model.g[level + k]! * part
        }
        for (let k = bin; k <= lastBin; k++) {
          const part = overlapUs(k, from, to, s, e)
          if (part === 0) continue
          if (sumH > 0) h[cls + k]! += (a * model.h[cls + k]! * part) / sumH
          if (sumG > 0) g[level + k]! += (b * model.g[level + k]! * part) / sumG
        }
      }
    }
    markCall[mark]! += all
  }
  return { h, g, markCall, markNone, markAll, groupNone, session, logLikelihood }
}

/** How rates are kept from following noise: worth of the prior in calls or targets, and how far shape may be learned. */
interface Caution {
  /** Extra worth of the prior's shape where windows are too wide to show it, in calls. */
  readonly blur: number
}

function maximiseClasses(
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

function maximiseLevels(
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

function maximiseBackground(none: Float64Array, size: Float64Array, seconds: number): Float64Array {
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
function shares(counts: Float64Array, base: Float64Array, events: Float64Array): Float64Array {
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

function markShares(scene: Scene, used: Uint8Array, usedCount: number): Float64Array {
  const counts = new Float64Array(scene.markCount)
  for (let u = 0; u < scene.n; u++) if (used[u] === 1) counts[scene.mark[u]!]!++
  return counts.map((n) => (n + 0.5) / (usedCount + 0.5 * scene.markCount))
}

/** Time calls spent in each bin while the network was watched: of each class, and of targets at each level. */
function exposures(scene: Scene): { h: Float64Array; g: Float64Array } {
  const h = new Float64Array(scene.classCount * binCount)
  const g = new Float64Array(levels * binCount)
  for (let j = 0; j < scene.callStart.length; j++) {
    const s = scene.callStart[j]!
    const e = scene.callEnd[j]!
    if (!Number.isFinite(s)) continue
    const cls = scene.callClass[j]!
    let named = 0
    for (let l = output + 1; l < levels; l++) named += scene.perLevel[j * levels + l]!
    for (let b = 0; b < binCount; b++) {
      const late = isLate(b)
      const from = Math.max(scene.coverFrom, binFromUs(b, s, e))
      const to = Math.min(scene.coverTo, binToUs(b, s, e))
      const spent = to > from ? (to - from) / 1e6 : 0
      if (spent === 0) continue
      const left = late ? Math.max(0, Math.min(to, scene.callUntil[j]!) - from) / 1e6 : spent
      h[cls * binCount + b]! += left
      for (let l = 1; l < levels; l++) {
        const count = l === parent ? named : scene.perLevel[j * levels + l]!
        if (count > 0) g[l * binCount + b]! += count * (late && l <= output ? left : spent)
      }
    }
  }
  return { h, g }
}

function priors() {
  return {
    h: [priorRates(priorPerCall, 1), priorRates(priorPerCall, 60)],
    g: priorPerTarget.map((total) => priorRates(total, 8)),
  }
}

/** Share of units whose onset is known only to lie in a wide window. */
function blurredShare(scene: Scene): number {
  let wide = 0
  for (let u = 0; u < scene.n; u++) if (scene.to[u]! - scene.from[u]! > blurredUs) wide++
  return wide / Math.max(1, scene.n)
}

/** Seconds in which a session could have recurred. */
function sessionExposure(scene: Scene): Float64Array {
  const out = new Float64Array(scene.sessionCount)
  for (let u = 0; u < scene.n; u++) {
    const before = scene.previous[u]!
    if (before >= 0) out[scene.session[u]!]! += Math.max(0, scene.from[u]! - scene.from[before]!) / 1e6
  }
  return out
}

/** Background measured where no agent ran; undefined when no control window saw the network. */
function controlCounts(scene: Scene, used: Uint8Array) {
  let seconds = 0
  for (const c of scene.controls) {
    seconds += Math.max(0, Math.min(c.toUs, scene.coverTo) - Math.max(c.fromUs, scene.coverFrom)) / 1e6
  }
  if (seconds < 10) return undefined
  const none = new Float64Array(scene.groups.length)
  for (let u = 0; u < scene.n; u++) {
    if (used[u] === 0) continue
    const middle = (scene.from[u]! + scene.to[u]!) / 2
    if (!scene.controls.some((c) => middle >= c.fromUs && middle < c.toUs)) continue
    none[scene.group[u]!]!++
  }
  const size = Float64Array.from(scene.groups, (x) => x.boxes.length)
  return { mu: maximiseBackground(none, size, seconds) }
}
