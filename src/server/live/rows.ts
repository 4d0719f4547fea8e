// Members of a journal's line, taken out one by one: the line may come from a recording that somebody else made.

import { parseIso } from '../../base/time.ts'

export type Row = Readonly<Record<string, unknown>>

/** The line as an object; undefined for anything else. Total on any text. */
export function readRow(text: string): Row | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function objectOf(value: unknown): Row | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined
}

/** A text of at most `max` UTF-16 units, the cut shown by `…`. */
export function textOf(value: unknown, max = 200): string | undefined {
  if (typeof value !== 'string') return undefined
  return value.length <= max ? value : `${value.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** A count or an amount: finite and not below zero. */
export function amountOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

export function textsOf(value: unknown, itemsMax: number, charsMax = 200): string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, itemsMax).flatMap((item) => textOf(item, charsMax) ?? [])
}

/** Milliseconds since 1970 of an ISO stamp. */
export function msOf(value: unknown): number | undefined {
  const us = typeof value === 'string' ? parseIso(value)?.us : undefined
  return us === undefined ? undefined : us / 1000
}
