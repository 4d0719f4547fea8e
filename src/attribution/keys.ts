// Whose event is it? Topology and NAT records turn an event's addresses into the set of boxes that may have sent it.

import { isGroup, isInternal } from '../base/ip.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import type { CallColumns, EventColumns } from './api.ts'
import { natRecords } from './nat-records.ts'

/** How an event is tied to boxes, strongest first. */
export const reaches = ['exact', 'shared', 'any', 'inbound', 'host', 'unassigned'] as const
export type Reach = (typeof reaches)[number]

/** Where the tie comes from, for the explanation. */
export const reachSources = [
  'none',
  'record',
  'address',
  'nat-record',
  'nat-port',
  'nat-address',
  'single',
  'learned',
] as const

export interface Keys {
  /** Names of boxes: those of the topology, then those that only traces name, then unnamed traces. */
  readonly boxes: readonly string[]
  /** Text id of each box, 0 when no text of the case is its name. */
  readonly boxText: Uint32Array
  /** Box of each call; always set, because a call without a box gets one of its own trace. */
  readonly callBox: Uint32Array
  /** 1 where the box is only assumed: the trace does not say where it ran. */
  readonly assumedBox: Uint8Array
  /** Group of boxes each event may come from; -1 none of them. */
  readonly eventGroup: Int32Array
  /** Index into `reaches`, and into `reachSources`. */
  readonly reach: Uint8Array
  readonly source: Uint8Array
  /** Members of each group, ascending, and how much each counts against a certain member (≤ 1). */
  readonly groups: readonly { readonly boxes: Uint32Array; readonly weight: Float64Array }[]
  /** Validity of each box on the reference clock; ±Infinity when open. */
  readonly boxFrom: Float64Array
  readonly boxTo: Float64Array
  readonly topologyBoxes: number
}

const slackUs = 5_000_000
/** So many public places are contacted by a gateway of ours, hardly by somebody outside whom we see. */
const placesMin = 3

/**
 * Keys of all events. `times` are corrected onsets (µs, reference clock); without them addresses are resolved only
 * where time does not matter, which is enough to align the clocks.
 */
