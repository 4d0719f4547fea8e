// The whole method in order: clocks, keys, names, connections, candidates, fit, posterior, tests, words.

import {
  type AttributionCase,
  type AttributionResult,
  attributionDefaults,
  callFlags,
  type Evidence,
  tiers,
} from './api.ts'
import { findCandidates } from './candidates.ts'
import { alignClocks } from './clocks.ts'
import { explainCandidate } from './explain.ts'
import { fitModel, namersMax, type Scene } from './fit.ts'
import { resolveKeys } from './keys.ts'
import { destinationNames } from './names.ts'
import { canonicalCalls, canonicalEvents } from './order.ts'
import { keptMax, type Posterior, posteriors } from './posterior.ts'
import { connections, sessionChains, type Units } from './sessions.ts'
import { indexTargets, type TargetIndex } from './targets.ts'
import { callWindows } from './windows.ts'

const identityTier = tiers.indexOf('identity')

/** Says for every event which calls may have caused it, how probably, and why. Never throws on data. */
export function attribute(input: AttributionCase): AttributionResult {
  const { events, order: eventOrder } = canonicalEvents(input.events)
  const { calls, order: callOrder } = canonicalCalls(input.calls)
  const given = { ...input, events, calls }
  const notes: string[] = []
  const targets = indexTargets(input.texts, calls)
  const looseKeys = resolveKeys(input.texts, events, calls, input.topology, undefined)
  const looseNames = destinationNames(events, events.fromUs, looseKeys.eventGroup)
  const clocks = alignClocks(input.clocks, events, calls, looseKeys, looseNames, targets)
  notes.push(...clocks.notes)
  const times = events.fromUs.map((us, k) => us - clocks.offset(events.clock[k]!, us))
  const keys = resolveKeys(input.texts, events, calls, input.topology, times)
  const windows = callWindows(calls, keys.callBox, clocks.offset, keys.boxTo)
  const dstName = destinationNames(events, times, keys.eventGroup)
  const units = connections(events, times, keys, dstName)
  const chains = sessionChains(units)
  const doubt = Float64Array.from(units.clock, (c) => Math.max(20_000, 1.5 * (clocks.sdUs[c] ?? 0)))
  const candidates = findCandidates({ units, calls, windows, keys, targets, doubt })
  const { callClass, classCount, classLeaves } = behaviours(given, targets.hasTargets)
  const marks = dense(units.mark)
  const scene: Scene = {
    n: units.n,
    from: units.from,
    to: units.to,
    doubt,
    group: units.group,
    mark: marks.index,
    markCount: marks.count,
    portShare: portShares(units, marks),
    rare: rareDestinations(units, targets),
    previous: chains.previous,
    session: chains.session,
    sessionCount: chains.count,
    candidates,
    callStart: windows.start,
    callEnd: windows.end,
    callSlack: windows.slack,
    callUntil: windows.until,
    callClass,
    classCount,
    classLeaves,
    perLevel: targets.perLevel,
    callBox: keys.callBox,
    groups: keys.groups,
    ...coverage(units),
    controls: input.controls,
  }
  const model = fitModel(scene)
  const { posterior: post, scores } = posteriors(scene, model)
  const forced = applyIdentity(given, units, post)

  // Back to the order in which the rows were given.
  const n = events.n
  const list = { start: new Uint32Array(n + 1), call: [] as number[], p: [] as number[] }
  const rank = new Uint32Array(n)
  for (let k = 0; k < n; k++) rank[eventOrder[k]!] = k
  const pNone = new Float64Array(n)
  const pOther = new Float64Array(n)
  const noneSplit = new Float32Array(n * 4)
  const tier = new Uint8Array(n)
  const onset = new Uint32Array(n)
  const eventUs = new Float64Array(n)
  const eventBox = new Uint32Array(n)
  const nameOut = new Uint32Array(n)
  const shown = (u: number) => {
    const out: number[] = []
    for (let x = u * keptMax; x < (u + 1) * keptMax && out.length < attributionDefaults.candidatesMax; x++) {
      if (post.call[x]! >= 0 && post.p[x]! >= attributionDefaults.candidateMin) out.push(x)
    }
    return out
  }
  for (let i = 0; i < n; i++) {
    const k = rank[i]!
    const u = units.ofEvent[k]!
    let listed = 0
    for (const x of shown(u)) {
      list.call.push(callOrder[post.call[x]!]!)
      list.p.push(post.p[x]!)
      listed += post.p[x]!
    }
    list.start[i + 1] = list.call.length
    pNone[i] = post.none[u]!
    pOther[i] = Math.max(0, 1 - listed - post.none[u]!)
    noneSplit[i * 4 + 3] = post.none[u]!
    tier[i] = post.tier[u]!
    onset[i] = eventOrder[units.event[post.onset[u]!]!]!
    eventUs[i] = times[k]!
    const group = units.group[u]!
    const boxes = group < 0 ? undefined : keys.groups[group]!.boxes
    const exact = units.reach[u] === 0 && boxes !== undefined
    eventBox[i] = exact ? keys.boxText[boxes[0]!]! : 0
    nameOut[i] = dstName[k]!
  }
  const callStartUs = new Float64Array(calls.n)
  const callEndUs = new Float64Array(calls.n)
  for (let j = 0; j < calls.n; j++) {
    callStartUs[callOrder[j]!] = windows.start[j]!
    callEndUs[callOrder[j]!] = windows.end[j]!
  }
  const explaining = {
    input: given,
    scene,
    model,
    scores,
    units,
    keys,
    targets,
    naming: (text: number) => new Set(targets.naming(text)?.calls ?? []).size,
    identity: (u: number) => forced[u] === 1,
  }
  return {
    clocks: clocks.estimates,
    eventUs,
    callStartUs,
    callEndUs,
    eventBox,
    candStart: list.start,
    candCall: Uint32Array.from(list.call),
    candP: Float64Array.from(list.p),
    pNone,
    pOther,
    noneSplit,
    tier,
    onset,
    dstName: nameOut,
    hypotheses: [],
    groups: [],
    coincidences: { observed: 0, expectedByChance: 0, of: n },
    calibrated: false,
    notes,
    explain(i: number): readonly (readonly Evidence[])[] {
      const u = units.ofEvent[rank[i]!]!
      return shown(u).map((x) =>
        explainCandidate(
          explaining,
          u,
          post.call[x]!,
          post.p[x]!,
          post.none[u]!,
          post.inherited[x]!,
          units.from[post.onset[u]!]!,
        ),
      )
    },
  }
}

