// What is taken to be so before anything is learned.

import { binCount, firstLateBin, priorRates } from './intensity.ts'
import type { Model, Scene } from './model.ts'
import { matchLevels } from './targets.ts'

const levels = matchLevels.length
/** Events a named target brings about in all, before anything is learned. */
const priorPerTarget = [0, 0.05, 0.03, 0.2, 0.6, 0.6, 0.7, 0.9] as const
const priorPerCall = 0.4

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
  const { h, g } = priorColumns(scene)
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

/** Prior rates of every class of calls and level of targets, in columns of their own. */
export function priorColumns(scene: Scene): { h: Float64Array; g: Float64Array } {
  const prior = priors()
  const h = new Float64Array(scene.classCount * binCount)
  for (let c = 0; c < scene.classCount; c++) {
    h.set(prior.h[scene.classLeaves[c]!]!, c * binCount)
    if (scene.classLeaves[c] === 0) h.fill(0, c * binCount + firstLateBin, (c + 1) * binCount)
  }
  const g = new Float64Array(levels * binCount)
  for (let l = 1; l < levels; l++) g.set(prior.g[l]!, l * binCount)
  return { h, g }
}

export function priors() {
  return {
    h: [priorRates(priorPerCall, 1), priorRates(priorPerCall, 60)],
    g: priorPerTarget.map((total) => priorRates(total, 8)),
  }
}

export function markShares(scene: Scene, used: Uint8Array, usedCount: number): Float64Array {
  const counts = new Float64Array(scene.markCount)
  for (let u = 0; u < scene.n; u++) if (used[u] === 1) counts[scene.mark[u]!]!++
  return counts.map((n) => (n + 0.5) / (usedCount + 0.5 * scene.markCount))
}
