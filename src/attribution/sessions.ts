// Records of one connection are one fact, and a thing that goes on after its call must not be laid at the next call's door.

import { eventClasses } from '../schema/event.ts'
import { type EventColumns, eventFlags } from './api.ts'
import { type Keys, reaches } from './keys.ts'

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
  const order = new Uint32Array(n)
  for (let i = 0; i < n; i++) order[i] = i
  order.sort((a, b) => times[a]! - times[b]! || a - b)
  const link = (a: number, b: number) => {
    const [x, y] = [find(a), find(b)]
    if (x !== y) parent[Math.max(x, y)] = Math.min(x, y)
  }
  const last = new Map<string, number>()
  const ends = new Float64Array(n)
  const join = (key: string, i: number, gap: number) => {
    const before = last.get(key)
    if (before !== undefined && times[i]! - ends[before]! <= gap) {
      link(before, i)
      ends[i] = Math.max(ends[i]!, ends[before]!)
    }
    last.set(key, i)
  }
  const lookups = lookupNames(events)
  for (const i of order) {
    if (!Number.isFinite(times[i]!)) continue
    const until = events.endUs[i]! - events.fromUs[i]!
    ends[i] = times[i]! + Math.max(events.spanUs[i]!, until > 0 ? until : 0)
    const gap = events.spanUs[i]! >= 10_000_000 ? windowGapUs : pointGapUs
    for (const key of connectionKeys(events, i)) {
      const what = events.class[i] === dnsClass && lookups.get(key) === severalNames ? events.name[i]! : 0
      join(`${key}|${what}`, i, key.startsWith('c') ? idGapUs : gap)
    }
  }
  joinLookups(events, times, dstName, order, link)
  return collect(events, times, keys, dstName, find)
}

const severalNames = -1

/** Texts under which records of one connection meet: the sensor's id, and the five-tuple on either side of NAT. */
function connectionKeys(events: EventColumns, i: number): string[] {
  const out: string[] = []
  if (events.connection[i] !== 0) out.push(`c${events.clock[i]}|${events.connection[i]}`)
  if (events.dstPort[i] === 0) return out
  const tail = `|${events.dstIp[i]}|${events.dstPort[i]}|${events.transport[i]}`
  if (events.srcPort[i] !== 0) out.push(`${events.srcIp[i]}|${events.srcPort[i]}${tail}`)
  if (events.natPort[i] !== 0 && events.natIp[i] !== 0) {
    out.push(`${events.natIp[i]}|${events.natPort[i]}${tail}`)
  }
  return out
}

/** The one name asked for on each DNS connection, `severalNames` where a socket is kept for many. */
function lookupNames(events: EventColumns): Map<string, number> {
  const out = new Map<string, number>()
  for (let i = 0; i < events.n; i++) {
    if (events.class[i] !== dnsClass) continue
    for (const key of connectionKeys(events, i)) {
      const known = out.get(key)
      if (known === undefined) out.set(key, events.name[i]!)
      else if (known !== events.name[i]) out.set(key, severalNames)
    }
  }
  return out
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
  const lists = new Map<string, number[]>()
  for (const i of order) {
    if (dstName[i] === 0 || events.srcIp[i] === 0 || !Number.isFinite(times[i]!)) continue
    if (events.spanUs[i]! > lookupGapUs) continue
    const key = `${events.srcIp[i]}|${dstName[i]}`
    const list = lists.get(key)
    if (list) list.push(i)
    else lists.set(key, [i])
  }
  for (const list of lists.values()) {
    for (let from = 0; from < list.length; ) {
      // A cluster ends where nothing follows for as long as a lookup may take.
      let to = from + 1
      while (to < list.length && times[list[to]!]! - times[list[to - 1]!]! <= lookupGapUs) to++
      joinCluster(events, list.slice(from, to), link)
      from = to
    }
  }
}

/** One lookup (perhaps for both kinds of address) and then one connection: all one act. */
function joinCluster(
  events: EventColumns,
  cluster: readonly number[],
  link: (a: number, b: number) => void,
): void {
  if (cluster.length < 2 || cluster.length > 64) return
  const sockets = new Set<string>()
  const asked = new Set<string>()
  for (const i of cluster) {
    const own = `${events.srcPort[i]}|${events.dstIp[i]}|${events.dstPort[i]}`
    if (events.class[i] === dnsClass || events.dstPort[i] === 53) asked.add(own)
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
  const order = new Uint32Array(count)
  for (let u = 0; u < count; u++) order[u] = u
  order.sort((a, b) => compare(from[a]!, from[b]!) || members[start[a]!]! - members[start[b]!]!)

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
      if (compare(times[i]!, times[earliest]!) < 0) earliest = i
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
  const [x, y] = [worth[keys.reach[a]!]!, worth[keys.reach[b]!]!]
  if (x !== y) return x > y
  const [g, h] = [keys.eventGroup[a]!, keys.eventGroup[b]!]
  if (g === h || g < 0 || h < 0) return false
  return keys.groups[g]!.boxes.length < keys.groups[h]!.boxes.length
}

/**
 * Chains units of the same (group, destination, port): `previous[u]` is the one u may continue, -1 if it begins a
 * session. A gap longer than three median spacings, and than ten minutes, ends a session.
 */
export function sessionChains(units: Units): { previous: Int32Array; session: Int32Array; count: number } {
  const previous = new Int32Array(units.n).fill(-1)
  const session = new Int32Array(units.n).fill(-1)
  const earlier = new Int32Array(units.n).fill(-1)
  const last = new Map<string, number>()
  const gaps = new Map<string, number[]>()
  const keyOf = (u: number) => `${units.group[u]}|${units.mark[u]}|${units.dstPort[u]}|${units.isDns[u]}`
  for (let u = 0; u < units.n; u++) {
    if (!Number.isFinite(units.from[u]!) || units.mark[u] === 0) continue
    const key = keyOf(u)
    // Two whose windows overlap cannot be told apart in time, so neither goes on from the other.
    let before = last.get(key)
    while (before !== undefined && units.to[before]! > units.from[u]! + 1_000_000) {
      before = earlier[before] === -1 ? undefined : earlier[before]
    }
    earlier[u] = last.get(key) ?? -1
    if (before !== undefined) {
      previous[u] = before
      const list = gaps.get(key)
      const gap = units.from[u]! - units.from[before]!
      if (!list) gaps.set(key, [gap])
      else if (list.length < 1000) list.push(gap)
    }
    last.set(key, u)
  }
  const limit = new Map<string, number>()
  for (const [key, list] of gaps) {
    list.sort((a, b) => a - b)
    limit.set(key, Math.max(600_000_000, 3 * list[list.length >> 1]!))
  }
  let count = 0
  for (let u = 0; u < units.n; u++) {
    const before = previous[u]!
    if (before >= 0 && units.from[u]! - units.from[before]! <= limit.get(keyOf(u))!) {
      if (session[before] === -1) session[before] = count++
      session[u] = session[before]!
    } else previous[u] = -1
  }
  return { previous, session, count }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
