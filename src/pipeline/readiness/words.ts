// What the checks say alike.

import { plain } from '../../base/terminal.ts'
import { count, counted } from '../../exporters/words.ts'
import type { ReadinessEvidence } from '../../schema/readiness.ts'
import { evidenceMax } from './api.ts'
import type { Tally } from './log-facts.ts'
import type { Setting } from './setting.ts'

const evidenceChars = 200

/** `12 %`; never `0 %` or `100 %` for what is only nearly so. */
export function percent(n: number, of: number): string {
  if (of === 0 || n === 0) return '0 %'
  if (n >= of) return '100 %'
  return `${Math.min(99, Math.max(1, Math.round((100 * n) / of)))} %`
}

/** `7 of 10`, from a share. */
export function ofTen(share: number): string {
  if (share <= 0) return 'none of 10'
  if (share < 0.05) return 'fewer than 1 of 20'
  if (share > 0.95) return 'more than 19 of 20'
  return `${Math.round(share * 10)} of 10`
}

/** The same within a sentence: `about 7 of 10`, `more than 19 of 20`. */
export function aboutTen(share: number): string {
  const text = ofTen(share)
  return /^\d/.test(text) ? `about ${text}` : text
}

export function callsText(mean: number): string {
  const n = mean >= 10 ? count(Math.round(mean)) : String(Number(mean.toFixed(1)))
  return `${n} ${n === '1' ? 'call' : 'calls'}`
}

export function tallyEvidence(tally: Tally, text: string): ReadinessEvidence[] {
  return tally.n === 0 ? [] : [evidence(tally.file, tally.line, text)]
}

export function settingEvidence(settings: readonly Setting[]): ReadinessEvidence[] {
  return settings
    .slice(0, evidenceMax)
    .map(({ file, line, text }) => evidence(file, line === 0 ? null : line, text))
}

export function evidence(file: string, line: number | null, text: string): ReadinessEvidence {
  return { file: plain(file, evidenceChars), line, text: plain(text, evidenceChars) }
}

/** `a, b and 3 more`. */
export function names(list: readonly string[], shown = 3): string {
  const some = list.slice(0, shown).map((name) => plain(name, 80))
  const more = list.length - some.length
  return more > 0 ? `${some.join(', ')} and ${count(more)} more` : some.join(', ')
}

export { count, counted }
