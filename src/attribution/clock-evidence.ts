// Which pairs speak for a clock, and whether logs and traces meet at all.

import { type CallColumns, type EventColumns, eventFlags } from './api.ts'
import { nearUs } from './clock-proof.ts'
import type { Anchors } from './correlogram.ts'

/** An event known no better than this is known within bounds only. */
const boundedUs = 5_000_000
const sharpMin = 10

/** The pairs whose event is known to seconds; undefined where nearly all are known to a wide window only. */
export function sharpOf(anchors: Anchors, events: EventColumns): Anchors | undefined {
  const isSharp = (e: number) =>
    events.spanUs[e]! <= boundedUs && (events.flags[e]! & eventFlags.ingestTime) === 0
  const [sharp, wide] = [new Set<number>(), new Set<number>()]
  for (const e of anchors.effect) (isSharp(e) ? sharp : wide).add(e)
  if (wide.size === 0) return anchors
  return sharp.size >= sharpMin || sharp.size >= wide.size
    ? only(anchors, (k) => isSharp(anchors.effect[k]!))
    : undefined
}

/** Whether logs and traces share no time when both are taken at their word. */
export function apart(
  events: EventColumns,
  calls: CallColumns,
  tie: { members: readonly { clock: number }[] },
  isAgent: (clock: number) => boolean,
): boolean {
  const seen = new Set(tie.members.map((m) => m.clock))
  let [eventFrom, eventTo, callFrom, callTo] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < events.n; i++) {
    if (!seen.has(events.clock[i]!) || !Number.isFinite(events.fromUs[i]!)) continue
    eventFrom = Math.min(eventFrom, events.fromUs[i]!)
    eventTo = Math.max(eventTo, events.fromUs[i]! + events.spanUs[i]!)
  }
  for (let j = 0; j < calls.n; j++) {
    if (!isAgent(calls.clock[j]!) || !Number.isFinite(calls.startUs[j]!)) continue
    callFrom = Math.min(callFrom, calls.startUs[j]!)
    callTo = Math.max(callTo, Number.isFinite(calls.endUs[j]!) ? calls.endUs[j]! : calls.startUs[j]!)
  }
  return eventFrom > callTo + nearUs || callFrom > eventTo + nearUs
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
