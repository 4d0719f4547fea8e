// The time there was for events to happen: of calls in each phase, of sessions, of windows in which no agent ran.

import { binCount, binFromUs, binToUs, isLate } from './intensity.ts'
import { maximiseBackground } from './maximise.ts'
import type { Scene } from './model.ts'
import { matchLevels } from './targets.ts'

const levels = matchLevels.length
const parent = matchLevels.indexOf('parent')
const output = matchLevels.indexOf('output')
/** A record is blurred when it leaves its onset open by more than this, µs. */
const blurredUs = 2_000_000

/** Time calls spent in each bin while the network was watched: of each class, and of targets at each level. */
export function exposures(scene: Scene): { h: Float64Array; g: Float64Array } {
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

/** Share of units whose onset is known only to lie in a wide window. */
export function blurredShare(scene: Scene): number {
  let wide = 0
  for (let u = 0; u < scene.n; u++) if (scene.to[u]! - scene.from[u]! > blurredUs) wide++
  return wide / Math.max(1, scene.n)
}

/** Seconds in which a session could have recurred. */
export function sessionExposure(scene: Scene): Float64Array {
  const out = new Float64Array(scene.sessionCount)
  for (let u = 0; u < scene.n; u++) {
    const before = scene.previous[u]!
    if (before >= 0) out[scene.session[u]!]! += Math.max(0, scene.from[u]! - scene.from[before]!) / 1e6
  }
  return out
}

/** Background measured where no agent ran; undefined when no control window saw the network. */
export function controlCounts(scene: Scene, used: Uint8Array) {
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
