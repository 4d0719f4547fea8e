// How often calls cause events, how soon, and how much goes on without them: fitted to the case itself by MAP-EM.

import { attributionDefaults } from './api.ts'
import { mixed } from './collector.ts'
import { blurredShare, controlCounts, exposures, sessionExposure } from './exposures.ts'
import { binCount, binFromUs, binToUs } from './intensity.ts'
import { maximiseBackground, maximiseClasses, maximiseLevels, shares } from './maximise.ts'
import type { Model, Scene } from './model.ts'
import { markShares, priorColumns, priors } from './prior-model.ts'
import { type Scorer, scorer } from './scorer.ts'

export type { Model, Scene } from './model.ts'
export type { Scorer } from './scorer.ts'

const sessionPrior = { events: 0.05, seconds: 30 }

/** What the background is taken to be of all events: at first, and for good where nothing can show it. */
const firstShare = 0.3
const hiddenShare = 0.2
/** So few windows in the time watched hide the background. */
const windowsMin = 4
const blurredUs = 2_000_000

/**
 * Where onsets are known only to windows hardly shorter than the whole time watched, a steady background explains each
 * as well as calls do, and no fit can tell how much of it there is: it would end with all or with nothing.
 */
function windowsHideBackground(scene: Scene, used: Uint8Array, usedCount: number): boolean {
  let wide = 0
  for (let u = 0; u < scene.n; u++) {
    const width = scene.to[u]! - scene.from[u]!
    if (used[u] === 1 && width > blurredUs && width * windowsMin >= scene.coverTo - scene.coverFrom) wide++
  }
  return wide > 0.5 * usedCount
}

/**
 * Where there are more than `pairsMax` pairs some units stand for all, chosen by a hash, sessions as a whole.
 */
export function fitModel(given: Scene, pairsMax: number = attributionDefaults.pairsFittedMax): Model {
  const C = given.classCount
  const seconds = Math.max(1, (given.coverTo - given.coverFrom) / 1e6)
  const exposure = exposures(given)
  const caution = { blur: blurredShare(given) * given.callStart.length }
  const prior = priors()
  const used = new Uint8Array(given.n)
  let usedCount = 0
  for (let u = 0; u < given.n; u++) {
    if (given.group[u]! >= 0) {
      used[u] = 1
      usedCount++
    }
  }
  const { weight, scene } = partOf(given, used, pairsMax)
  const baseShare = markShares(scene, used, usedCount)
  const { h, g } = priorColumns(scene)
  const size = Float64Array.from(scene.groups, (x) => x.boxes.length)
  const control = controlCounts(scene, used)
  const perGroup = new Float64Array(scene.groups.length)
  for (let u = 0; u < scene.n; u++) if (used[u] === 1) perGroup[scene.group[u]!]!++
  const unseen = control === undefined && windowsHideBackground(scene, used, usedCount)
  const share = unseen ? hiddenShare : firstShare
  const mu = control?.mu ?? Float64Array.from(perGroup, (n) => (share * n + 0.5) / seconds)
  const sessions = sessionExposure(scene)
  // Begun high: where a launcher exists it then explains what recurs, where none does it falls to nothing.
  const recurrences = new Float64Array(scene.sessionCount)
  for (let u = 0; u < scene.n; u++) if (scene.previous[u]! >= 0) recurrences[scene.session[u]!]!++
  const nu = Float64Array.from(sessions, (s, k) => (0.7 * recurrences[k]!) / (s + 1))
  const asked = new Uint8Array(scene.sessionCount)
  for (let u = 0; u < scene.n; u++) if (weight[u]! > 0 && scene.session[u]! >= 0) asked[scene.session[u]!] = 1
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
  const scores = scorer(scene, model)
  for (let round = 1; round <= attributionDefaults.iterationsMax; round++) {
    scores.use(model)
    const s = expectation(scene, model, scores, weight)
    const before = model.logLikelihood
    model = {
      h: maximiseClasses(C, s.h, exposure.h, prior.h, scene.classLeaves, caution),
      g: maximiseLevels(s.g, exposure.g, prior.g, caution),
      piCall: shares(s.markCall, baseShare, s.markAll),
      piNone: shares(s.markNone, baseShare, s.markAll),
      mu: control?.mu ?? (unseen ? mu : maximiseBackground(s.groupNone, size, seconds)),
      nu: maximiseSessions(s.session, sessions, asked, nu),
      logLikelihood: s.logLikelihood,
      iterations: round,
      fromControls: control !== undefined,
    }
    if (round > 3 && Math.abs(s.logLikelihood - before) < 1e-5 * (Math.abs(before) + 1)) break
  }
  return model
}

