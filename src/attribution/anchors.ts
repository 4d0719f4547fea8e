// Pairs of stamps that may belong together: what a call names and what was then contacted; one flow seen twice.

import { type CallColumns, callFlags, type EventColumns } from './api.ts'
import { collector, mixed } from './collector.ts'
import type { Anchors } from './correlogram.ts'
import type { Keys } from './keys.ts'
import { namersByBox } from './namers.ts'
import type { TargetIndex } from './targets.ts'

/** A pair further apart than every zone error and this much more is none. */
const farUs = (14 * 3600 + 600) * 1e6
const nearUs = 900e6
/** By timing alone no clock is moved further than five minutes; what is around an offset so far off must still show. */
const timeReachUs = 620e6
/** Above so many calls that name one place only those near in time are paired. */
const namersMax = 256
/** Places named by few calls are tried first; commoner ones only where those give too few witnesses. */
const rarities = [4, 32, 4 * namersMax] as const
const witnessesEnough = 200
/** Connections of one clock that are looked for on another; beyond it a part of the ports stands for all. */
const tuplesMax = 200_000
/** Shorter windows that calls share need no care. */
const sharedMinUs = 2_000_000
/** Two may be a turn's; so many that began and ended together are an episode's. */
const sharersMin = 3
/** Uncertainty of a call's start up to which its stamp is taken at its word. */
const stampSlackUs = 500_000

/** Pairs of the events of one clock with calls that name where they go, from rare names as far as they suffice. */
export function contentAnchors(
  events: EventColumns,
  calls: CallColumns,
  keys: Keys,
  names: Uint32Array,
  targets: TargetIndex,
  eventClock: number,
  callClock: (clock: number) => boolean,
  uptime: boolean,
): Anchors {
  const usable = new Uint8Array(calls.n)
  for (let j = 0; j < calls.n; j++) {
    if (callClock(calls.clock[j]!) && Number.isFinite(calls.startUs[j]!)) usable[j] = 1
  }
  const namers = namersByBox(targets.named, keys.callBox, keys.groups)
  const shared = sharedWindows(calls)
  const stamp = new Int32Array(calls.n).fill(-1)
  const upTo = (rarity: number): Anchors => {
    const list = collector()
    const isNew = newWitness(events)
    const found = new Uint32Array(rarity)
    stamp.fill(-1)
    for (let i = 0; i < events.n; i++) {
      if (events.clock[i] !== eventClock || !list.wants(i) || !Number.isFinite(events.fromUs[i]!)) continue
      const g = keys.eventGroup[i]!
      if (g < 0 || !isNew(i, names[i]!)) continue
      const t = events.fromUs[i]!
      let count = 0
      for (const text of targets.destination(events.dstIp[i]!, names[i]!, 0).strong) {
        const crowded = targets.named.start[text + 1]! - targets.named.start[text]! > namersMax
        const reach = uptime ? Number.POSITIVE_INFINITY : crowded ? nearUs : farUs
        namers.ask(text, g)
        const { list: calling, to } = namers
        let x = firstFrom(calls.startUs, t - reach, calling, namers.from, to)
        for (; x < to && calls.startUs[calling[x]!]! <= t + reach && count <= rarity; x++) {
          const j = calling[x]!
          if (usable[j] === 0 || stamp[j] === i) continue
          stamp[j] = i
          if (count < rarity) found[count] = j
          count++
        }
      }
      if (count > rarity) continue
      for (let k = 0; k < count; k++) {
        const j = found[k]!
        list.add(events, i, calls.startUs[j]!, slackOf(calls, j), 1 / count, j, shared[j]!)
      }
    }
    return list.take()
  }
  let found: Anchors | undefined
  for (const rarity of rarities) {
    found = upTo(rarity)
    if (effectsIn(found) >= witnessesEnough) break
  }
  return found!
}

/** Whether an event is a witness of its own: records of one connection, or of one lookup, are one. */
function newWitness(events: EventColumns): (i: number, name: number) => boolean {
  let most = 0
  for (let i = 0; i < events.n; i++) most = Math.max(most, events.connection[i]!)
  const first = new Uint32Array(most + 1)
  const further = new Set<string>()
  return (i, name) => {
    const connection = events.connection[i]!
    if (connection === 0) return true
    const known = first[connection]!
    if (known === 0) first[connection] = name + 1
    if (known === 0) return true
    if (known === name + 1) return false
    const one = `${connection}|${name}`
    if (further.has(one)) return false
    further.add(one)
    return true
  }
}

/** Where in list[from … to), ascending by time, the first stamp is that is not before `us`. */
function firstFrom(times: Float64Array, us: number, list: Uint32Array, from: number, to: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[list[middle]!]! < us) low = middle + 1
    else high = middle
  }
  return low
}

/** How many effects the pairs have; those of one effect stand together. */
function effectsIn(anchors: Anchors): number {
  let count = 0
  for (let k = 0; k < anchors.effect.length; k++) {
    if (k === 0 || anchors.effect[k] !== anchors.effect[k - 1]) count++
  }
  return count
}

