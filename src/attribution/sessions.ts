// Records of one connection are one fact, and a thing that goes on after its call must not be laid at the next call's door.

import { orderOf } from '../base/order.ts'
import { eventClasses } from '../schema/event.ts'
import { type EventColumns, eventFlags } from './api.ts'
import { type Keys, reaches } from './keys.ts'
import { type TupleIds, tupleIds } from './tuple-ids.ts'

const dnsClass = eventClasses.indexOf('dns_activity')
const pointGapUs = 120_000_000
const windowGapUs = 900_000_000
const idGapUs = 86_400_000_000
/** How long before it was written an ingest-only record may have happened. */
const ingestDelayUs = 300_000_000

/** Connections: what competes for a cause. All on the reference clock, µs, ordered by onset. */
export interface Units {
  readonly n: number
  /** Onset lies in [from, to]. */
  readonly from: Float64Array
  readonly to: Float64Array
  /** Unit of each event, and one event of each unit that stands for it. */
  readonly ofEvent: Uint32Array
  readonly event: Uint32Array
  /** Group of boxes (-1 none), reach and source as in Keys, of the record that says most. */
  readonly group: Int32Array
  readonly reach: Uint8Array
  readonly source: Uint8Array
  /** Identity named by a record (text id), 0 none. */
  readonly identity: Uint32Array
  /** Destination: name where known, else address. */
  readonly mark: Uint32Array
  readonly dstIp: Uint32Array
  readonly name: Uint32Array
  readonly dstPort: Uint16Array
  readonly isDns: Uint8Array
  readonly clock: Uint16Array
}

/** Joins records of one connection: same sensor's id, or the same five-tuple before or after translation. */
export function connections(
  events: EventColumns,
  times: Float64Array,
  keys: Keys,
  dstName: Uint32Array,
): Units {
  const n = events.n
  const parent = new Int32Array(n)
  for (let i = 0; i < n; i++) parent[i] = i
  const find = (i: number) => {
    let r = i
    while (parent[r] !== r) r = parent[r]!
    while (parent[i] !== r) {
      const up = parent[i]!
      parent[i] = r
      i = up
    }
    return r
  }
  const order = orderOf(times.map((us) => (Number.isFinite(us) ? us : Number.POSITIVE_INFINITY)))
  const link = (a: number, b: number) => {
    const x = find(a)
    const y = find(b)
    if (x !== y) parent[Math.max(x, y)] = Math.min(x, y)
  }
  const key = tupleIds(5, n)
  /** The latest event under each key. */
  let last = new Int32Array(2 * n + 16).fill(-1)
  const ends = new Float64Array(n)
  const join = (id: number, i: number, gap: number) => {
    if (id >= last.length) {
      const longer = new Int32Array(last.length * 2).fill(-1)
      longer.set(last)
      last = longer
    }
    const before = last[id]!
    last[id] = i
    if (before < 0 || times[i]! - ends[before]! > gap) return
    link(before, i)
    ends[i] = Math.max(ends[i]!, ends[before]!)
  }
  const asked = lookups(events)
  for (let x = 0; x < n; x++) {
    const i = order[x]!
    if (!Number.isFinite(times[i]!)) continue
    const until = events.endUs[i]! - events.fromUs[i]!
    ends[i] = times[i]! + Math.max(events.spanUs[i]!, until > 0 ? until : 0)
    const gap = events.spanUs[i]! >= 10_000_000 ? windowGapUs : pointGapUs
    for (let way = 0; way < ways; way++) {
      if (!hasKey(events, i, way)) continue
      join(keyOf(key, events, i, way, asked.question(i, way)), i, way === 0 ? idGapUs : gap)
    }
  }
  joinLookups(events, times, dstName, order, link)
  return collect(events, times, keys, dstName, find)
}

/** Ways in which records of one connection meet: the sensor's id, and the five-tuple on either side of NAT. */
const ways = 3

