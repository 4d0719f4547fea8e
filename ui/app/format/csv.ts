// Rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is made a text.

export function csvOf(
  heads: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  return [heads, ...rows].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')
}

/** Rows with all their fields, named as the server names them. Lists and objects are written as JSON. */
export function csvOfRows(rows: readonly object[]): string {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => {
    const fields = new Map<string, unknown>(Object.entries(row))
    return heads.map((head) => plainOf(fields.get(head)))
  })
  return csvOf(heads, cells)
}

function plainOf(value: unknown): string | number | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
}

function cellOf(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
