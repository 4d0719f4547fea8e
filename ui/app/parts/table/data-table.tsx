// A table of any length: only the rows in view are in the document. Sorting and filtering belong to whoever has the rows.

import {
  Fragment,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { nextSort, type Rows, type Sort, windowOf } from './rows.ts'

export interface Column<T> {
  readonly id: string
  readonly label: string
  /** CSS width; columns without one share what is left. */
  readonly width?: string
  readonly align?: 'right'
  /** Whether a click on the head sorts; `down` where the largest value says most. */
  readonly sorts?: 'up' | 'down'
  /** What the head means, where its word is not enough. */
  readonly hint?: string
  readonly cell: (row: T) => ReactNode
}

interface DataTableProps<T> {
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: Rows<T>
  readonly rowKey: (row: T) => string
  readonly rowHeight?: 'one' | 'two'
  readonly sort?: Sort | undefined
  readonly onSort?: (sort: Sort | undefined) => void
  /** Enter or a click on a row. */
  readonly onOpen?: (row: T) => void
  readonly opened?: string | undefined
  readonly empty: ReactNode
  /** Fills what is left of the window, or grows up to a height. */
  readonly height?: 'fill' | number
  readonly dimmed?: boolean
}

const heights = { one: 30, two: 46 }

export function DataTable<T>(props: DataTableProps<T>) {
  const { caption, columns, rows, rowKey, sort, onSort, onOpen, opened, empty, height = 'fill' } = props
  const rowHeight = heights[props.rowHeight ?? 'one']
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })
  const [active, setActive] = useState(0)
  const follow = useRef(false)
  const { total } = rows
  const { from, to } = windowOf(view.top, view.height, rowHeight, total)

  useEffect(() => rows.want(from, to))

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const read = () => setView({ top: element.scrollTop, height: element.clientHeight })
    read()
    const observer = new ResizeObserver(read)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const current = Math.min(active, Math.max(0, total - 1))
  useLayoutEffect(() => {
    if (!follow.current) return
    follow.current = false
    box.current
      ?.querySelector<HTMLElement>(`[aria-rowindex="${current + 2}"]`)
      ?.focus({ preventScroll: true })
  })

  const move = (to: number) => {
    const element = box.current
    const next = Math.max(0, Math.min(total - 1, to))
    if (!element || total === 0) return
    const top = next * rowHeight
    const room = element.clientHeight - rowHeight * 2
    if (top < element.scrollTop) element.scrollTop = top
    else if (top > element.scrollTop + room) element.scrollTop = top - room
    setView({ top: element.scrollTop, height: element.clientHeight })
    setActive(next)
    follow.current = true
  }

  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest('thead, input, button')) return
    const perPage = Math.max(1, Math.floor(view.height / rowHeight) - 2)
    const to = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + perPage,
      PageUp: current - perPage,
      Home: 0,
      End: total - 1,
    }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      move(to)
    } else if (event.key === 'Enter' && event.target instanceof HTMLTableRowElement) {
      const row = rows.at(current)
      if (row !== undefined) onOpen?.(row)
    }
  }

  const drawn: ReactNode[] = []
  for (let i = from; i < to; i++) {
    const row = rows.at(i)
    const key = row === undefined ? undefined : rowKey(row)
    drawn.push(
      <tr
        // By its place: a row that has the focus keeps it when what it shows arrives.
        key={i}
        aria-rowindex={i + 2}
        aria-selected={onOpen ? key !== undefined && key === opened : undefined}
        tabIndex={onOpen ? (i === current ? 0 : -1) : undefined}
        className={onOpen ? 'opens' : undefined}
        style={{ height: rowHeight }}
        onFocus={() => setActive(i)}
        onClick={(event) => {
          if (
            row === undefined ||
            (event.target instanceof Element && event.target.closest('a, button, input, label'))
          )
            return
          if (getSelection()?.type === 'Range') return // Somebody marks text to copy it.
          onOpen?.(row)
        }}
      >
        <Fragment key={key}>
          {columns.map((column) => (
            <td key={column.id} className={column.align}>
              {row === undefined ? <span className="quiet">…</span> : column.cell(row)}
            </td>
          ))}
        </Fragment>
      </tr>,
    )
  }

  if (total === 0 && !props.dimmed) return <div className="table-box table-none">{empty}</div>
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys move between the rows, which take the focus.
    <div
      ref={box}
      className={`table-box${height === 'fill' ? ' table-fill' : ''}${props.dimmed ? ' dimmed' : ''}`}
      style={height === 'fill' ? undefined : { maxHeight: height }}
      tabIndex={onOpen ? undefined : 0}
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
      onKeyDown={onKey}
    >
      <table role={onOpen ? 'grid' : undefined} aria-rowcount={total + 1} aria-busy={props.dimmed ?? false}>
        <caption className="unseen">{caption}</caption>
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && <Spacer height={from * rowHeight} columns={columns.length} />}
          {drawn}
          {to < total && <Spacer height={(total - to) * rowHeight} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  )
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty row is no place to go to.
    <tr aria-hidden="true" className="spacer" style={{ height }}>
      <td colSpan={columns} />
    </tr>
  )
}

function Head<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>
  sort: Sort | undefined
  onSort: ((sort: Sort | undefined) => void) | undefined
}) {
  const { id, label, sorts, align, hint } = column
  if (!sorts || !onSort) {
    return (
      <th scope="col" className={align} title={hint}>
        {label}
      </th>
    )
  }
  const state = sort?.column !== id ? 'none' : sort.down ? 'descending' : 'ascending'
  return (
    <th scope="col" className={align} aria-sort={state} title={hint}>
      <button type="button" onClick={() => onSort(nextSort(sort, id, sorts === 'down'))}>
        {label}
      </button>
    </th>
  )
}
