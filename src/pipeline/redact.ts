// Secrets in commands, evidence and refused records are replaced before they are stored, by a fingerprint keyed per
// case, so that the same secret is still seen to be the same.

import { createHmac } from 'node:crypto'
import { hideSecrets, type Redact } from '../base/secrets.ts'
import type { AttributionLine } from '../schema/summary.ts'

export type { Redact }

/** `key` differs per case: fingerprints of two cases cannot be compared. */
export function redactor(key: string): Redact {
  const fingerprint = (secret: string) =>
    `[secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 10)}]`
  return (text) => hideSecrets(text, fingerprint)
}

/** Deepest nesting of values that is followed; ours have three levels. */
const depthMax = 12

/** The same value with every text in it redacted; keys stay. */
export function redactDeep<T>(value: T, redact: Redact): T
export function redactDeep(value: unknown, redact: Redact, depth = 0): unknown {
  if (typeof value === 'string') return redact(value)
  if (typeof value !== 'object' || value === null || depth >= depthMax) return value
  if (Array.isArray(value)) return value.map((item) => redactDepth(item, redact, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, redactDepth(item, redact, depth + 1)]),
  )
}

const redactDepth: (value: unknown, redact: Redact, depth: number) => unknown = redactDeep

/** What logs and evidence say in an attribution; its numbers, ids and addresses hold none. */
export function withoutSecrets(line: AttributionLine, redact: Redact): AttributionLine {
  const { event, candidates } = line
  return {
    ...line,
    event: {
      ...event,
      name: event.name === null ? null : redact(event.name),
      rule: event.rule === null ? null : redact(event.rule),
    },
    candidates: candidates.map((candidate) => ({
      ...candidate,
      evidence: candidate.evidence.map((one) => ({ ...one, text: redact(one.text) })),
    })),
  }
}
