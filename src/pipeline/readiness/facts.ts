// Everything the checks are told, from a case that was read and attributed.

import { type AttributionResult, attributionDefaults } from '../../attribution/api.ts'
import { resolveKeys } from '../../attribution/keys.ts'
import type { InputSummary } from '../../schema/summary.ts'
import type { Case } from '../case.ts'
import type { ClockFact, Facts, RejectReason } from './api.ts'
import { logFacts } from './log-facts.ts'
import type { Setting } from './setting.ts'
import { simulate } from './simulate.ts'
import { timeFacts } from './time-facts.ts'
import { topologyFacts } from './topology-facts.ts'
import { traceFacts } from './trace-facts.ts'
import { type World, worldOf } from './world.ts'

export interface FactParts {
  readonly theCase: Case
  readonly result: AttributionResult
  readonly inputs: readonly InputSummary[]
  readonly rejects: readonly RejectReason[]
  readonly settings: readonly Setting[]
}

/** Facts, and what simulated alarms are like. Pure: the same case gives the same. */
export function factsOf({ theCase, result, inputs, rejects, settings }: FactParts): Facts {
  const { attribution, topology } = theCase
  const keys =
    result.keys ??
    resolveKeys(attribution.texts, attribution.events, attribution.calls, topology, result.eventUs)
  const world = worldOf(theCase, result, keys)
  return {
    ...{ inputs, rejects, settings },
    logs: logFacts(theCase, keys),
    traces: traceFacts(theCase),
    topology: topologyFacts(theCase),
    clocks: clockFacts(theCase, result),
    times: timeFacts(result),
    echoes: theCase.echoOf.reduce((sum, of) => sum + (of >= 0 ? 1 : 0), 0),
    odds: simulate(world),
    observed: observedOf(result, world),
  }
}

function clockFacts({ domains, merged }: Case, result: AttributionResult): ClockFact[] {
  const events = new Float64Array(domains.clocks.length)
  for (let i = 0; i < merged.events.n; i++) events[domains.eventClock[i]!]!++
  const known = new Map(result.clocks.map((clock) => [clock.domain, clock]))
  return domains.clocks.flatMap(({ name, zone, side }, c) => {
    const estimate = known.get(name)
    if (!estimate) return []
    const { offsetMs, sdMs, aligned, note } = estimate
    return [{ domain: name, zone, side, offsetMs, sdMs, aligned, note, events: events[c]! }]
  })
}

/** Of the records that new alarms are drawn like, how many this very case names a call for. */
function observedOf(result: AttributionResult, { patterns, patternsAre, calls }: World): Facts['observed'] {
  if (patterns.length === 0 || calls.length === 0) return null
  let attributed = 0
  for (const { event: i } of patterns) {
    const first = result.candStart[i]!
    const named = first < result.candStart[i + 1]! && result.candP[first]! >= attributionDefaults.attributed
    if (named) attributed++
  }
  return { of: patternsAre, events: patterns.length, attributed }
}