/** Pairs of an event with every call of its one box, for clocks that nothing else ties; needs much data. */
export function timeAnchors(
  events: EventColumns,
  calls: CallColumns,
  keys: Keys,
  eventClock: number,
  callClock: (clock: number) => boolean,
  /** The clock is taken to be ahead by about this much, µs. */
  aroundUs = 0,
): Anchors {
  const list = collector()
  const isUsable = (j: number) =>
    callClock(calls.clock[j]!) &&
    (calls.flags[j]! & callFlags.offline) === 0 &&
    Number.isFinite(calls.startUs[j]!)
  const start = new Uint32Array(keys.boxes.length + 1)
  for (let j = 0; j < calls.n; j++) if (isUsable(j)) start[keys.callBox[j]! + 1]!++
  for (let b = 0; b < keys.boxes.length; b++) start[b + 1]! += start[b]!
  const at = start.slice()
  const own = new Uint32Array(start[keys.boxes.length]!)
  for (let j = 0; j < calls.n; j++) if (isUsable(j)) own[at[keys.callBox[j]!]!++] = j
  const isNew = newWitness(events)
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== eventClock || !list.wants(i)) continue
    const g = keys.eventGroup[i]!
    const boxes = g < 0 ? undefined : keys.groups[g]!.boxes
    if (boxes?.length !== 1 || !isNew(i, 0)) continue
    const t = events.fromUs[i]! - aroundUs
    const end = start[boxes[0]! + 1]!
    let x = firstFrom(calls.startUs, t - timeReachUs, own, start[boxes[0]!]!, end)
    for (; x < end && calls.startUs[own[x]!]! <= t + timeReachUs; x++) {
      list.add(events, i, calls.startUs[own[x]!]!, slackOf(calls, own[x]!), 1, own[x]!, 0)
    }
  }
  return list.take()
}

/** Pairs of records of one connection on two clocks of the network's side: the same five-tuple on both. */
export function tupleAnchors(events: EventColumns, clockA: number, clockB: number): Anchors {
  const list = collector()
  let records = 0
  for (let i = 0; i < events.n; i++) if (events.clock[i] === clockA) records++
  const share = Math.min(1, tuplesMax / records)
  const first = new Map<string, number>()
  const twice = new Set<string>()
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== clockA) continue
    for (const key of tuples(events, i, share)) {
      const known = first.get(key)
      if (known === undefined) first.set(key, i)
      // Records of one connection on one clock are fine: the earliest stands for them.
      else if (events.connection[known] === 0 || events.connection[known] !== events.connection[i]) {
        twice.add(key)
      }
    }
  }
  const used = new Set<number>()
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== clockB || !list.wants(i)) continue
    for (const key of tuples(events, i, share)) {
      const other = first.get(key)
      if (other === undefined || twice.has(key) || used.has(other)) continue
      used.add(other)
      list.add(events, i, events.fromUs[other]!, 0, 1, other, events.spanUs[other]!)
    }
  }
  return list.take()
}

/** Pairs of a DNS answer and the connection that followed it, on two clocks. */
export function lookupAnchors(
  events: EventColumns,
  keys: Keys,
  dnsClock: number,
  flowClock: number,
  dnsClass: number,
): Anchors {
  const list = collector()
  const asked = new Map<number, number[]>()
  const keyOf = (i: number, ip: number) => ip * (keys.groups.length + 1) + keys.eventGroup[i]! + 1
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== dnsClock || events.class[i] !== dnsClass) continue
    for (let a = events.answersStart[i]!; a < events.answersStart[i + 1]!; a++) {
      const key = keyOf(i, events.answers[a]!)
      const known = asked.get(key)
      if (known) known.push(i)
      else asked.set(key, [i])
    }
  }
  if (asked.size === 0) return list.take()
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== flowClock || events.class[i] === dnsClass || keys.eventGroup[i]! < 0) continue
    if (!list.wants(i)) continue
    const lookups = asked.get(keyOf(i, events.dstIp[i]!))
    if (!lookups || lookups.length > namersMax) continue
    for (const q of lookups) {
      list.add(events, i, events.fromUs[q]!, events.spanUs[q]!, 1 / lookups.length, q, 0)
    }
  }
  return list.take()
}

/** Texts under which a connection is found again; of some of the ports only where `share` is below 1. */
function tuples(events: EventColumns, i: number, share: number): string[] {
  if (events.srcPort[i] === 0 || events.dstPort[i] === 0) return []
  const out: string[] = []
  const add = (ip: number, port: number) => {
    if (share < 1 && mixed(port * 65_536 + events.dstPort[i]!) >= share * 2 ** 32) return
    out.push(`${ip}|${port}|${events.dstIp[i]}|${events.dstPort[i]}`)
  }
  add(events.srcIp[i]!, events.srcPort[i]!)
  if (events.natPort[i] !== 0) add(events.natIp[i]!, events.natPort[i]!)
  return out
}

/**
 * What widens a pair. The small uncertainties of message stamps do not: agreement allows for more than that, and
 * blurring every pair by the same amount would let the offset slide to the edge of the blur.
 */
function slackOf(calls: CallColumns, j: number): number {
  const u = calls.uncertaintyUs[j]!
  return u > stampSlackUs && Number.isFinite(u) ? u : 0
}

/**
 * How long the window is that a call shares with others of its episode, µs; 0 where it has its own. Where a trace
 * knows only when the episode was, a call may have begun at any time in it. `calls` in canonical order.
 */
export function sharedWindows(calls: CallColumns): Float64Array {
  const out = new Float64Array(calls.n)
  const lengthOf = (j: number) => calls.endUs[j]! - calls.startUs[j]!
  for (let from = 0; from < calls.n; ) {
    let to = from + 1
    while (to < calls.n && calls.startUs[to] === calls.startUs[from]) to++
    if (to - from >= sharersMin) {
      const count = new Map<string, number>()
      const keyOf = (j: number) => `${calls.endUs[j]}|${calls.episode[j]}`
      const isLong = (j: number) => lengthOf(j) > sharedMinUs && (calls.flags[j]! & callFlags.echo) === 0
      for (let j = from; j < to; j++) if (isLong(j)) count.set(keyOf(j), (count.get(keyOf(j)) ?? 0) + 1)
      for (let j = from; j < to; j++)
        if (isLong(j) && count.get(keyOf(j))! >= sharersMin) out[j] = lengthOf(j)
    }
    from = to
  }
  return out
}
