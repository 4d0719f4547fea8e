// Picks what the report carries: alerts and everything that findings rest on, whole; of the rest a sample.

import type { AttributionResult } from '../attribution/api.ts'
import { eventFlags } from '../attribution/api.ts'
import { toIso } from '../base/time.ts'
import type { EpisodeRow, ReportData } from '../exporters/api.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { Finding } from '../schema/finding.ts'
import type { AttributionLine, FindingLine, Summary, ToolCallLine } from '../schema/summary.ts'
import type { Case } from './case.ts'
import { causeOf } from './case-lines.ts'

export const reportMax = {
  attributions: 2_000,
  toolCalls: 20_000,
  findings: 2_000,
  rejects: 500,
  episodes: 5_000,
  groups: 500,
} as const

export interface ReportSources {
  readonly theCase: Case
  readonly result: AttributionResult
  readonly findings: readonly Finding[]
  readonly findingLines: readonly FindingLine[]
  readonly summary: Summary
  readonly eventOrder: Uint32Array
  readonly rejects: ReportData['rejects']
  readonly rejectCount: number
  readonly groups: ReportData['groups']
  attributionLine(i: number): AttributionLine
  toolCallLine(j: number): ToolCallLine
}

export function reportData(sources: ReportSources): ReportData {
  const { theCase, result, findings, findingLines, summary, eventOrder, rejects, rejectCount } = sources
  const cuts: string[] = []
  const events = pickEvents(sources)
  if (events.length < eventOrder.length) {
    cuts.push(
      `${events.length} of ${eventOrder.length} events stand here: alarms and what findings rest on first. All are in attributions.jsonl.`,
    )
  }
  const calls = new Set<number>()
  for (const finding of findings) for (const j of finding.toolCalls) calls.add(j)
  for (const i of events) {
    for (let k = result.candStart[i]!; k < result.candStart[i + 1]!; k++) calls.add(result.candCall[k]!)
  }
  const n = theCase.merged.calls.n
  const stride = Math.max(1, Math.ceil(n / Math.max(1, reportMax.toolCalls - calls.size)))
  for (let j = 0; j < n && calls.size < reportMax.toolCalls; j += stride) calls.add(j)
  if (calls.size < n) cuts.push(`${calls.size} of ${n} tool calls stand here; all are in toolcalls.jsonl.`)
  if (findingLines.length > reportMax.findings)
    cuts.push(
      `${reportMax.findings} of ${findingLines.length} findings stand here; all are in findings.jsonl.`,
    )
  if (rejectCount > rejects.length)
    cuts.push(`${rejects.length} of ${rejectCount} refused records stand here; all are in rejects.jsonl.`)
  return {
    summary,
    findings: findingLines.slice(0, reportMax.findings),
    attributions: events.map((i) => sources.attributionLine(i)),
    toolCalls: [...calls]
      .sort((a, b) => result.callStartUs[a]! - result.callStartUs[b]! || a - b)
      .map((j) => sources.toolCallLine(j)),
    episodes: episodeRows(theCase, result, findings),
    groups: sources.groups,
    rejects,
    cuts,
    methods,
  }
}

/** Tests of destinations, rules and episodes by name, at most `reportMax.groups`. */
export function groupTests(
  theCase: Case,
  result: AttributionResult,
  redact: (text: string) => string,
): ReportData['groups'] {
  return result.groups
    .slice(0, reportMax.groups)
    .map(({ text, ...group }) => ({ ...group, name: redact(theCase.text(text)) }))
}

function pickEvents({ theCase, result, findings, eventOrder }: ReportSources): number[] {
  const { flags } = theCase.merged.events
  const picked = new Set<number>()
  const room = () => picked.size < reportMax.attributions
  // A flood of one finding's events must not push the others out: a few of each first.
  for (const share of [20, Number.POSITIVE_INFINITY]) {
    for (const finding of findings) for (const i of finding.events.slice(0, share)) if (room()) picked.add(i)
    if (share === 20) {
      for (const i of eventOrder)
        if (flags[i]! & eventFlags.alert && room() && picked.size < reportMax.attributions / 2) picked.add(i)
    }
  }
  for (const i of eventOrder) if (flags[i]! & eventFlags.alert && room()) picked.add(i)
  const stride = Math.max(1, Math.ceil(eventOrder.length / Math.max(1, reportMax.attributions - picked.size)))
  for (let k = 0; k < eventOrder.length && room(); k += stride) picked.add(eventOrder[k]!)
  return [...picked].sort((a, b) => result.eventUs[a]! - result.eventUs[b]! || a - b)
}

