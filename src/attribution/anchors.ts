// Pairs of stamps that may belong together: what a call names and what was then contacted; one flow seen twice.

import { type CallColumns, callFlags, type EventColumns, eventFlags } from './api.ts'
import type { Anchors } from './correlogram.ts'
import type { Keys } from './keys.ts'
import { matchLevels, type TargetIndex } from './targets.ts'

const outputLevel = matchLevels.indexOf('output')
/** A pair further apart than every zone error and this much more is none. */
const farUs = (14 * 3600 + 600) * 1e6
const nearUs = 900e6
/** Above so many calls that name one place only those near in time are paired. */
const namersMax = 256
/** Places named by few calls are tried first; commoner ones only where those give too few witnesses. */
const rarities = [4, 32, 4 * namersMax] as const
const witnessesEnough = 200
const pairsMax = 2_000_000
const ingestDelayUs = 300_000_000
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
  let found: Anchors | undefined
  for (const rarity of rarities) {
    found = anchorsUpTo(rarity, events, calls, keys, names, targets, eventClock, callClock, uptime)
    if (new Set(found.effect).size >= witnessesEnough) break
  }
  return found!
}

function anchorsUpTo(
  rarity: number,
  events: EventColumns,
  calls: CallColumns,
  keys: Keys,
  names: Uint32Array,
  targets: TargetIndex,
  eventClock: number,
  callClock: (clock: number) => boolean,
  uptime: boolean,
): Anchors {
  const list = collector()
  const inGroup = groupMembership(keys)
  const shared = sharedWindows(calls)
  const seen = new Set<string>()
  for (let i = 0; i < events.n && list.size() < pairsMax; i++) {
    if (events.clock[i] !== eventClock || !Number.isFinite(events.fromUs[i]!)) continue
    const g = keys.eventGroup[i]!
    if (g < 0) continue
    // Records of one connection, or of one lookup, are one witness.
    if (events.connection[i] !== 0) {
      const one = `${events.connection[i]}|${names[i]}`
      if (seen.has(one)) continue
      seen.add(one)
    }
    const d = targets.destination(events.dstIp[i]!, names[i]!, 0)
    const namers = new Set<number>()
    for (const text of d.strong) {
      const named = targets.naming(text)!
      const crowded = named.calls.length > namersMax
      for (let x = 0; x < named.calls.length; x++) {
        const j = named.calls[x]!
        if (named.level[x]! <= outputLevel || inGroup[g]![keys.callBox[j]!] !== 1) continue
        if (!callClock(calls.clock[j]!) || !Number.isFinite(calls.startUs[j]!)) continue
        const apart = Math.abs(events.fromUs[i]! - calls.startUs[j]!)
        if (!uptime && apart > (crowded ? nearUs : farUs)) continue
        namers.add(j)
        if (namers.size > rarity) break
      }
    }
    if (namers.size > rarity) continue
    for (const j of namers) {
      list.add(events, i, calls.startUs[j]!, slackOf(calls, j), 1 / namers.size, j, shared[j]!)
    }
  }
  return list.take()
}

/** Pairs of an event with every call of its one box, for clocks that nothing else ties; needs much data. */
export function timeAnchors(
  events: EventColumns,
  calls: CallColumns,
  keys: Keys,
  eventClock: number,
  callClock: (clock: number) => boolean,
): Anchors {
  const list = collector()
  const perBox = new Map<number, number[]>()
  for (let j = 0; j < calls.n; j++) {
    if (!callClock(calls.clock[j]!) || (calls.flags[j]! & callFlags.offline) !== 0) continue
    if (!Number.isFinite(calls.startUs[j]!)) continue
    const own = perBox.get(keys.callBox[j]!)
    if (own) own.push(j)
    else perBox.set(keys.callBox[j]!, [j])
  }
  const seen = new Set<number>()
  for (let i = 0; i < events.n && list.size() < pairsMax; i++) {
    if (events.clock[i] !== eventClock) continue
    const g = keys.eventGroup[i]!
    const boxes = g < 0 ? undefined : keys.groups[g]!.boxes
    if (boxes?.length !== 1) continue
    if (events.connection[i] !== 0) {
      if (seen.has(events.connection[i]!)) continue
      seen.add(events.connection[i]!)
    }
    const own = perBox.get(boxes[0]!) ?? []
    const t = events.fromUs[i]!
    let from = 0
    let to = own.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (calls.startUs[own[middle]!]! < t - nearUs) from = middle + 1
      else to = middle
    }
    for (let x = from; x < own.length && calls.startUs[own[x]!]! <= t + nearUs; x++) {
      list.add(events, i, calls.startUs[own[x]!]!, slackOf(calls, own[x]!), 1, own[x]!)
    }
  }
  return list.take()
}

