// The JSON objects among a file's first lines, parsed once for all the importers that ask.

import type { Head } from './api.ts'

export type Row = Readonly<Record<string, unknown>>

const rowsMax = 20
const cache = new WeakMap<Head, readonly Row[]>()

/** At most 20 of the head's lines that are JSON objects, in order; broken and other lines are left out. */
export function firstRows(head: Head): readonly Row[] {
  const known = cache.get(head)
  if (known) return known
  const rows: Row[] = []
  for (const line of head.lines) {
    if (rows.length === rowsMax) break
    const row = parseRow(line)
    if (row) rows.push(row)
  }
  cache.set(head, rows)
  return rows
}

function parseRow(line: string): Row | undefined {
  // A byte-order mark or a syslog prefix may stand before it.
  const from = line.search(/\{\s*"/)
  if (from < 0 || from > 200) return undefined
  const row = jsonObject(from === 0 ? line : line.slice(from))
  return typeof row === 'string' ? undefined : row
}

/** The object a text is; otherwise the reason to refuse it with. */
export function jsonObject(text: string): Row | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : 'unreadable'}`
  }
  return objectOf(value) ?? 'not a JSON object'
}

/** The value when it is an object and no array. */
export function objectOf(value: unknown): Row | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : undefined
}
