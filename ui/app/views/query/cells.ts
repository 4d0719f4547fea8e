// Values of a result: what they look like in one line, how they sort, how wide their column is.

import type { CellValue } from '../../parts/table/rows.ts'

export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [key: string]: Cell }

export function cellText(cell: Cell): string {
  return typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? '')
}

/** Numbers beyond 2^53 come as text and sort as numbers all the same, as far as a double tells them apart. */
export function sortValue(cell: Cell | undefined): CellValue {
  if (cell === null || cell === undefined) return null
  return typeof cell === 'number' ? cell : cellText(cell)
}

export function isNumeric(type: string): boolean {
  return /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/.test(type)
}

const charPx = 7.4
const widthPxMax = 420

/** CSS width that fits the head and the first values. */
export function widthOf(name: string, type: string, cells: readonly (Cell | undefined)[]): string {
  const shown = type.startsWith('TIMESTAMP') ? 27 : 0
  const lengths = cells.map((cell) => (cell === null || cell === undefined ? 4 : cellText(cell).length))
  const chars = Math.max(name.length + 2, shown, Math.min(60, ...[Math.max(0, ...lengths)]))
  return `${Math.min(widthPxMax, Math.round(chars * charPx + 22))}px`
}
