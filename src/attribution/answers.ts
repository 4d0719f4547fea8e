// What was found of connections, told of the rows as they were given, and why, when somebody asks.

import type { AttributionCase, AttributionResult, Evidence } from './api.ts'
import { attributionDefaults } from './api.ts'
import { explainCandidate } from './explain.ts'
import type { Keys } from './keys.ts'
import { listedCandidates } from './listed.ts'
import type { Model, Scene } from './model.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Scorer } from './scorer.ts'
import type { Units } from './sessions.ts'
import type { TargetIndex } from './targets.ts'
import type { CallWindows } from './windows.ts'

const noneKindCount = 4
const { candidatesMax, candidateMin } = attributionDefaults

export interface Answered {
  /** Canonical rows, and for each the index at which it was given. */
  readonly input: AttributionCase
  readonly eventOrder: Uint32Array
  readonly callOrder: Uint32Array
  readonly times: Float64Array
  readonly dstName: Uint32Array
  readonly units: Units
  readonly keys: Keys
  readonly targets: TargetIndex
  readonly windows: CallWindows
  readonly doubt: Float64Array
  readonly scene: Scene
  readonly model: Model
  readonly scores: Scorer
  readonly post: Posterior
  readonly split: Float64Array
  readonly settled: Uint8Array
}

/** What answers without their explanation need. */
export type Plain = Omit<Answered, 'targets' | 'doubt' | 'scene' | 'model' | 'scores' | 'settled'>

export type PlainRows = Omit<Rows, 'explain'>

type Rows = Pick<
  AttributionResult,
  | 'eventUs'
  | 'callStartUs'
  | 'callEndUs'
  | 'eventBox'
  | 'candStart'
  | 'candCall'
  | 'candP'
  | 'pNone'
  | 'pOther'
  | 'noneSplit'
  | 'tier'
  | 'onset'
  | 'dstName'
  | 'explain'
>

export function inGivenOrder(x: Answered): Rows {
  const rank = ranks(x.eventOrder)
  const listed = listedPerUnit(x.post, x.units.n)
  return { ...rowsInOrder(x, rank, listed), explain: explainer(x, rank, listed) }
}

/** The same without a word of explanation, which takes longer to prepare than the answers of a few rows. */
export function plainInGivenOrder(x: Plain): PlainRows {
  return rowsInOrder(x, ranks(x.eventOrder), listedPerUnit(x.post, x.units.n))
}

function ranks(eventOrder: Uint32Array): Uint32Array {
  const rank = new Uint32Array(eventOrder.length)
  for (let k = 0; k < rank.length; k++) rank[eventOrder[k]!] = k
  return rank
}

function rowsInOrder(x: Plain, rank: Uint32Array, listed: Uint8Array): PlainRows {
  const { units, post, eventOrder, callOrder } = x
  const n = x.input.events.n
  const candStart = new Uint32Array(n + 1)
  for (let i = 0; i < n; i++) candStart[i + 1] = candStart[i]! + listed[units.ofEvent[rank[i]!]!]!
  const rows = {
    candStart,
    candCall: new Uint32Array(candStart[n]!),
    candP: new Float64Array(candStart[n]!),
    pNone: new Float64Array(n),
    pOther: new Float64Array(n),
    noneSplit: new Float32Array(n * noneKindCount),
    tier: new Uint8Array(n),
    onset: new Uint32Array(n),
    eventUs: new Float64Array(n),
    eventBox: new Uint32Array(n),
    dstName: new Uint32Array(n),
  }
  const boxOf = x.keys.groups.map((_, g) => exactBox(x.keys, g))
  for (let i = 0; i < n; i++) {
    const k = rank[i]!
    const u = units.ofEvent[k]!
    let sum = 0
    for (let c = 0; c < listed[u]!; c++) {
      const p = post.p[u * keptMax + c]!
      rows.candCall[candStart[i]! + c] = callOrder[post.call[u * keptMax + c]!]!
      rows.candP[candStart[i]! + c] = p
      sum += p
    }
    rows.pNone[i] = post.none[u]!
    rows.pOther[i] = Math.max(0, 1 - sum - post.none[u]!)
    for (let c = 0; c < noneKindCount; c++) {
      rows.noneSplit[i * noneKindCount + c] = post.none[u]! * x.split[u * noneKindCount + c]!
    }
    rows.tier[i] = post.tier[u]!
    rows.onset[i] = eventOrder[units.event[post.onset[u]!]!]!
    rows.eventUs[i] = x.times[k]!
    const group = units.group[u]!
    rows.eventBox[i] = units.reach[u] === 0 && group >= 0 ? boxOf[group]! : 0
    rows.dstName[i] = x.dstName[k]!
  }
  const callStartUs = new Float64Array(callOrder.length)
  const callEndUs = new Float64Array(callOrder.length)
  for (let j = 0; j < callOrder.length; j++) {
    callStartUs[callOrder[j]!] = x.windows.start[j]!
    callEndUs[callOrder[j]!] = x.windows.end[j]!
  }
  return { ...rows, callStartUs, callEndUs }
}

/** How many candidates of each unit are shown. They stand first: probabilities only fall. */
function listedPerUnit(post: Posterior, n: number): Uint8Array {
  const out = new Uint8Array(n)
  for (let u = 0; u < n; u++) {
    let c = 0
    while (c < candidatesMax && post.call[u * keptMax + c]! >= 0 && post.p[u * keptMax + c]! >= candidateMin)
      c++
    out[u] = c
  }
  return out
}

/** Evidence in words, made when it is asked for. Holds on to no more than that needs. */
function explainer(x: Answered, rank: Uint32Array, listed: Uint8Array): AttributionResult['explain'] {
  const { units, post, input, keys, targets, settled } = x
  const again = listedCandidates(
    { ...x, calls: input.calls, pairsHeldMax: 0 },
    x.scene,
    x.model,
    x.scores,
    candidatesMax,
  )
  const explaining = {
    input,
    scene: again.scene,
    model: x.model,
    scores: again.scores,
    units,
    keys,
    targets,
    naming: callsNaming(targets),
    identity: (u: number) => settled[u] === 1,
  }
  return (i: number): readonly (readonly Evidence[])[] => {
    const u = units.ofEvent[rank[i]!]!
    const places = Array.from({ length: listed[u]! }, (_, c) => u * keptMax + c)
    again.choose(
      u,
      places.map((at) => post.call[at]!),
    )
    return places.map((at) =>
      explainCandidate(
        explaining,
        u,
        post.call[at]!,
        post.p[at]!,
        post.none[u]!,
        post.inherited[at]!,
        units.from[post.onset[u]!]!,
      ),
    )
  }
}

/** How many calls name a text; counted once for each text. */
function callsNaming(targets: TargetIndex): (text: number) => number {
  const known = new Map<number, number>()
  return (text) => {
    let count = known.get(text)
    if (count === undefined) {
      count = new Set(targets.naming(text)?.calls ?? []).size
      known.set(text, count)
    }
    return count
  }
}

/** Text id of the one box that a group stands for. */
function exactBox(keys: Keys, group: number): number {
  const { boxes, weight } = keys.groups[group]!
  for (let k = 0; k < boxes.length; k++) {
    if (weight[k] === 1 && keys.boxText[boxes[k]!]! !== 0) return keys.boxText[boxes[k]!]!
  }
  return 0
}
