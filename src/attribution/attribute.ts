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
import { calibrationTable } from './calibration-table.ts'
import { fitCase } from './fit-case.ts'
import { keysAsGiven } from './given-keys.ts'
import { testHypotheses } from './hypotheses.ts'
import type { Keys } from './keys.ts'
import { plainNotes } from './notes.ts'
import type { Units } from './sessions.ts'

/** Says for every event which calls may have caused it, how probably, and why. Never throws on data. */
export function attribute(
  input: AttributionCase,
  limits: PairLimits = attributionDefaults,
): AttributionResult {
  const fit = fitCase(input, limits)
  const { given, eventOrder, callOrder, keys, units, targets, windows, scene, model, post, split, notes } =
    fit
  const { events, calls } = given
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
    aligned: fit.allAligned,
    usable: (j) => (calls.flags[j]! & (callFlags.offline | callFlags.echo)) === 0,
  })
  notes.push(
    ...plainNotes(given, keys, units, windows, scene, fit.calibration, model.fromControls),
    ...tests.notes,
  )

  return {
    clocks: fit.clocks.estimates,
    ...inGivenOrder({
      input: given,
      eventOrder,
      callOrder,
      times: fit.times,
      dstName: fit.dstName,
      units,
      keys,
      targets,
      windows,
      doubt: fit.parts.doubt,
      scene,
      model,
      scores: fit.scores,
      post,
      split,
      settled: fit.settled,
    }),
    hypotheses: tests.hypotheses,
    missing: tests.missing,
    groups: tests.groups,
    coincidences: tests.coincidences,
    calibrated: fit.calibration.calibrated,
    calibration: calibrationTable(scene, fit.beliefs, post, fit.calibration),
    keys: keysAsGiven(keys, eventOrder, callOrder),
    notes,
  }
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
