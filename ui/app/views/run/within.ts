import { usOf } from '../../format/moment.ts'
import type { Range } from '../../routing/range.ts'

/** Whether an instant lies in the chosen span; without one everything does. */
export function isWithin(iso: string, range: Range | undefined): boolean {
  if (range === undefined) return true
  const [us, from, to] = [usOf(iso), usOf(range.from), usOf(range.to)]
  return us !== undefined && from !== undefined && to !== undefined && us >= from && us < to
}
