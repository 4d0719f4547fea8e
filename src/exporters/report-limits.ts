// Keeps a report openable: each list has a maximum, and what was left out is said on the page.

import type { ReportData } from './api.ts'
import { count } from './words.ts'

/** Rows a page carries. The files beside the report hold everything. */
export const reportLimits = {
  attributions: 2_000,
  toolCalls: 20_000,
  findings: 1_000,
  incidents: 200,
  episodes: 2_000,
  groups: 1_000,
  rejects: 500,
  /** Characters kept of a candidate's command, and of a call shown only for context. */
  commandChars: 4_000,
  contextCommandChars: 160,
} as const

const verdictRank = { attributed: 0, likely: 1, 'not-attributable': 2 } as const

/** The same data within `reportLimits`; `cuts` gains a sentence for each list that was shortened. */
export function boundReport(data: ReportData): ReportData {
  const cuts = [...data.cuts]
  function cut<T>(what: string, rows: readonly T[], max: number, where: string): readonly T[] {
    if (rows.length <= max) return rows
    cuts.push(`${count(max)} of ${count(rows.length)} ${what} are shown; the rest is in ${where}.`)
    return rows.slice(0, max)
  }
  const attributions =
    data.attributions.length <= reportLimits.attributions
      ? data.attributions
      : cut(
          'alarms (attributed ones first)',
          // A stable sort: within a verdict the order of time stays.
          data.attributions.toSorted((a, b) => verdictRank[a.verdict] - verdictRank[b.verdict]),
          reportLimits.attributions,
          'attributions.jsonl',
        ).toSorted((a, b) => (a.event.time < b.event.time ? -1 : a.event.time > b.event.time ? 1 : 0))
  const candidates = new Set(attributions.flatMap((line) => line.candidates.map((c) => c.toolCall)))
  for (const incident of data.summary.incidents) for (const uid of incident.toolCalls) candidates.add(uid)
  const isCandidate = (call: { readonly uid: string }) => candidates.has(call.uid)
  const calls =
    data.toolCalls.length <= reportLimits.toolCalls
      ? data.toolCalls
      : cut(
          'calls (candidates first)',
          [...data.toolCalls.filter(isCandidate), ...data.toolCalls.filter((call) => !isCandidate(call))],
          reportLimits.toolCalls,
          'toolcalls.jsonl',
        )
  return {
    ...data,
    summary: {
      ...data.summary,
      incidents: cut('incidents', data.summary.incidents, reportLimits.incidents, 'incidents.jsonl'),
    },
    attributions,
    toolCalls: calls.map((call) => {
      const max = isCandidate(call) ? reportLimits.commandChars : reportLimits.contextCommandChars
      return call.command.length <= max ? call : { ...call, command: `${call.command.slice(0, max)}…[cut]` }
    }),
    findings: cut('findings', data.findings, reportLimits.findings, 'findings.jsonl').map((finding) => ({
      ...finding,
      evidences: undefined,
    })),
    episodes: cut('episodes', data.episodes, reportLimits.episodes, 'toolcalls.jsonl'),
    groups: cut('tests', data.groups, reportLimits.groups, 'summary.json'),
    rejects: cut('unread rows', data.rejects, reportLimits.rejects, 'rejects.jsonl'),
    cuts,
  }
}
