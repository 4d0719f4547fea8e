// Which pairs speak for a clock, and whether logs and traces meet at all.

import { type CallColumns, type EventColumns, eventFlags } from './api.ts'
import { nearUs, zoneMaxUs, zoneStepUs } from './clock-proof.ts'
import type { Anchors } from './correlogram.ts'

/** An event known no better than this is known within bounds only. */
const boundedUs = 5_000_000

function isSharp(events: EventColumns, e: number): boolean {
  return events.spanUs[e]! <= boundedUs && (events.flags[e]! & eventFlags.ingestTime) === 0
}

/** 1 for clocks most of whose events are known only to a wide window. */
export function windowed(events: EventColumns, clocks: number): Uint8Array {
  const balance = new Float64Array(clocks)
  for (let e = 0; e < events.n; e++) {
    const clock = events.clock[e]!
    if (clock < clocks) balance[clock]! += isSharp(events, e) ? -1 : 1
  }
  return Uint8Array.from(balance, (b) => (b > 0 ? 1 : 0))
}

/** The pairs whose event is known to seconds. */
export function sharpOf(anchors: Anchors, events: EventColumns): Anchors {
  return only(anchors, (k) => isSharp(events, anchors.effect[k]!))
}

export interface Meeting {
  /** Logs and traces share no time when both are taken at their word. */
  readonly apart: boolean
  /** The zone error under which they would share most, whole hours first; 0 when they meet as they are. */
  readonly zoneUs: number
}

/** Where the time that logs tell of lies to the time that traces tell of. */
export function meeting(
  events: EventColumns,
  calls: CallColumns,
  clocks: ReadonlySet<number>,
  isAgent: (clock: number) => boolean,
): Meeting {
  const seen: Stretch = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY }
  const ran: Stretch = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY }
  for (let i = 0; i < events.n; i++) {
    if (clocks.has(events.clock[i]!)) widen(seen, events.fromUs[i]!, events.fromUs[i]! + events.spanUs[i]!)
  }
  for (let j = 0; j < calls.n; j++) {
    if (isAgent(calls.clock[j]!)) widen(ran, calls.startUs[j]!, calls.endUs[j]!)
  }
  if (!(seen.to >= seen.from) || !(ran.to >= ran.from)) return { apart: false, zoneUs: 0 }
  if (seen.from <= ran.to + nearUs && ran.from <= seen.to + nearUs) return { apart: false, zoneUs: 0 }
  for (const stepUs of [3600e6, zoneStepUs]) {
    let [best, zoneUs] = [0, 0]
    for (let step = -Math.floor(zoneMaxUs / stepUs); step * stepUs <= zoneMaxUs; step++) {
      const by = step * stepUs
      const shared = Math.min(seen.to - by, ran.to) - Math.max(seen.from - by, ran.from)
      if (shared > best || (shared === best && Math.abs(by) < Math.abs(zoneUs))) [best, zoneUs] = [shared, by]
    }
    if (best > 0) return { apart: true, zoneUs }
  }
  return { apart: true, zoneUs: 0 }
}

interface Stretch {
  from: number
  to: number
}

function widen(stretch: Stretch, from: number, to: number): void {
  if (!Number.isFinite(from)) return
  stretch.from = Math.min(stretch.from, from)
  stretch.to = Math.max(stretch.to, Number.isFinite(to) ? to : from)
}

/** Pairs, by time alone, of events of which no call names the place; an event's pairs share its one vote. */
export function unnamed(timed: Anchors, named: Anchors): Anchors {
  const known = new Set(named.effect)
  const rest = only(timed, (k) => !known.has(timed.effect[k]!))
  const pairs = new Map<number, number>()
  for (const e of rest.effect) pairs.set(e, (pairs.get(e) ?? 0) + 1)
  return { ...rest, weight: rest.weight.map((_, k) => 1 / pairs.get(rest.effect[k]!)!) }
}

function only(anchors: Anchors, keeps: (k: number) => boolean): Anchors {
  const keep = [...anchors.low.keys()].filter(keeps)
  return {
    low: Float64Array.from(keep, (k) => anchors.low[k]!),
    high: Float64Array.from(keep, (k) => anchors.high[k]!),
    weight: Float64Array.from(keep, (k) => anchors.weight[k]!),
    time: Float64Array.from(keep, (k) => anchors.time[k]!),
    effect: Uint32Array.from(keep, (k) => anchors.effect[k]!),
    cause: Uint32Array.from(keep, (k) => anchors.cause[k]!),
  }
}
