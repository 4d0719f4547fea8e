// Groups findings into incidents and writes them in the contract's words: uids for indexes, ISO times for µs.

import type { AttributionResult } from '../attribution/api.ts'
import { toIso } from '../base/time.ts'
import { groupIncidents } from '../detections/incidents.ts'
import type { ExportFinding } from '../exporters/api.ts'
import { severities } from '../schema/event.ts'
import type { Finding, FindingKind } from '../schema/finding.ts'
import type { IncidentSummary } from '../schema/summary.ts'
import type { Case } from './case.ts'

/** `exported[f]` is finding f with its uids. `order` holds the events that are judged, in the order of time. */
export function incidentsOf(
  theCase: Case,
  result: AttributionResult,
  findings: readonly Finding[],
  exported: readonly ExportFinding[],
  order: Uint32Array,
): IncidentSummary[] {
  const { events, calls } = theCase.merged
  const optional = (key: string, id: number) => (id === 0 ? {} : { [key]: theCase.text(id) })
  const runOfBox = new Map<string, string>()
  for (let j = 0; j < calls.n; j++) {
    if (calls.run[j] !== 0 && theCase.callBox[j] !== 0) {
      runOfBox.set(theCase.text(theCase.callBox[j]!), theCase.text(calls.run[j]!))
    }
  }
  const [firstUs, lastUs] = range(theCase, result, order)
  const incidents = groupIncidents(findings, {
    call: (j) => ({
      ...optional('run', calls.run[j]!),
      ...optional('episode', calls.episode[j]!),
      ...optional('policyVersion', calls.policyVersion[j]!),
      ...optional('box', theCase.callBox[j]!),
      ...(calls.step[j]! < 0 ? {} : { step: calls.step[j]! }),
    }),
    runOfBox: (box) => runOfBox.get(box),
    isOpen: (i) => Number.isNaN(events.endUs[i]!) && events.outcome[i] !== 2 && events.outcome[i] !== 3,
    rewards: episodeRewards(theCase),
    firstUs,
    lastUs,
  })
  const ordered = [...incidents].sort(
    (a, b) =>
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      graver(a.kinds) - graver(b.kinds) ||
      a.firstUs - b.firstUs,
  )
  return ordered.map(
    ({ firstUs: first, lastUs: last, rewarded, toolCalls, findings: members, ...incident }) => ({
      ...incident,
      firstSeen: toIso(first),
      lastSeen: toIso(last),
      toolCalls: toolCalls.map((j) => theCase.callUid(j)),
      findings: members.map((f) => exported[f]!.uid),
      rewarded: rewarded === null ? null : rewarded.text,
    }),
  )
}

/** Among equally severe ones: a way in stays open, a probe is over. */
const kindOrder: readonly FindingKind[] = [
  'tunnel',
  'mining',
  'provisioning',
  'exfiltration',
  'probing',
  'alert',
  'other',
]

function graver(kinds: readonly FindingKind[]): number {
  return Math.min(kindOrder.length, ...kinds.map((kind) => kindOrder.indexOf(kind)))
}

function range(theCase: Case, result: AttributionResult, order: Uint32Array): [number, number] {
  let first = order.length > 0 ? result.eventUs[order[0]!]! : Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  const { endUs, fromUs } = theCase.merged.events
  for (const i of order) {
    const length = Number.isNaN(endUs[i]!) ? 0 : Math.max(0, endUs[i]! - fromUs[i]!)
    last = Math.max(last, result.eventUs[i]! + length)
  }
  for (let j = 0; j < theCase.merged.calls.n; j++) {
    first = Math.min(first, result.callStartUs[j]!)
    last = Math.max(last, result.callStartUs[j]!)
  }
  return [first, last]
}

function episodeRewards(theCase: Case): { run?: string; episode: string; reward: number }[] {
  const { calls } = theCase.merged
  const seen = new Map<number, { run?: string; episode: string; reward: number }>()
  for (let j = 0; j < calls.n; j++) {
    const reward = calls.reward[j]!
    if (Number.isNaN(reward) || calls.episode[j] === 0) continue
    seen.set(calls.episode[j]!, {
      ...(calls.run[j] === 0 ? {} : { run: theCase.text(calls.run[j]!) }),
      episode: theCase.text(calls.episode[j]!),
      reward,
    })
  }
  return [...seen.values()]
}
