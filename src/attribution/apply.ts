// Answers for rows that came after the fit, from a few rows around them: no clock is aligned, no rate is fitted,
// nothing is tested and nothing is explained. What a full fit says later stands.

import { type PlainRows, plainInGivenOrder } from './answers.ts'
import { type AttributionCase, attributionDefaults } from './api.ts'
import { type CarriedFit, clocksAsBefore, modelFor } from './carry.ts'
import { resolveKeys } from './keys.ts'
import { followLookups } from './lookups.ts'
import { destinationNames } from './names.ts'
import { canonicalCalls, canonicalEvents } from './order.ts'
import { placeTraces } from './placement.ts'
import { posteriors } from './posterior.ts'
import { buildScene } from './scene.ts'
import { connections } from './sessions.ts'
import { settleAnswers } from './settled.ts'
import { indexTargets } from './targets.ts'
import { callWindows } from './windows.ts'

/**
 * Says of every event which calls may have caused it, by a model that was fitted before (`fitCase(…).carry()`).
 * `input` has to hold, beside the events that are asked about, the calls that may have caused them and what other
 * records tell of the same connections, lookups and sessions.
 */
export function applyFit(
  fit: CarriedFit,
  input: AttributionCase,
  pairsHeldMax: number = attributionDefaults.pairsHeldMax,
): PlainRows {
  const { events, order: eventOrder } = canonicalEvents(input.events)
  const { calls, order: callOrder } = canonicalCalls(input.calls)
  const given = { ...input, events, calls }
  const targets = indexTargets(input.texts, calls)
  const clocks = clocksAsBefore(fit, input.clocks)
  const times = events.fromUs.map((us, k) => us - clocks.offset(events.clock[k]!, us))
  const plainKeys = resolveKeys(input.texts, events, calls, input.topology, times)
  const windows = callWindows(calls, plainKeys.callBox, clocks.offset, plainKeys.boxTo)
  const dstName = destinationNames(events, times, plainKeys.eventGroup)
  const { keys } = placeTraces(events, times, plainKeys, dstName, targets, windows)
  const units = connections(events, times, keys, dstName)
  const doubt = Float64Array.from(units.clock, (c) => Math.max(20_000, 1.5 * (clocks.sdUs[c] ?? 0)))
  const scene = buildScene({ input: given, units, keys, targets, windows, doubt, pairsHeldMax })
  const { posterior: post } = posteriors(scene, modelFor(fit, input.texts, keys, units, scene))
  followLookups(units, post)
  const { split } = settleAnswers({
    input: given,
    clocks,
    keys,
    units,
    windows,
    scene,
    post,
    claimAt: fit.claimAt,
  })
  return plainInGivenOrder({
    input: given,
    eventOrder,
    callOrder,
    times,
    dstName,
    units,
    keys,
    windows,
    post,
    split,
  })
}
