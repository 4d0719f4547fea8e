// A word with a tone. The word says it; the colour only helps.

import type { ReactNode } from 'react'

export function Pill({ tone, children }: { tone: string; children: ReactNode }) {
  return <span className={`pill is-${tone.toLowerCase().replace(/[^a-z-]/g, '')}`}>{children}</span>
}

export function Severity({ severity }: { severity: string }) {
  return <Pill tone={severity}>{severity}</Pill>
}

const verdictWords: Readonly<Record<string, string>> = { 'not-attributable': 'not attributable' }

export function Verdict({ verdict }: { verdict: string }) {
  return <Pill tone={verdict}>{verdictWords[verdict] ?? verdict}</Pill>
}

/** Whether something was let through: `allowed`, `blocked`, or what a log calls it. */
export function Disposition({ disposition }: { disposition: string | null }) {
  if (disposition === null || disposition === '') return <span className="quiet">–</span>
  return <Pill tone={disposition}>{disposition.slice(0, 30)}</Pill>
}

export const severityOrder: readonly string[] = ['critical', 'high', 'medium', 'low', 'informational']
