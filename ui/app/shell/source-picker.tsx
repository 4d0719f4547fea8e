import { useState } from 'react'
import { visible } from '../../../src/base/terminal.ts'
import type { SourceRow } from '../../../src/server/api.ts'
import { useRoom, useSource } from '../net/sources.ts'
import { Menu } from '../parts/menu.tsx'
import { Moment } from '../parts/moment.tsx'
import { Pill } from '../parts/pill.tsx'
import { Link } from '../routing/link.tsx'
import { usePlace } from '../routing/navigate.ts'
import { isSourceView, type View } from '../routing/place.ts'
import { homeOf, navigationOf } from './titles.ts'

/** Listed at once; a filter finds the others. */
const listedMax = 60

export const kindWords: Readonly<Record<SourceRow['kind'], string>> = {
  case: 'investigation',
  recording: 'recording',
  follow: 'followed stream',
}

export function SourceState({ source }: { source: Pick<SourceRow, 'state'> }) {
  if (source.state === 'live') return <Pill tone="live">live</Pill>
  return source.state === 'unusable' ? <Pill tone="high">unusable</Pill> : null
}

/** What is looked at, and a list to choose something else from. */
export function SourcePicker() {
  const place = usePlace()
  const source = useSource(place?.source)
  const { sources } = useRoom()
  const [filter, setFilter] = useState('')
  const all = sources.value ?? []
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = all.filter(({ title, folder }) =>
    words.every((word) => `${title} ${folder}`.toLowerCase().includes(word)),
  )
  const label = source
    ? visible(source.title.slice(0, 120))
    : place?.source
      ? 'Unknown source'
      : 'Choose a source'
  return (
    <Menu
      className="picker"
      name={`Source: ${label}${source && source.state !== 'ready' ? ` ${source.state}` : ''}. Choose another`}
      label={
        <>
          <span className="picker-title">{label}</span>
          {source && <SourceState source={source} />}
        </>
      }
    >
      {(close) => (
        <>
          {all.length > 8 && (
            <input
              type="search"
              aria-label="Filter the sources"
              placeholder="Filter"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
          )}
          {fitting.length === 0 && <p className="quiet">Nothing fits.</p>}
          <ul className="picker-list">
            {fitting.slice(0, listedMax).map((row) => (
              <li key={row.id}>
                <PickerRow row={row} isCurrent={row.id === place?.source} onPick={close} />
              </li>
            ))}
          </ul>
          {fitting.length > listedMax && (
            <p className="quiet">And {fitting.length - listedMax} more; filter to find them.</p>
          )}
        </>
      )}
    </Menu>
  )
}

function PickerRow({ row, isCurrent, onPick }: { row: SourceRow; isCurrent: boolean; onPick: () => void }) {
  const view = usePlace()?.view
  const text = (
    <>
      <span className="picker-name">
        {visible(row.title.slice(0, 200))} <SourceState source={row} />
      </span>
      <small>
        {kindWords[row.kind]}
        {row.startedAt && (
          <>
            {', '}
            <Moment iso={row.startedAt} />
          </>
        )}
      </small>
      {row.problem && <small className="picker-problem">{visible(row.problem.what)}</small>}
    </>
  )
  if (row.state === 'unusable') return <span className="picker-row">{text}</span>
  return (
    <Link
      className="picker-row"
      to={view && stays(view, row) ? { view, source: row.id } : homeOf(row)}
      aria-current={isCurrent ? 'true' : undefined}
      onClick={onPick}
    >
      {text}
    </Link>
  )
}

/** Whether the same view makes sense for another source; one incident or call of this one does not. */
function stays(view: View, row: SourceRow): boolean {
  return isSourceView(view) && navigationOf(row.kind).includes(view)
}