/** Weight of each unit in the fit, 0 for those left out, and the scene with the candidates of the others alone. */
function partOf(scene: Scene, used: Uint8Array, pairsMax: number): { weight: Float64Array; scene: Scene } {
  const { candidates } = scene
  const weight = Float64Array.from(used)
  if (candidates.pairs <= pairsMax) return { weight, scene }
  let within = 0
  let without = 0
  for (let u = 0; u < scene.n; u++) {
    if (used[u] === 0) continue
    if (scene.session[u]! >= 0) within += candidates.perUnit[u]!
    else without += candidates.perUnit[u]!
  }
  const share = {
    within: Math.min(1, (0.5 * pairsMax) / Math.max(1, within)),
    without: Math.min(1, (pairsMax - Math.min(within, 0.5 * pairsMax)) / Math.max(1, without)),
  }
  for (let u = 0; u < scene.n; u++) {
    if (used[u] === 0) continue
    const session = scene.session[u]!
    const part = session >= 0 ? share.within : share.without
    weight[u] = mixed(session >= 0 ? ~session : u) < part * 2 ** 32 ? 1 / part : 0
  }
  return { weight, scene: { ...scene, candidates: candidates.only(Uint8Array.from(weight, Math.sign)) } }
}

/** Recurrences per second; a session that was left out is taken to differ from its first guess as the others do. */
function maximiseSessions(
  counts: Float64Array,
  seconds: Float64Array,
  asked: Uint8Array,
  guess: Float64Array,
): Float64Array {
  const out = new Float64Array(counts.length)
  let found = 0
  let guessed = 0
  for (let k = 0; k < out.length; k++) {
    if (asked[k] === 0) continue
    out[k] = (counts[k]! + sessionPrior.events) / (seconds[k]! + sessionPrior.seconds)
    found += out[k]! * seconds[k]!
    guessed += guess[k]! * seconds[k]!
  }
  for (let k = 0; k < out.length; k++) {
    if (asked[k] === 0) out[k] = guessed > 0 ? (guess[k]! * found) / guessed : guess[k]!
  }
  return out
}

function expectation(scene: Scene, model: Model, scores: Scorer, weight: Float64Array) {
  const { candidates: c } = scene
  const h = new Float64Array(model.h.length)
  const g = new Float64Array(model.g.length)
  const markCall = new Float64Array(scene.markCount)
  const markNone = new Float64Array(scene.markCount)
  const markAll = new Float64Array(scene.markCount)
  const groupNone = new Float64Array(scene.groups.length)
  const session = new Float64Array(scene.sessionCount)
  const { rates } = scores
  let logLikelihood = 0
  for (let u = 0; u < scene.n; u++) {
    const w = weight[u]!
    if (w === 0) continue
    const r = rates(u)
    if (!(r.total > 0)) continue
    logLikelihood += w * Math.log(r.total)
    const mark = scene.mark[u]!
    const none = (w * r.background) / r.total
    groupNone[scene.group[u]!]! += none
    markNone[mark]! += none
    markAll[mark]! += w * (1 - r.continued / r.total)
    if (r.continued > 0) session[scene.session[u]!]! += r.continued / r.total
    const first = c.start[u]! - c.base
    let all = 0
    for (let x = 0; x < r.size; x++) {
      const j = c.call[first + x]!
      const bin = c.bin[first + x]!
      const lastBin = c.lastBin[first + x]!
      const level = c.level[first + x]! * binCount
      const cls = scene.callClass[j]! * binCount
      const a = (w * r.base[x]!) / r.total
      const b = (w * r.named[x]!) / r.total
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
        const perH = r.spreadBase[x]! > 0 ? a / r.spreadBase[x]! : 0
        const perG = r.spreadNamed[x]! > 0 ? b / r.spreadNamed[x]! : 0
        let begin = Math.max(from, binFromUs(bin, s, e))
        for (let k = bin; k <= lastBin; k++) {
          const end = Math.min(to, binToUs(k, s, e))
          if (end <= begin) continue
          h[cls + k]! += perH * model.h[cls + k]! * (end - begin)
          if (level > 0) g[level + k]! += perG * model.g[level + k]! * (end - begin)
          begin = end
        }
      }
    }
    markCall[mark]! += all
  }
  return { h, g, markCall, markNone, markAll, groupNone, session, logLikelihood }
}
