// The whole method in order: clocks, keys, names, connections, candidates, fit, posterior, tests, words.

import { inGivenOrder } from './answers.ts'
import {
  type AttributionCase,
  type AttributionResult,
  attributionDefaults,
  callFlags,
  type EventColumns,
  eventFlags,
  type PairLimits,
} from './api.ts'
import { calibrate } from './calibrate.ts'
import { beliefsOf, calibrationTable } from './calibration-table.ts'
import { type CarriedFit, carryFit } from './carry.ts'
import { alignClocks } from './clocks.ts'
import { fitModel } from './fit.ts'
import { keysAsGiven } from './given-keys.ts'
import { testHypotheses } from './hypotheses.ts'
import { type Keys, resolveKeys } from './keys.ts'
import { followLookups } from './lookups.ts'
import { destinationNames } from './names.ts'
import { plainNotes } from './notes.ts'
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

/** Says for every event which calls may have caused it, how probably, and why. Never throws on data. */
export function attribute(
  input: AttributionCase,
  limits: PairLimits = attributionDefaults,
): AttributionResult {
  return fitCase(input, limits).result
}

/** What `attribute` says, and on demand the fit itself in a form that `applyFit` can use for rows that come later. */
export function fitCase(
  input: AttributionCase,
  limits: PairLimits = attributionDefaults,
): { readonly result: AttributionResult; carry(): CarriedFit } {
  const { events, order: eventOrder } = canonicalEvents(input.events)
  const { calls, order: callOrder } = canonicalCalls(input.calls)
  const given = { ...input, events, calls }
  const notes: string[] = []
  const targets = indexTargets(input.texts, calls)
  const looseKeys = resolveKeys(input.texts, events, calls, input.topology, undefined)
  const looseNames = destinationNames(events, events.fromUs, looseKeys.eventGroup)
  const clocks = alignClocks(input.clocks, events, calls, looseKeys, looseNames, targets)
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

  const { pairs } = scene.candidates
  if (pairs > limits.pairsFittedMax) {
    const part = Math.round((100 * limits.pairsFittedMax) / pairs)
    notes.push(
      `Calls and connections make ${pairs} pairs: rates were fitted to about ${part} % of them, and then applied to all.`,
    )
  }
  const tests = testHypotheses({
    scene,
    units,
    targets,
    post,
    split,
    ...perUnit(events, units),
    episode: calls.episode,
    ...sandboxesOf(input.topology, keys),
    aligned: allAligned,
    usable: (j) => (calls.flags[j]! & (callFlags.offline | callFlags.echo)) === 0,
  })
  notes.push(
    ...plainNotes(given, keys, units, windows, scene, calibration, model.fromControls),
    ...tests.notes,
  )

  const result = {
    clocks: clocks.estimates,
    ...inGivenOrder({
      input: given,
      eventOrder,
      callOrder,
      times,
      dstName,
      units,
      keys,
      targets,
      windows,
      doubt: parts.doubt,
      scene,
      model,
      scores,
      post,
      split,
      settled,
    }),
    hypotheses: tests.hypotheses,
    missing: tests.missing,
    groups: tests.groups,
    coincidences: tests.coincidences,
    calibrated: calibration.calibrated,
    calibration: calibrationTable(scene, beliefs, post, calibration),
    keys: keysAsGiven(keys, eventOrder, callOrder),
    notes,
  }
  return { result, carry: () => carryFit({ input: given, clocks, keys, units, scene, model, claimAt }) }
}

/** What records say of each connection: whether one is an alarm or a block, and under which rule. */
function perUnit(events: EventColumns, units: Units): { alarm: Uint8Array; rule: Uint32Array } {
  const alarm = new Uint8Array(units.n)
  const rule = new Uint32Array(units.n)
  for (let k = 0; k < events.n; k++) {
    const u = units.ofEvent[k]!
    if ((events.flags[k]! & (eventFlags.alert | eventFlags.blocked)) !== 0) alarm[u] = 1
    if (rule[u] === 0) rule[u] = events.rule[k]!
  }
  return { alarm, rule }
}

/** Which boxes are sandboxes that the topology lists; a machine that is listed beside its sandboxes is none. */
function sandboxesOf(topology: AttributionCase['topology'], keys: Keys) {
  const hosts = new Set(topology.map(({ host }) => host))
  const sandboxes = Uint8Array.from(keys.boxes, (name, b) =>
    b < keys.topologyBoxes && !hosts.has(name) ? 1 : 0,
  )
  return { sandboxes, assumedBox: keys.assumedBox, topologyGiven: topology.length > 0 }
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
