import { spanText } from '../../../src/exporters/words.ts'
import { momentOf, usOf } from '../format/moment.ts'
import { setRange, useRange } from '../routing/navigate.ts'
import { useSettings } from '../state/settings.ts'

/** The span of time that everything is limited to, and how to see all again. */
export function RangeChip() {
  const range = useRange()
  const { zone } = useSettings()
  if (!range) return null
  const ms = ((usOf(range.to) ?? 0) - (usOf(range.from) ?? 0)) / 1000
  return (
    <fieldset className="chip" aria-label="Span of time">
      <span>
        {momentOf(range.from, zone)} + {spanText(ms)}
      </span>
      <button type="button" onClick={() => setRange(undefined)} aria-label="Show all times again">
        ✕
      </button>
    </fieldset>
  )
}