interface Growing {
  run: number
  step: number
  policyVersion: number
  box: number
  reward: number
  calls: number
  events: number
  findings: number
  worst: number
  firstUs: number
  lastUs: number
}

function episodeRows(theCase: Case, result: AttributionResult, findings: readonly Finding[]): EpisodeRow[] {
  const { calls, events } = theCase.merged
  const rows = new Map<number, Growing>()
  for (let j = 0; j < calls.n; j++) {
    const episode = calls.episode[j]!
    if (episode === 0) continue
    let row = rows.get(episode)
    if (!row) {
      row = {
        run: calls.run[j]!,
        step: calls.step[j]!,
        policyVersion: calls.policyVersion[j]!,
        box: theCase.callBox[j]!,
        reward: Number.NaN,
        calls: 0,
        events: 0,
        findings: 0,
        worst: -1,
        firstUs: Number.POSITIVE_INFINITY,
        lastUs: Number.NEGATIVE_INFINITY,
      }
      rows.set(episode, row)
    }
    // Told by two inputs, it was still one call.
    const leader = theCase.echoOf[j]!
    if (leader < 0 || calls.episode[leader] !== episode) row.calls++
    if (!Number.isNaN(calls.reward[j]!)) row.reward = calls.reward[j]!
    row.firstUs = Math.min(row.firstUs, result.callStartUs[j]!)
    row.lastUs = Math.max(row.lastUs, result.callEndUs[j]!)
  }
  for (let i = 0; i < events.n; i++) {
    const cause = causeOf(result, i)
    const row = cause < 0 ? undefined : rows.get(calls.episode[cause]!)
    if (row) row.events++
  }
  for (const finding of findings) {
    for (const episode of new Set(finding.toolCalls.map((j) => calls.episode[j]!))) {
      const row = rows.get(episode)
      if (!row) continue
      row.findings++
      row.worst = Math.max(row.worst, severities.indexOf(finding.severity))
    }
  }
  const orNull = (id: number) => (id === 0 ? null : theCase.text(id))
  return [...rows]
    .sort(([, a], [, b]) => b.worst - a.worst || b.findings - a.findings || a.firstUs - b.firstUs)
    .slice(0, reportMax.episodes)
    .map(([episode, row]) => ({
      episode: theCase.text(episode),
      run: orNull(row.run),
      step: row.step < 0 ? null : row.step,
      policyVersion: orNull(row.policyVersion),
      box: orNull(row.box),
      reward: Number.isNaN(row.reward) ? null : row.reward,
      calls: row.calls,
      events: row.events,
      findings: row.findings,
      worst: row.worst < 0 ? null : (severities[row.worst] as Severity),
      firstTime: toIso(row.firstUs),
      lastTime: toIso(row.lastUs),
    }))
}

const methods: ReportData['methods'] = [
  {
    what: 'Probability of a call',
    how: 'The rate at which calls of its kind cause traffic at this distance from their start, times how well the destination fits what the call names, over the sum of all candidates and the background rate of the same address. Fitted to this case by expectation–maximisation.',
  },
  {
    what: 'None of the recorded calls',
    how: 'The background rate takes part as a candidate of its own; its share is split by regularity (periodic job), by direction (outside) and by gaps in the traces (unrecorded agent).',
  },
  { what: 'Attributed, likely, not attributable', how: 'p of the leading call ≥ 0.9, ≥ 0.5, below.' },
  {
    what: 'Expected by chance',
    how: 'The coincidences that remain when whole runs of events are shifted in time within their address: the mean over the shifts.',
  },
  {
    what: 'p-value',
    how: 'Share of shifted cases whose likelihood ratio reaches that of the real one; per destination, rule and episode corrected after Benjamini and Hochberg at 5 %.',
  },
  {
    what: 'Clock offset',
    how: "How far a source's clock is ahead of the agents' traces: the peak of time differences between events and calls that name the same destination, weighted by rarity; the drift is a Theil–Sen line through blocks.",
  },
]
