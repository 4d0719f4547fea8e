// A report of one incident, to hand on: what belongs to it, and no word about the rest of the case.

import type { ReportData, Said } from './api.ts'

/** Undefined when the report holds no incident of that uid. */
export function oneIncident(data: ReportData, uid: string, said?: Said): ReportData | undefined {
  const incident = data.summary.incidents.find((one) => one.uid === uid)
  if (!incident) return undefined
  const findings = data.findings.filter((finding) => incident.findings.includes(finding.finding_info.uid))
  const events = new Set(findings.flatMap(({ unmapped }) => unmapped.events))
  const accused = new Set([...incident.toolCalls, ...findings.flatMap(({ unmapped }) => unmapped.toolCalls)])
  const attributions = data.attributions.filter(
    (line) => events.has(line.event.uid) || (line.toolCall !== null && accused.has(line.toolCall)),
  )
  const calls = new Set([
    ...accused,
    ...attributions.flatMap((line) => line.candidates.map((candidate) => candidate.toolCall)),
  ])
  const destinations = new Set(incident.destinations)
  const counts = { critical: 0, high: 0, medium: 0, low: 0, informational: 0 }
  for (const { severity } of findings) {
    const word = severity.toLowerCase()
    if (word in counts) counts[word as keyof typeof counts]++
  }
  return {
    ...data,
    summary: {
      ...data.summary,
      verdict: incident.title,
      incidents: [incident],
      findings: counts,
      tests: data.summary.tests.filter((test) => destinations.has(test.name)),
    },
    findings,
    attributions,
    toolCalls: data.toolCalls.filter((call) => calls.has(call.uid)),
    episodes: data.episodes.filter((episode) => incident.episodes.includes(episode.episode)),
    groups: data.groups.filter((group) => destinations.has(group.name)),
    rejects: [],
    cuts: [
      'This file holds one incident of an investigation. Counts of inputs and of attributed events are of the whole.',
    ],
    ...(said && { said: { [uid]: said } }),
  }
}