export function resolveKeys(
  texts: readonly string[],
  events: EventColumns,
  calls: CallColumns,
  topology: readonly TopologyEntry[],
  times: Float64Array | undefined,
): Keys {
  const place = placeBoxes(texts, calls, topology)
  const { byName, boxes, assumed } = place
  const byIp = new Map<string, Holder[]>()
  const byNat = new Map<string, Holder[]>()
  for (const entry of topology) {
    const box = byName.get(entry.box)!
    const from = entry.fromUs ?? Number.NEGATIVE_INFINITY
    const to = entry.toUs ?? Number.POSITIVE_INFINITY
    for (const ip of entry.ip) push(byIp, ip, { box, from, to, low: 0, high: 65_535, ranged: false })
    for (const nat of entry.nat) {
      const ranged = nat.portStart !== undefined || nat.portEnd !== undefined
      push(byNat, nat.ip, { box, from, to, low: nat.portStart ?? 0, high: nat.portEnd ?? 65_535, ranged })
    }
  }
  const groupOf = groupTable(assumed, place.topologyBoxes)
  const nat = natRecords(events, times)
  const anyBoxes = boxes.map((_, k) => k)
  const traceOnly = anyBoxes.filter((k) => k >= place.topologyBoxes)
  const eventGroup = new Int32Array(events.n).fill(-1)
  const reach = new Uint8Array(events.n)
  const source = new Uint8Array(events.n)
  const eventBoxCache = new Map<number, number>()
  const internal = new Map<number, boolean>()
  const isInside = (id: number) => {
    let known = internal.get(id)
    if (known === undefined) {
      const ip = texts[id] ?? ''
      known = isInternal(ip) || isGroup(ip) || byIp.has(ip) || byNat.has(ip)
      internal.set(id, known)
    }
    return known
  }
  const set = (i: number, r: Reach, s: (typeof reachSources)[number], members?: readonly number[]) => {
    reach[i] = reaches.indexOf(r)
    source[i] = reachSources.indexOf(s)
    eventGroup[i] = members && members.length > 0 ? groupOf(members, r === 'any') : -1
  }
  const single = boxes.length === 1
  const { speakers, speaksForUs } = translators(events, isInside)

  for (let i = 0; i < events.n; i++) {
    const time = times ? times[i]! : Number.NaN
    if (!Number.isFinite(events.fromUs[i]!)) {
      set(i, 'unassigned', 'none')
      continue
    }
    const named = events.box[i]!
    if (named !== 0) {
      let box = eventBoxCache.get(named)
      if (box === undefined) {
        box = byName.get(texts[named] ?? '') ?? -1
        eventBoxCache.set(named, box)
      }
      if (box >= 0) {
        set(i, 'exact', 'record', [box])
        continue
      }
    }
    const src = events.srcIp[i]!
    const dst = events.dstIp[i]!
    const srcText = texts[src] ?? ''
    if (src === 0) {
      // Without a source a record may be anybody's, unless only one trace exists.
      set(i, 'any', single ? 'single' : 'none', anyBoxes)
      continue
    }
    const holders = byIp.get(srcText)
    if (holders) {
      // A machine's own address is also what its sandboxes are seen by where it translates theirs to it.
      const behind = byNat.get(srcText)?.filter((h) => !h.ranged) ?? []
      const at = holding(behind.length > 0 ? [...holders, ...behind] : holders, time)
      if (at.length > 0) set(i, at.length === 1 ? 'exact' : 'shared', 'address', at)
      else set(i, 'unassigned', 'address', traceOnly)
      continue
    }
    const before = nat.privateSource(i)
    if (before !== 0) {
      const beforeText = texts[before] ?? ''
      const inner = byIp.get(beforeText)
      const at = inner ? holding(inner, time) : []
      if (at.length > 0) set(i, at.length === 1 ? 'exact' : 'shared', 'nat-record', at)
      else if (topology.length === 0) set(i, 'any', single ? 'single' : 'none', anyBoxes)
      else set(i, inner ? 'unassigned' : 'host', 'nat-record', traceOnly)
      continue
    }
    const sharers = byNat.get(srcText)
    if (sharers) {
      const port = events.srcPort[i]!
      const valid = sharers.filter((h) => covers(h, time))
      const ranged = port === 0 ? [] : valid.filter((h) => h.ranged && port >= h.low && port <= h.high)
      const open = port === 0 ? valid : ranged.length > 0 ? ranged : valid.filter((h) => !h.ranged)
      const members = distinct(open)
      const known = ranged.length > 0 && members.length === 1
      if (members.length > 0) {
        set(i, members.length === 1 ? 'exact' : 'shared', known ? 'nat-port' : 'nat-address', members)
      } else set(i, 'host', 'nat-address', traceOnly)
      continue
    }
    const srcInside = isInside(src)
    if (!srcInside && dst !== 0 && isInside(dst) && !isGroup(texts[dst] ?? '') && !speaksForUs(src)) {
      // Somebody outside for sure only where the place is one of ours: held by a sandbox, or seen to speak.
      const ours = byIp.has(texts[dst] ?? '') || byNat.has(texts[dst] ?? '') || speakers.has(dst)
      set(i, 'inbound', ours ? 'address' : 'none')
      continue
    }
    if (topology.length === 0) set(i, 'any', single ? 'single' : 'none', anyBoxes)
    else if (srcInside) set(i, 'host', 'address', traceOnly)
    // A public source that no topology lists: a translated address nobody wrote down.
    else set(i, 'any', 'none', anyBoxes)
  }

  const boxFrom = new Float64Array(boxes.length).fill(Number.NEGATIVE_INFINITY)
  const boxTo = new Float64Array(boxes.length).fill(Number.POSITIVE_INFINITY)
  for (let k = 0; k < place.topologyBoxes; k++) {
    boxFrom[k] = Number.POSITIVE_INFINITY
    boxTo[k] = Number.NEGATIVE_INFINITY
  }
  for (const entry of topology) {
    const k = byName.get(entry.box)!
    if (k >= place.topologyBoxes) continue
    boxFrom[k] = Math.min(boxFrom[k]!, entry.fromUs ?? Number.NEGATIVE_INFINITY)
    boxTo[k] = Math.max(boxTo[k]!, entry.toUs ?? Number.POSITIVE_INFINITY)
  }
  return {
    boxes,
    boxText: place.boxText,
    callBox: place.callBox,
    assumedBox: assumed,
    eventGroup,
    reach,
    source,
    groups: groupOf.groups,
    boxFrom,
    boxTo,
    topologyBoxes: place.topologyBoxes,
  }
}

/**
 * Addresses that begin connections, and public ones among them that contact many public places: those are not somebody
 * outside but a translated address of ours that no topology lists.
 */
function translators(events: EventColumns, isInside: (id: number) => boolean) {
  const speakers = new Set<number>()
  for (let i = 0; i < events.n; i++) if (events.srcIp[i] !== 0) speakers.add(events.srcIp[i]!)
  const places = new Map<number, Set<number>>()
  for (let i = 0; i < events.n; i++) {
    const dst = events.dstIp[i]!
    const src = events.srcIp[i]!
    if (src === 0 || dst === 0 || isInside(src) || speakers.has(dst) || isInside(dst)) continue
    const seen = places.get(src) ?? new Set<number>()
    places.set(src, seen)
    if (seen.size < placesMin) seen.add(dst)
  }
  return { speakers, speaksForUs: (src: number) => (places.get(src)?.size ?? 0) >= placesMin }
}

interface Holder {
  readonly box: number
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
  readonly ranged: boolean
}