/** Pairs of records of one connection on two clocks of the network's side: the same five-tuple on both. */
export function tupleAnchors(events: EventColumns, clockA: number, clockB: number): Anchors {
  const list = collector()
  const first = new Map<string, number>()
  const twice = new Set<string>()
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== clockA) continue
    for (const key of tuples(events, i)) {
      const known = first.get(key)
      if (known === undefined) first.set(key, i)
      // Records of one connection on one clock are fine: the earliest stands for them.
      else if (events.connection[known] === 0 || events.connection[known] !== events.connection[i]) {
        twice.add(key)
      }
    }
  }
  const used = new Set<number>()
  for (let i = 0; i < events.n && list.size() < pairsMax; i++) {
    if (events.clock[i] !== clockB) continue
    for (const key of tuples(events, i)) {
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
  const asked = new Map<string, number[]>()
  const keyOf = (i: number, ip: number) => `${keys.eventGroup[i]}|${ip}`
  for (let i = 0; i < events.n; i++) {
    if (events.clock[i] !== dnsClock || events.class[i] !== dnsClass) continue
    for (let a = events.answersStart[i]!; a < events.answersStart[i + 1]!; a++) {
      const key = keyOf(i, events.answers[a]!)
      const known = asked.get(key)
      if (known) known.push(i)
      else asked.set(key, [i])
    }
  }
  for (let i = 0; i < events.n && list.size() < pairsMax; i++) {
    if (events.clock[i] !== flowClock || events.class[i] === dnsClass || keys.eventGroup[i]! < 0) continue
    const lookups = asked.get(keyOf(i, events.dstIp[i]!))
    if (!lookups || lookups.length > namersMax) continue
    for (const q of lookups) {
      list.add(events, i, events.fromUs[q]!, events.spanUs[q]!, 1 / lookups.length, q)
    }
  }
  return list.take()
}

function tuples(events: EventColumns, i: number): string[] {
  if (events.srcPort[i] === 0 || events.dstPort[i] === 0) return []
  const tail = `|${events.dstIp[i]}|${events.dstPort[i]}`
  const out = [`${events.srcIp[i]}|${events.srcPort[i]}${tail}`]
  if (events.natPort[i] !== 0) out.push(`${events.natIp[i]}|${events.natPort[i]}${tail}`)
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
 * knows only when the episode was, a call may have begun at any time in it.
 */
export function sharedWindows(calls: CallColumns): Float64Array {
  const count = new Map<string, number>()
  const keyOf = (j: number) => `${calls.startUs[j]}|${calls.endUs[j]}|${calls.episode[j]}`
  const isLong = (j: number) =>
    calls.endUs[j]! - calls.startUs[j]! > sharedMinUs && (calls.flags[j]! & callFlags.echo) === 0
  for (let j = 0; j < calls.n; j++) if (isLong(j)) count.set(keyOf(j), (count.get(keyOf(j)) ?? 0) + 1)
  const out = new Float64Array(calls.n)
  for (let j = 0; j < calls.n; j++) {
    if (isLong(j) && count.get(keyOf(j))! >= sharersMin) out[j] = calls.endUs[j]! - calls.startUs[j]!
  }
  return out
}

/** Which boxes an event of each group may be from; an unnamed trace may have run anywhere. */
function groupMembership(keys: Keys): Uint8Array[] {
  return keys.groups.map((g) => {
    const inside = new Uint8Array(keys.boxes.length)
    for (const b of g.boxes) inside[b] = 1
    return inside
  })
}

function collector() {
  const low: number[] = []
  const high: number[] = []
  const weight: number[] = []
  const time: number[] = []
  const effect: number[] = []
  const cause: number[] = []
  return {
    size: () => low.length,
    add(events: EventColumns, i: number, causeUs: number, slackUs: number, w: number, j: number, lateUs = 0) {
      const early = (events.flags[i]! & eventFlags.ingestTime) !== 0 ? ingestDelayUs : 0
      low.push(events.fromUs[i]! - early - causeUs - slackUs - lateUs)
      high.push(events.fromUs[i]! + events.spanUs[i]! - causeUs + slackUs)
      weight.push(w)
      time.push(events.fromUs[i]!)
      effect.push(i)
      cause.push(j)
    },
    take: (): Anchors => ({
      low: Float64Array.from(low),
      high: Float64Array.from(high),
      weight: Float64Array.from(weight),
      time: Float64Array.from(time),
      effect: Uint32Array.from(effect),
      cause: Uint32Array.from(cause),
    }),
  }
}
