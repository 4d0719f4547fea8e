// Puts what the model looks at into one set of flat columns.

import { type AttributionCase, callFlags } from './api.ts'
import { findCandidates } from './candidates.ts'
import { sessionChains } from './chains.ts'
import type { Keys } from './keys.ts'
import type { Scene } from './model.ts'
import { namersMax } from './scorer.ts'
import type { Units } from './sessions.ts'
import type { TargetIndex } from './targets.ts'
import type { CallWindows } from './windows.ts'

export interface SceneParts {
  readonly input: AttributionCase
  readonly units: Units
  readonly keys: Keys
  readonly targets: TargetIndex
  readonly windows: CallWindows
  readonly doubt: Float64Array
  readonly pairsHeldMax: number
}

export function buildScene(parts: SceneParts): Scene {
  const { input, units, keys, targets, windows, doubt } = parts
  const { calls } = input
  const chains = sessionChains(units)
  const marks = dense(units.mark)
  return {
    n: units.n,
    from: units.from,
    to: units.to,
    doubt,
    group: units.group,
    mark: marks.index,
    markCount: marks.count,
    markText: marks.values,
    portShare: portShares(units, marks),
    rare: rareDestinations(units, targets),
    previous: chains.previous,
    session: chains.session,
    sessionCount: chains.count,
    candidates: findCandidates({ ...parts, calls }),
    // A call that is told twice spent its time once.
    callStart: windows.start.map((us, j) =>
      (calls.flags[j]! & callFlags.echo) === 0 ? us : Number.POSITIVE_INFINITY,
    ),
    callEnd: windows.end,
    callSlack: windows.slack,
    callUntil: windows.until,
    ...behaviours(input, targets.hasTargets),
    perLevel: targets.perLevel,
    callBox: keys.callBox,
    groups: keys.groups,
    ...coverage(units),
    controls: input.controls,
  }
}

/**
 * The same case with every group's connections moved by `shift` µs round the watched time: nothing is caused by a
 * call any more, while rhythm and crowding stay. Order within is not kept, so sessions are left out.
 */
export function movedScene(scene: Scene, shift: Float64Array): Scene {
  const range = scene.coverTo - scene.coverFrom
  const from = new Float64Array(scene.n)
  const to = new Float64Array(scene.n)
  for (let u = 0; u < scene.n; u++) {
    const g = scene.group[u]!
    const t = scene.from[u]!
    from[u] = g < 0 ? t : scene.coverFrom + ((t - scene.coverFrom + shift[g]!) % range)
    to[u] = from[u]! + (scene.to[u]! - t)
  }
  return {
    ...scene,
    from,
    to,
    previous: new Int32Array(scene.n).fill(-1),
    session: new Int32Array(scene.n).fill(-1),
    candidates: scene.candidates.moved(from, to),
  }
}

/** Calls that behave alike share rates: same tool class, naming targets or not, leaving work behind or not. */
function behaviours(input: AttributionCase, hasTargets: Uint8Array) {
  const callClass = new Uint16Array(input.calls.n)
  const index = new Map<number, number>()
  const leaves: number[] = []
  for (let j = 0; j < input.calls.n; j++) {
    const left = (input.calls.flags[j]! & callFlags.background) !== 0 ? 1 : 0
    const key = input.calls.toolClass[j]! * 4 + hasTargets[j]! * 2 + left
    let c = index.get(key)
    if (c === undefined) {
      c = index.size
      index.set(key, c)
      leaves.push(left)
    }
    callClass[j] = c
  }
  if (leaves.length === 0) leaves.push(0)
  return {
    callClass,
    classCount: leaves.length,
    classLeaves: Uint8Array.from(leaves),
    classKey: index.size === 0 ? [0] : [...index.keys()],
  }
}

function dense(values: Uint32Array): { index: Uint32Array; count: number; values: readonly number[] } {
  const known = new Map<number, number>()
  const index = new Uint32Array(values.length)
  for (let u = 0; u < values.length; u++) {
    let k = known.get(values[u]!)
    if (k === undefined) {
      k = known.size
      known.set(values[u]!, k)
    }
    index[u] = k
  }
  return { index, count: Math.max(1, known.size), values: [...known.keys()] }
}

function portShares(units: Units, marks: { index: Uint32Array; count: number }): Float64Array {
  const perPort = new Float64Array(65_536)
  const perMark = new Map<number, number>()
  for (let u = 0; u < units.n; u++) {
    const port = units.dstPort[u]!
    perPort[port]!++
    const key = marks.index[u]! * 65_536 + port
    perMark.set(key, (perMark.get(key) ?? 0) + 1)
  }
  const out = new Float64Array(units.n)
  for (let u = 0; u < units.n; u++) {
    const port = units.dstPort[u]!
    out[u] = perMark.get(marks.index[u]! * 65_536 + port)! / perPort[port]!
  }
  return out
}

function rareDestinations(units: Units, targets: TargetIndex): Uint8Array {
  return Uint8Array.from({ length: units.n }, (_, u) => {
    const d = targets.destination(units.dstIp[u]!, units.name[u]!, 0)
    const calls = new Set<number>()
    for (const text of d.strong) {
      const named = targets.naming(text)!.calls
      for (let k = 0; k < named.length && calls.size <= namersMax; k++) calls.add(named[k]!)
    }
    return calls.size > 0 && calls.size <= namersMax ? 1 : 0
  })
}

/** The time in which the network was watched. */
function coverage(units: Units): { coverFrom: number; coverTo: number } {
  let coverFrom = Number.POSITIVE_INFINITY
  let coverTo = Number.NEGATIVE_INFINITY
  for (let u = 0; u < units.n; u++) {
    if (!Number.isFinite(units.from[u]!)) continue
    coverFrom = Math.min(coverFrom, units.from[u]!)
    coverTo = Math.max(coverTo, units.to[u]!)
  }
  if (!(coverTo >= coverFrom)) return { coverFrom: 0, coverTo: 1 }
  return { coverFrom: coverFrom - 1_000_000, coverTo: coverTo + 1_000_000 }
}
