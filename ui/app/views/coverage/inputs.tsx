import { useMemo } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { CoverageAnswer } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, sortOf, sortText } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { useParam } from '../../routing/navigate.ts'

type Input = CoverageAnswer['inputs'][number]

const columns: readonly Column<Input>[] = [
  {
    id: 'path',
    label: 'Input',
    sorts: 'up',
    cell: (row) => (
      <>
        <Clip text={row.path} code />
        <small className="clip" title={visible(remarkOf(row).slice(0, 2_000))}>
          {visible(remarkOf(row).slice(0, 500))}
        </small>
      </>
    ),
  },
  { id: 'format', label: 'Read as', width: '124px', sorts: 'up', cell: (row) => <Clip text={row.format} /> },
  number('records', 'Records'),
  number('events', 'Events'),
  number('toolCalls', 'Calls'),
  number('episodes', 'Episodes'),
  number('boxes', 'Sandboxes'),
  {
    id: 'rejected',
    label: 'Refused',
    width: '78px',
    align: 'right',
    sorts: 'down',
    cell: (row) =>
      row.rejected > 0 ? (
        <b className="tone-medium">{count(row.rejected)}</b>
      ) : (
        <span className="quiet">0</span>
      ),
  },
  {
    id: 'bytes',
    label: 'Size',
    width: '76px',
    align: 'right',
    sorts: 'down',
    cell: (row) => bytesText(row.bytes),
  },
  {
    id: 'firstTime',
    label: 'From',
    width: '96px',
    sorts: 'up',
    cell: (row) => <Moment iso={row.firstTime} show="two-lines" />,
  },
  {
    id: 'lastTime',
    label: 'To',
    width: '96px',
    sorts: 'down',
    cell: (row) => <Moment iso={row.lastTime} show="two-lines" />,
  },
]

function number(id: 'records' | 'events' | 'toolCalls' | 'episodes' | 'boxes', label: string): Column<Input> {
  return {
    id,
    label,
    width: '86px',
    align: 'right',
    sorts: 'down',
    cell: (row) => (row[id] === 0 ? <span className="quiet">0</span> : count(row[id])),
  }
}

/** Why it gave what it gave: its note, and rows that carry nothing for us, by reason. */
function remarkOf({ note, skipped }: Input): string {
  const reasons = Object.entries(skipped)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 10)
    .map(([reason, n]) => `${count(n)} ${reason}`)
  return [note ?? '', ...reasons].filter(Boolean).join('; ')
}

export function InputsPanel({ inputs, left }: { inputs: readonly Input[]; left: number }) {
  const [filter, setFilter] = useParam('q')
  const [order, setOrder] = useParam('sort')
  const sort = useMemo(
    () =>
      sortOf(
        order,
        columns.map(({ id }) => id),
      ),
    [order],
  )
  const rows = arranged(inputs, {
    filter,
    text: (row) => [row.path, row.format, remarkOf(row)].join(' '),
    sort,
    value: sortValue,
  })
  return (
    <Panel
      title="Inputs"
      lead="What each file gave; below its name what was passed over, and why."
      tools={
        <>
          {left > 0 && `and ${count(left)} more that are not listed`}
          <input
            type="search"
            data-filter
            aria-label="Filter the inputs"
            placeholder="Filter"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <span role="status">
            {count(rows.length)} of {count(inputs.length)}
          </span>
        </>
      }
    >
      <DataTable
        caption="Inputs"
        columns={columns}
        rows={localRows(rows)}
        rowKey={(row) => row.path}
        rowHeight="two"
        height={340}
        sort={sort}
        onSort={(next) => setOrder(sortText(next))}
        empty={
          inputs.length === 0 ? (
            <Empty title="No input was given.">
              <code>vigiles investigate LOGS TRACES --out case-1</code> reads logs and traces.
            </Empty>
          ) : (
            <Empty title="No input fits the filter." />
          )
        }
      />
    </Panel>
  )
}

function sortValue(row: Input, column: string): string | number | null {
  switch (column) {
    case 'path':
    case 'format':
    case 'records':
    case 'events':
    case 'toolCalls':
    case 'episodes':
    case 'boxes':
    case 'rejected':
    case 'bytes':
    case 'firstTime':
    case 'lastTime':
      return row[column]
    default:
      return null
  }
}