function covers(holder: Holder, time: number): boolean {
  return Number.isNaN(time) || (time >= holder.from - slackUs && time <= holder.to + slackUs)
}

/** Boxes that hold an address at a time; those that hold it strictly win over those within the slack. */
function holding(holders: readonly Holder[], time: number): number[] {
  if (holders.length === 1) return covers(holders[0]!, time) ? [holders[0]!.box] : []
  const near = holders.filter((h) => covers(h, time))
  if (near.length < 2 || Number.isNaN(time)) return distinct(near)
  const strict = near.filter((h) => time >= h.from && time <= h.to)
  return distinct(strict.length > 0 ? strict : near)
}

function distinct(holders: readonly Holder[]): number[] {
  return [...new Set(holders.map((h) => h.box))].sort((a, b) => a - b)
}

function push(map: Map<string, Holder[]>, key: string, holder: Holder): void {
  const list = map.get(key)
  if (list) list.push(holder)
  else map.set(key, [holder])
}

/** One index for every box: of the topology by name, of the traces by name, and one for each unnamed trace. */
function placeBoxes(texts: readonly string[], calls: CallColumns, topology: readonly TopologyEntry[]) {
  const byName = new Map<string, number>()
  const boxes: string[] = []
  const add = (name: string) => {
    const known = byName.get(name)
    if (known !== undefined) return known
    byName.set(name, boxes.length)
    boxes.push(name)
    return boxes.length - 1
  }
  for (const name of topology.map((e) => e.box).sort(byText)) add(name)
  const topologyBoxes = boxes.length
  for (const entry of topology) {
    for (const alias of entry.aliases ?? []) if (!byName.has(alias)) byName.set(alias, byName.get(entry.box)!)
  }
  const named = new Set<string>()
  for (let j = 0; j < calls.n; j++) if (calls.box[j] !== 0) named.add(texts[calls.box[j]!] ?? '')
  for (const name of [...named].sort(byText)) add(name)
  const callBox = new Uint32Array(calls.n)
  const unnamed = new Map<string, number>()
  const assumed: number[] = boxes.map(() => 0)
  for (let j = 0; j < calls.n; j++) {
    if (calls.box[j] !== 0) {
      callBox[j] = byName.get(texts[calls.box[j]!] ?? '')!
      continue
    }
    // An episode has one sandbox; a run has many, and so may a file that tells of many episodes.
    const run = texts[calls.run[j]!] ?? ''
    const trace =
      calls.episode[j] !== 0
        ? `episode ${texts[calls.episode[j]!] ?? ''} of ${run || `file ${calls.file[j]!}`}`
        : calls.run[j] !== 0
          ? `run ${run}`
          : `file ${calls.file[j]!}`
    let box = unnamed.get(trace)
    if (box === undefined) {
      // The only box there is: a trace that names none can only have run there.
      if (topologyBoxes === 1 && named.size === 0) box = 0
      else {
        box = boxes.length
        boxes.push('')
        assumed.push(1)
      }
      unnamed.set(trace, box)
    }
    callBox[j] = box
  }
  const textOf = new Map<string, number>()
  for (let t = texts.length - 1; t > 0; t--) if (byName.has(texts[t]!)) textOf.set(texts[t]!, t)
  const boxText = Uint32Array.from(boxes, (name) => textOf.get(name) ?? 0)
  return { byName, boxes, boxText, callBox, assumed: Uint8Array.from(assumed), topologyBoxes }
}

/** Numbers sets of boxes; an unnamed trace belongs to every set, at the share of one box among all. */
function groupTable(assumed: Uint8Array, topologyBoxes: number) {
  const groups: { boxes: Uint32Array; weight: Float64Array }[] = []
  const byKey = new Map<string, number>()
  /** Group of each box alone, the commonest by far. */
  const alone = new Int32Array(assumed.length).fill(-1)
  const unnamed: number[] = []
  for (let k = 0; k < assumed.length; k++) if (assumed[k] === 1) unnamed.push(k)
  const share = 1 / Math.max(2, topologyBoxes)
  function groupOf(members: readonly number[], any: boolean): number {
    if (members.length !== 1) return numbered(members, any)
    const known = alone[members[0]!]!
    if (known >= 0) return known
    const group = numbered(members, any)
    alone[members[0]!] = group
    return group
  }
  function numbered(members: readonly number[], any: boolean): number {
    const key = members.length === assumed.length ? 'all' : members.join(',')
    const known = byKey.get(key)
    if (known !== undefined) return known
    const inside = new Set(members)
    const all = any ? [...members] : [...new Set([...members, ...unnamed])].sort((a, b) => a - b)
    groups.push({
      boxes: Uint32Array.from(all),
      weight: Float64Array.from(all, (k) => (inside.has(k) ? 1 : share)),
    })
    byKey.set(key, groups.length - 1)
    return groups.length - 1
  }
  groupOf.groups = groups
  return groupOf
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
