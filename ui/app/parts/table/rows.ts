// Rows of a table, wherever they are: here in full, or on the server and fetched as they come into view.

export interface Rows<T> {
  /** Rows that fit the filter. */
  readonly total: number
  /** Undefined while it is on its way. */
  at(index: number): T | undefined
  /** Rows `from` to `to` (left out) are in view. */
  want(from: number, to: number): void
}

export interface Sort {
  readonly column: string
  readonly down: boolean
}

/** `-reward` and `reward`, as they stand in an address. */
export function sortText(sort: Sort | undefined): string {
  return sort === undefined ? '' : `${sort.down ? '-' : ''}${sort.column}`
}

export function sortOf(text: string, columns: readonly string[]): Sort | undefined {
  const down = text.startsWith('-')
  const column = down ? text.slice(1) : text
  return columns.includes(column) ? { column, down } : undefined
}

/** A click on a head: first the direction that says most, then the other, then none. */
export function nextSort(now: Sort | undefined, column: string, firstDown: boolean): Sort | undefined {
  if (now?.column !== column) return { column, down: firstDown }
  return now.down === firstDown ? { column, down: !firstDown } : undefined
}

/** Indexes of the rows to draw for a place in the list, with a few around for a quick scroll. */
export function windowOf(
  top: number,
  height: number,
  rowHeight: number,
  total: number,
  around = 8,
): { from: number; to: number } {
  const from = Math.min(total, Math.max(0, Math.floor(top / rowHeight) - around))
  const to = Math.min(total, Math.ceil((top + height) / rowHeight) + around)
  return { from, to: Math.max(from, to) }
}

export type CellValue = string | number | null

/** Sorted and filtered copies of rows that are all here. Every word of the filter has to occur in a row. */
export function arranged<T>(
  rows: readonly T[],
  {
    filter = '',
    text,
    sort,
    value,
  }: {
    filter?: string
    text?: (row: T) => string
    sort?: Sort | undefined
    value?: (row: T, column: string) => CellValue
  },
): readonly T[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting =
    words.length === 0 || text === undefined
      ? rows
      : rows.filter((row) => {
          const haystack = text(row).toLowerCase()
          return words.every((word) => haystack.includes(word))
        })
  if (sort === undefined || value === undefined) return fitting
  const sign = sort.down ? -1 : 1
  return fitting.toSorted((a, b) => compare(value(a, sort.column), value(b, sort.column), sign))
}

/** What is missing comes last, whichever the direction. */
function compare(a: CellValue, b: CellValue, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true })
}

export function localRows<T>(rows: readonly T[]): Rows<T> {
  return { total: rows.length, at: (index) => rows[index], want() {} }
}
