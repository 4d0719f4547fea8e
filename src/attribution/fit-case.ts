// The method up to the answers: clocks, keys, names, connections, candidates, fit, posterior, calibration.

import { type PlainRows, plainInGivenOrder } from './answers.ts'
import { type AttributionCase, type AttributionResult, attributionDefaults, type PairLimits } from './api.ts'
import { calibrate } from './calibrate.ts'
import { beliefsOf } from './calibration-table.ts'
import { type CarriedFit, carryFit, clocksAsBefore } from './carry.ts'
import { alignClocks } from './clocks.ts'
import { fitModel } from './fit.ts'
import { resolveKeys } from './keys.ts'
import { followLookups } from './lookups.ts'
import { destinationNames } from './names.ts'
import { canonicalCalls, canonicalEvents } from './order.ts'
import { type Placement, placeByModel, placeTraces } from './placement.ts'
import { posteriors } from './posterior.ts'
import { buildScene, movedScene } from './scene.ts'
import { connections, type Units } from './sessions.ts'
import { settleAnswers } from './settled.ts'
import { indexTargets } from './targets.ts'
import { type CallWindows, callWindows } from './windows.ts'

/** How often traces that name no box are placed anew by what the model then says of them. */
const placingRoundsMax = 3

/** Fits clocks (unless they were fitted `before`), rates and calibration to a case, and settles what is said of each of its connections. */
export function fitCase(
  input: AttributionCase,
  limits: PairLimits = attributionDefaults,
  before?: CarriedFit,
) {
  const { events, order: eventOrder } = canonicalEvents(input.events)
  const { calls, order: callOrder } = canonicalCalls(input.calls)
  const given = { ...input, events, calls }
  const notes: string[] = []
  const targets = indexTargets(input.texts, calls)
  const align = () => {
    const looseKeys = resolveKeys(input.texts, events, calls, input.topology, undefined)
    const looseNames = destinationNames(events, events.fromUs, looseKeys.eventGroup)
    return alignClocks(input.clocks, events, calls, looseKeys, looseNames, targets)
  }
  const clocks = before ? clocksAsBefore(before, input.clocks) : align()
  notes.push(...clocks.notes)
  const times = events.fromUs.map((us, k) => us - clocks.offset(events.clock[k]!, us))
  const plainKeys = resolveKeys(input.texts, events, calls, input.topology, times)
  const windows = callWindows(calls, plainKeys.callBox, clocks.offset, plainKeys.boxTo)
  const dstName = destinationNames(events, times, plainKeys.eventGroup)
  const fitted = (placement: Placement) => {
    const { keys } = placement
    const units = connections(events, times, keys, dstName)
    const doubt = Float64Array.from(units.clock, (c) => Math.max(20_000, 1.5 * (clocks.sdUs[c] ?? 0)))
    const { pairsHeldMax } = limits
    const parts = { input: given, units, keys, targets, windows, doubt, pairsHeldMax }
    const scene = buildScene(parts)
    const model = fitModel(scene, limits.pairsFittedMax)
    return { placement, keys, units, parts, scene, model, ...posteriors(scene, model) }
  }
  let fit = fitted(placeTraces(events, times, plainKeys, dstName, targets, windows))
  for (let round = 0; round < placingRoundsMax; round++) {
    const better = placeByModel(events, plainKeys, fit.keys, fit.units, fit.posterior)
    if (!better) break
    fit = fitted(better)
  }
  const { placement, keys, units, parts, scene, model, posterior: post, scores } = fit
  followLookups(units, post)
  notes.push(...placement.notes)
  const allAligned = clocksInUse(units, clocks.aligned)
  const calibration = calibrate(scene, model, post, longest(windows), allAligned, (shift) =>
    movedScene(scene, shift),
  )
  const { claimAt } = calibration
  const beliefs = beliefsOf(scene, post)
  const { settled, split } = settleAnswers({
    input: given,
    clocks,
    keys,
    units,
    windows,
    scene,
    post,
    claimAt,
  })

  return {
    given,
    eventOrder,
    callOrder,
    clocks,
    times,
    targets,
    windows,
    dstName,
    keys,
    units,
    parts,
    scene,
    model,
    scores,
    post,
    allAligned,
    calibration,
    beliefs,
    settled,
    split,
    notes,
  }
}

/**
 * The answers alone, without tests of the whole hypothesis and without explanations, and the fit in a form that `applyFit`
 * can use for rows that come later. With a fit from `before` clocks are taken to run as they did, which spares most of it.
 */
export function fitRows(
  input: AttributionCase,
  before?: CarriedFit,
): {
  readonly rows: PlainRows
  readonly clocks: AttributionResult['clocks']
  readonly calibrated: boolean
  readonly carried: CarriedFit
} {
  const fit = fitCase(input, attributionDefaults, before)
  const { given, clocks, keys, units, scene, model, calibration } = fit
  return {
    rows: plainInGivenOrder({ ...fit, input: given }),
    clocks: clocks.estimates,
    calibrated: calibration.calibrated,
    carried: carryFit({ input: given, clocks, keys, units, scene, model, claimAt: calibration.claimAt }),
  }
}

function longest(windows: CallWindows): number {
  let us = 0
  for (let j = 0; j < windows.start.length; j++) {
    const d = windows.end[j]! - windows.start[j]!
    if (d > us && Number.isFinite(d)) us = d
  }
  return us
}

function clocksInUse(units: Units, aligned: Uint8Array): boolean {
  for (let u = 0; u < units.n; u++) if (units.group[u]! >= 0 && aligned[units.clock[u]!] !== 1) return false
  return true
}
