import type { AlarmAnswer } from '../../pipeline/case-answers.ts'
import { type Severity, severities } from '../../schema/event.ts'
import type { FindingLine } from '../../schema/summary.ts'
import type { FindingRow } from '../wire/incidents.ts'
import type { WhyAnswer } from '../wire/why.ts'

export function whyOf({
  line,
  calls,
  revealed,
  findings,
  chance,
  next,
  text,
  alike,
}: AlarmAnswer): WhyAnswer {
  const { event, verdict, toolCall, episode, box, tier, p, pNone, pOther, noneSplit } = line
  const callOf = new Map(calls.map((call) => [call.uid, call]))
  return {
    event,
    verdict,
    toolCall,
    episode,
    box,
    tier,
    p,
    pNone,
    pOther,
    noneSplit: { ...noneSplit },
    candidates: line.candidates.map((candidate) => ({
      toolCall: candidate.toolCall,
      p: candidate.p,
      call: callOf.get(candidate.toolCall) ?? null,
      revealed: revealed[candidate.toolCall] ?? null,
      evidence: [...candidate.evidence],
    })),
    findings: findings.map(findingRowOf),
    chance,
    next,
    text: [...text],
    alike,
  }
}

/** A finding without the copies of its evidence. */
export function findingRowOf({ finding_info: info, severity, unmapped }: FindingLine): FindingRow {
  const { uid, name } = info.analytic
  return {
    uid: info.uid,
    title: info.title,
    description: typeof info.desc === 'string' ? info.desc : '',
    severity: severityOf(severity),
    detection: uid,
    detectionName: typeof name === 'string' ? name : uid,
    firstSeen: isoOf(info.first_seen_time),
    lastSeen: isoOf(info.last_seen_time),
    events: [...unmapped.events],
    toolCalls: [...unmapped.toolCalls],
  }
}

function severityOf(word: string): Severity {
  const lower = word.toLowerCase()
  return severities.find((severity) => severity === lower) ?? 'informational'
}

function isoOf(ms: unknown): string | null {
  return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null
}
