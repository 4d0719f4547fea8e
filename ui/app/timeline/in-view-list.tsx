// The timeline for who cannot see it: what is in view, in order of time, as a table.

import { type RefObject, useEffect, useState } from 'react'
import { visible } from '../../../src/base/terminal.ts'
import { count, counted } from '../../../src/exporters/words.ts'
import { momentText } from '../../timeline/time-text.ts'
import type { Item } from '../../timeline/types.ts'
import { useSettings } from '../state/settings.ts'
import { type Handle, toneWords } from './canvas.tsx'

/** More rows than anybody reads; zooming in brings the others. */
const rowsMax = 200

interface InViewListProps {
  readonly handle: RefObject<Handle | null>
  /** Grows when what is in view may have changed. */
  readonly turn: number
  readonly onPick: (item: Item) => void
}

export function InViewList({ handle, turn, onPick }: InViewListProps) {
  const { zone } = useSettings()
  const [seen, setSeen] = useState<{ items: readonly Item[]; more: number; waiting: boolean }>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn looks anew, a little later, when it has come to rest.
  useEffect(() => {
    const timer = setTimeout(() => setSeen(handle.current?.timeline.inView(rowsMax)), 150)
    return () => clearTimeout(timer)
  }, [turn, handle])
  if (seen === undefined) return null
  const lanes = handle.current?.source.lanes ?? []
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
    <section className="timeline-list" aria-label="What is in view, as a table" tabIndex={0}>
      <table>
        <caption className="unseen">Calls and events in view, in order of time</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Lane</th>
            <th scope="col">What</th>
            <th scope="col">Kind</th>
          </tr>
        </thead>
        <tbody>
          {seen.items.map((item, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no state, and counts have no id.
            <tr key={i}>
              <td>{momentText(item.fromUs, zone)}</td>
              <td>{lanes[item.lane]?.label ?? ''}</td>
              <td>
                {item.id === '' ? (
                  counted(item.count ?? 0, 'item')
                ) : (
                  <button type="button" className="jump" onClick={() => onPick(item)}>
                    {visible(item.label) || 'one item'}
                  </button>
                )}
              </td>
              <td>{toneWords[item.tone]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {seen.more > 0 && (
        <p className="quiet">{count(seen.more)} more are in view: come closer to see them.</p>
      )}
      {seen.items.length === 0 && (
        <p className="quiet">
          {seen.waiting ? 'Still loading what is in view…' : 'Nothing is in view here.'}
        </p>
      )}
    </section>
  )
}
