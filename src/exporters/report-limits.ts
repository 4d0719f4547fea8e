// Keeps a report openable: each list has a maximum, and what was left out is said on the page.

import type { AttributionLine } from '../schema/summary.ts'
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
  /** Characters of all candidates' commands together; beyond it each gets an equal share, 160 at least. */
  commandCharsTotal: 6_000_000,
  /** Characters of any other text that a log or trace wrote, and pieces of evidence of one candidate. */
  textChars: 300,
  evidence: 8,
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
  const commands = calls
    .filter(isCandidate)
    .map((call) => Math.min(call.command.length, reportLimits.commandChars))
  const written = commands.reduce((sum, n) => sum + n, 0)
  const commandChars =
    written <= reportLimits.commandCharsTotal
      ? reportLimits.commandChars
      : Math.max(
          reportLimits.contextCommandChars,
          Math.floor(reportLimits.commandCharsTotal / commands.length),
        )
  if (commandChars < reportLimits.commandChars) {
    cuts.push(`Commands are cut at ${count(commandChars)} characters; the whole ones are in toolcalls.jsonl.`)
  }
  return {
    ...data,
    summary: {
      ...data.summary,
      incidents: cut('incidents', data.summary.incidents, reportLimits.incidents, 'incidents.jsonl'),
    },
    attributions: attributions.map(boundLine),
    toolCalls: calls.map((call) => {
      const max = isCandidate(call) ? commandChars : reportLimits.contextCommandChars
      return { ...call, command: clip(call.command, max) }
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

function boundLine(line: AttributionLine): AttributionLine {
  const { event } = line
  return {
    ...line,
    event: {
      ...event,
      sourceTime: clip(event.sourceTime),
      rule: event.rule === null ? null : clip(event.rule),
      name: event.name === null ? null : clip(event.name),
    },
    candidates: line.candidates.map((candidate) => ({
      ...candidate,
      evidence: candidate.evidence
        .slice(0, reportLimits.evidence)
        .map((evidence) => ({ ...evidence, text: clip(evidence.text) })),
    })),
  }
}

function clip(text: string, max: number = reportLimits.textChars): string {
  return text.length <= max ? text : `${text.slice(0, max)}…[cut]`
}
