// Spans that overlap are put into rows, so that none lies over another while there are rows left.

/** Rows of one pile. What overlaps with as many others shares the last row. */
export const stackRowsMax = 6

/** Hands out rows to spans that come in the order of their beginning. */
export function rowStacker(): { readonly rows: number; next(from: number, to: number): number } {
  const free: number[] = []
  return {
    get rows() {
      return Math.max(1, free.length)
    },
    next(from, to) {
      let at = free.findIndex((end) => end <= from)
      if (at < 0) at = Math.min(free.length, stackRowsMax - 1)
      free[at] = Math.max(free[at] ?? Number.NEGATIVE_INFINITY, to)
      return at
    },
  }
}
