// From the model's opinion to what is said: nothing is claimed that calibration, clocks or records forbid.

import { sharedWindows } from './anchors.ts'
import { type AttributionCase, attributionDefaults, tiers } from './api.ts'
import { applyCalibration } from './calibrate.ts'
import type { Clocks } from './clocks.ts'
import { applyIdentity } from './identity.ts'
import type { Keys } from './keys.ts'
import type { Scene } from './model.ts'
import { splitNone } from './none.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'
import type { CallWindows } from './windows.ts'

export interface Unsettled {
  readonly input: AttributionCase
  readonly clocks: Pick<Clocks, 'aligned' | 'contradicted'>
  readonly keys: Keys
  readonly units: Units
  readonly windows: CallWindows
  readonly scene: Scene
  /** Changed in place. */
  readonly post: Posterior
  readonly claimAt: number
}

/** Which units records alone have settled (as `applyIdentity` says), and who shares "none". */
export function settleAnswers(x: Unsettled): { settled: Uint8Array; split: Float64Array } {
  const { input, clocks, keys, units, windows, scene, post, claimAt } = x
  const { calls } = input
  const clockOf = (u: number) => clocks.aligned[units.clock[u]!] === 1
  // The trace of the first candidate does not say where it ran, and nothing else placed it at this address.
  const ranAnywhere = (u: number) => {
    const call = post.call[u * keptMax]!
    const group = keys.groups[units.group[u]!]
    if (call < 0 || !group || keys.assumedBox[keys.callBox[call]!] !== 1) return false
    return group.weight[group.boxes.indexOf(keys.callBox[call]!)] !== 1
  }
  // That a call named the place is no proof once it has ended, unless it leaves work behind.
  const longGone = (u: number) => {
    const j = post.call[u * keptMax]!
    if (j < 0 || scene.classLeaves[scene.callClass[j]!] === 1) return false
    const over = windows.end[j]! + windows.slack[j]! + attributionDefaults.afterWindowUs
    return units.from[u]! - scene.doubt[u]! > over
  }
  // Nor when in its episode it ran: only names tell the episode's calls apart, and what fetches need not name.
  const shared = sharedWindows(calls)
  const sameAsOthers = (u: number) => {
    const call = post.call[u * keptMax]!
    return call >= 0 && shared[call]! > 0
  }
  applyCalibration(
    post,
    claimAt,
    tiers.indexOf('content'),
    (u, j) =>
      !clockOf(u) || units.to[u]! < windows.start[j]! || units.from[u]! > windows.end[j]! + windows.slack[j]!,
    (u) =>
      (!clockOf(u) && input.clocks[units.clock[u]!]?.zone !== 'utc') ||
      clocks.contradicted[units.clock[u]!] === 1 ||
      longGone(u) ||
      ranAnywhere(u) ||
      sameAsOthers(u),
    (u) => clocks.contradicted[units.clock[u]!] === 1,
  )
  const settled = applyIdentity(calls, units, post)
  const inCall = (u: number) => scene.candidates.start[u + 1]! > scene.candidates.start[u]!
  const split = splitNone(
    units,
    post,
    inCall,
    settled.map((s) => (s === 2 ? 1 : 0)),
  )
  return { settled, split }
}
