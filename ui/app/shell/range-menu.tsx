import { type FormEvent, useId, useState } from 'react'
import { spanText } from '../../../src/exporters/words.ts'
import { momentOf, usOf, usOfWall, wallText } from '../format/moment.ts'
import { useSource } from '../net/sources.ts'
import { Menu } from '../parts/menu.tsx'
import { setRange, usePlace, useRange } from '../routing/navigate.ts'
import { rangeBetween } from '../routing/range.ts'
import { useSettings } from '../state/settings.ts'

/** The span of time that every view keeps to: told, changed, and taken away. A brush of a chart sets the same. */
export function RangeMenu() {
  const range = useRange()
  const { zone } = useSettings()
  const ms = range ? ((usOf(range.to) ?? 0) - (usOf(range.from) ?? 0)) / 1000 : 0
  const label = range ? `${momentOf(range.from, zone)} + ${spanText(ms)}` : 'All times'
  return (
    <span className={range ? 'range range-set' : 'range'}>
      <Menu label={label} name={`Span of time: ${label}. Change it`}>
        {(close) => <RangeForm onDone={close} />}
      </Menu>
      {range && (
        <button type="button" onClick={() => setRange(undefined)} aria-label="Show all times again">
          ✕
        </button>
      )}
    </span>
  )
}

function RangeForm({ onDone }: { onDone: () => void }) {
  const { zone } = useSettings()
  const range = useRange()
  const source = useSource(usePlace()?.source)
  const shown = (iso: string | null | undefined) => wallText(usOf(iso), zone)
  const [from, setFrom] = useState(shown(range?.from ?? source?.startedAt))
  const [to, setTo] = useState(shown(range?.to ?? source?.endedAt))
  const ids = { from: useId(), to: useId() }
  const [fromUs, toUs] = [usOfWall(from, zone), usOfWall(to, zone)]
  const why =
    fromUs === undefined || toUs === undefined
      ? 'Give both ends.'
      : fromUs >= toUs && 'It ends before it begins.'
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (fromUs === undefined || toUs === undefined || why) return
    setRange(rangeBetween(fromUs, toUs))
    onDone()
  }
  return (
    <form className="range-form" onSubmit={apply}>
      <label htmlFor={ids.from}>
        From ({zone})
        <input
          id={ids.from}
          type="datetime-local"
          step={1}
          value={from}
          onChange={(e) => setFrom(e.target.value)}
        />
      </label>
      <label htmlFor={ids.to}>
        Until
        <input
          id={ids.to}
          type="datetime-local"
          step={1}
          value={to}
          onChange={(e) => setTo(e.target.value)}
        />
      </label>
      <p className="quiet" aria-live="polite">
        {why ||
          `${spanText(((toUs ?? 0) - (fromUs ?? 0)) / 1000)}; a chart or the timeline can be brushed, too.`}
      </p>
      <div>
        <button type="submit" className="primary" disabled={Boolean(why)}>
          Show only this
        </button>
        {range && (
          <button
            type="button"
            onClick={() => {
              setRange(undefined)
              onDone()
            }}
          >
            Show all times
          </button>
        )}
      </div>
    </form>
  )
}