function hasKey(events: EventColumns, i: number, way: number): boolean {
  if (way === 0) return events.connection[i] !== 0
  if (events.dstPort[i] === 0) return false
  return way === 1 ? events.srcPort[i] !== 0 : events.natPort[i] !== 0 && events.natIp[i] !== 0
}

function keyOf(key: TupleIds, events: EventColumns, i: number, way: number, what: number): number {
  if (way === 0) return key.of(events.connection[i]!, events.clock[i]!, 0, 256, what)
  const ip = way === 1 ? events.srcIp[i]! : events.natIp[i]!
  const port = way === 1 ? events.srcPort[i]! : events.natPort[i]!
  return key.of(ip, port * 65_536 + events.dstPort[i]!, events.dstIp[i]!, events.transport[i]!, what)
}

/** The question that tells records of one socket apart, where it is kept for many lookups; 0 elsewhere. */
function lookups(events: EventColumns): { question: (i: number, way: number) => number } {
  const key = tupleIds(5)
  /** The one name asked for under each key; -1 once there are several. */
  const name: number[] = []
  for (let i = 0; i < events.n; i++) {
    if (events.class[i] !== dnsClass) continue
    for (let way = 0; way < ways; way++) {
      if (!hasKey(events, i, way)) continue
      const id = keyOf(key, events, i, way, 0)
      if (id === name.length) name.push(events.name[i]!)
      else if (name[id] !== events.name[i]) name[id] = -1
    }
  }
  return {
    question: (i, way) =>
      events.class[i] === dnsClass && name[keyOf(key, events, i, way, 0)] === -1 ? events.name[i]! : 0,
  }
}

const lookupGapUs = 1_500_000

/** Joins a lookup with the one connection it was made for, where nobody else could have made either. */
function joinLookups(
  events: EventColumns,
  times: Float64Array,
  dstName: Uint32Array,
  order: Uint32Array,
  link: (a: number, b: number) => void,
): void {
  const isLookup = (i: number) => events.class[i] === dnsClass || events.dstPort[i] === 53
  // Only what somebody looked up is of interest: by far most logs have few lookups or none.
  const key = tupleIds(2)
  const isNamed = (i: number) => dstName[i] !== 0 && events.srcIp[i] !== 0 && Number.isFinite(times[i]!)
  for (let i = 0; i < events.n; i++) {
    if (isLookup(i) && isNamed(i)) key.of(events.srcIp[i]!, dstName[i]!)
  }
  if (key.size() === 0) return
  const lists = Array.from({ length: key.size() }, (): number[] => [])
  for (const i of order) {
    if (!isNamed(i) || events.spanUs[i]! > lookupGapUs) continue
    const id = key.find(events.srcIp[i]!, dstName[i]!)
    if (id >= 0) lists[id]!.push(i)
  }
  for (const list of lists) {
    for (let from = 0; from < list.length; ) {
      // A cluster ends where nothing follows for as long as a lookup may take.
      let to = from + 1
      while (to < list.length && times[list[to]!]! - times[list[to - 1]!]! <= lookupGapUs) to++
      if (to - from >= 2 && to - from <= 64) joinCluster(events, list.slice(from, to), isLookup, link)
      from = to
    }
  }
}

/** One lookup (perhaps for both kinds of address) and then one connection: all one act. */
function joinCluster(
  events: EventColumns,
  cluster: readonly number[],
  isLookup: (i: number) => boolean,
  link: (a: number, b: number) => void,
): void {
  const sockets = new Set<string>()
  const asked = new Set<string>()
  for (const i of cluster) {
    const own = `${events.srcPort[i]}|${events.dstIp[i]}|${events.dstPort[i]}`
    if (isLookup(i)) asked.add(own)
    else sockets.add(own)
  }
  if (asked.size === 0 || asked.size > 2 || sockets.size !== 1) return
  for (const i of cluster) link(cluster[0]!, i)
}

