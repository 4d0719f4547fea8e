// Findings and incidents as items. What only a recording has is added by recorded.ts.

import { severities } from '../../../schema/event.ts'
import type { CaseStore } from '../../../store/cases/case-store.ts'
import { limits, type Other, tone } from './items.ts'
import { usOf } from './load-items.ts'

export async function findingsAndIncidents(store: CaseStore, signal?: AbortSignal): Promise<Other[]> {
  const options = { signal, rowsMax: limits.others, textMax: 300 }
  const [findings, incidents] = await Promise.all([
    store.rows(
      `SELECT f.uid, f.title, f.severity, f.detection, f.why, f.box, f.incident, f.first_time, f.last_time,
         (SELECT min(c.tool_call) FROM finding_calls c WHERE c.finding = f.uid) AS call
       FROM findings f ORDER BY f.severity DESC, f.first_time, f.uid LIMIT ${limits.others / 2}`,
      [],
      options,
    ),
    store.rows(
      `SELECT uid, title, severity, first_time, last_time, occurrences, rewarded FROM incidents
       ORDER BY severity DESC, first_time, uid LIMIT ${limits.others / 4}`,
      [],
      options,
    ),
  ])
  return [
    ...incidents.map((row): Other => {
      const fromUs = usOf(row.first_time)
      return {
        ...common(row, 'incident'),
        fromUs,
        toUs: Math.max(fromUs, usOf(row.last_time) || fromUs),
        box: null,
        call: null,
        facts: facts({ Severity: row.severity, Occurrences: row.occurrences, Rewarded: row.rewarded }),
      }
    }),
    ...findings.map((row): Other => {
      const fromUs = usOf(row.first_time)
      return {
        ...common(row, 'finding'),
        fromUs,
        toUs: fromUs,
        box: text(row.box),
        call: text(row.call),
        facts: facts({ Severity: row.severity, Detection: row.detection, Why: row.why, Sandbox: row.box }),
      }
    }),
  ]
}

const words: readonly string[] = severities

function common(row: Readonly<Record<string, unknown>>, kind: Other['kind']) {
  const severity = words.indexOf(String(row.severity)) + 1
  return {
    kind,
    uid: String(row.uid ?? ''),
    label: String(row.title ?? ''),
    tone: severity >= 3 ? tone.grave : tone.open,
    severity,
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function facts(given: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(given).flatMap(([label, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[label, String(value)]],
  )
}