/** A kernel-side record that names the call settles the matter; one that names a call nobody recorded says none. */
function applyIdentity(input: AttributionCase, units: Units, post: Posterior): Uint8Array {
  const forced = new Uint8Array(units.n)
  const bySource = new Map<number, number[]>()
  for (let j = 0; j < input.calls.n; j++) {
    const id = input.calls.sourceId[j]!
    if (id === 0) continue
    const list = bySource.get(id)
    if (list) list.push(j)
    else bySource.set(id, [j])
  }
  for (let u = 0; u < units.n; u++) {
    if (units.identity[u] === 0) continue
    const named = bySource.get(units.identity[u]!) ?? []
    const from = u * keptMax
    post.call.fill(-1, from, from + keptMax)
    post.p.fill(0, from, from + keptMax)
    post.inherited.fill(0, from, from + keptMax)
    forced[u] = 1
    post.tier[u] = identityTier
    // The same id may stand in two traces of one call (spans and transcript): they share the certainty.
    const same = named.slice(0, keptMax)
    post.none[u] = same.length > 0 ? 0.001 : 1
    post.other[u] = 0
    same.forEach((j, k) => {
      post.call[from + k] = j
      post.p[from + k] = 0.999 / same.length
    })
  }
  return forced
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
  return { callClass, classCount: Math.max(1, leaves.length), classLeaves: Uint8Array.from(leaves) }
}

function dense(values: Uint32Array): { index: Uint32Array; count: number } {
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
  return { index, count: Math.max(1, known.size) }
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