function collect(
  events: EventColumns,
  times: Float64Array,
  keys: Keys,
  dstName: Uint32Array,
  find: (i: number) => number,
): Units {
  const n = events.n
  const rootUnit = new Int32Array(n).fill(-1)
  const raw = new Uint32Array(n)
  let count = 0
  for (let i = 0; i < n; i++) {
    const r = find(i)
    if (rootUnit[r] === -1) rootUnit[r] = count++
    raw[i] = rootUnit[r]!
  }
  const start = new Uint32Array(count + 1)
  for (let i = 0; i < n; i++) start[raw[i]! + 1]!++
  for (let u = 0; u < count; u++) start[u + 1]! += start[u]!
  const members = new Uint32Array(n)
  const at = start.slice()
  for (let i = 0; i < n; i++) members[at[raw[i]!]!++] = i

  const from = new Float64Array(count)
  const to = new Float64Array(count)
  for (let u = 0; u < count; u++) {
    let upper = Number.POSITIVE_INFINITY
    for (let m = start[u]!; m < start[u + 1]!; m++) {
      const i = members[m]!
      upper = Math.min(upper, times[i]! + Math.max(1, events.spanUs[i]!))
    }
    let lower = Number.NEGATIVE_INFINITY
    for (let m = start[u]!; m < start[u + 1]!; m++) {
      const i = members[m]!
      const earliest = times[i]! - ((events.flags[i]! & eventFlags.ingestTime) !== 0 ? ingestDelayUs : 0)
      if (earliest <= upper) lower = Math.max(lower, earliest)
    }
    from[u] = Number.isFinite(lower) ? lower : Number.POSITIVE_INFINITY
    to[u] = Number.isFinite(lower) ? upper : Number.POSITIVE_INFINITY
  }
  // Units are numbered by their first record, whose order settles ties.
  const order = orderOf(from)

  const units = {
    n: count,
    from: new Float64Array(count),
    to: new Float64Array(count),
    ofEvent: new Uint32Array(n),
    event: new Uint32Array(count),
    group: new Int32Array(count),
    reach: new Uint8Array(count),
    source: new Uint8Array(count),
    identity: new Uint32Array(count),
    mark: new Uint32Array(count),
    dstIp: new Uint32Array(count),
    name: new Uint32Array(count),
    dstPort: new Uint16Array(count),
    isDns: new Uint8Array(count),
    clock: new Uint16Array(count),
  }
  for (let k = 0; k < count; k++) {
    const u = order[k]!
    units.from[k] = from[u]!
    units.to[k] = to[u]!
    let best = members[start[u]!]!
    let earliest = best
    for (let m = start[u]!; m < start[u + 1]!; m++) {
      const i = members[m]!
      units.ofEvent[i] = k
      if (saysMore(keys, i, best)) best = i
      if (times[i]! < times[earliest]!) earliest = i
      if (units.identity[k] === 0) units.identity[k] = events.identity[i]!
      if (units.name[k] === 0) units.name[k] = dstName[i]!
      if (units.dstIp[k] === 0) units.dstIp[k] = events.dstIp[i]!
      if (units.dstPort[k] === 0) units.dstPort[k] = events.dstPort[i]!
      if (events.class[i] === dnsClass) units.isDns[k] = 1
    }
    units.event[k] = earliest
    units.group[k] = keys.eventGroup[best]!
    units.reach[k] = keys.reach[best]!
    units.source[k] = keys.source[best]!
    units.clock[k] = events.clock[earliest]!
    units.mark[k] = units.name[k]! || units.dstIp[k]!
  }
  return units
}

const worth = reaches.map((r) => ({ exact: 5, inbound: 4, shared: 3, host: 2, unassigned: 1, any: 0 })[r])

/** Whether record a narrows its connection's boxes more than record b; ties keep the earlier. */
function saysMore(keys: Keys, a: number, b: number): boolean {
  if (a === b) return false
  const x = worth[keys.reach[a]!]!
  const y = worth[keys.reach[b]!]!
  if (x !== y) return x > y
  const g = keys.eventGroup[a]!
  const h = keys.eventGroup[b]!
  if (g === h || g < 0 || h < 0) return false
  return keys.groups[g]!.boxes.length < keys.groups[h]!.boxes.length
}
