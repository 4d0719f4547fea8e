import { useMemo, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { SqlAnswer } from '../../../../src/server/api.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Severity } from '../../parts/pill.tsx'
import { Empty } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, type Sort } from '../../parts/table/rows.ts'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import type { View } from '../../routing/place.ts'
import { type Cell, cellText, isNumeric, sortValue, widthOf } from './cells.ts'

interface Row {
  readonly key: string
  readonly cells: readonly Cell[]
}

/** Columns of the case's tables that hold the id of something with a page of its own. */
const pageOf: Readonly<Record<string, View>> = {
  tool_call: 'calls',
  best_call: 'calls',
  event: 'alarms',
  incident: 'incidents',
  episode_uid: 'episodes',
}

/** What a query gave, sorted here; a row opens with its values in full. */
export function ResultTable({ source, answer }: { source: string; answer: SqlAnswer }) {
  const [sort, setSort] = useState<Sort>()
  const [opened, setOpened] = useState<Row>()
  const all = useMemo(() => answer.rows.map((cells, i) => ({ key: String(i), cells })), [answer])
  const rows = useMemo(
    () =>
      localRows(arranged<Row>(all, { sort, value: (row, column) => sortValue(row.cells[Number(column)]) })),
    [all, sort],
  )
  const columns = useMemo(() => columnsOf(source, answer), [source, answer])
  return (
    <>
      <p className="quiet" role="status">
        {count(answer.rows.length)} {answer.rows.length === 1 ? 'row' : 'rows'} in{' '}
        {count(Math.round(answer.ms))} ms
        {answer.cut && '. There are more: a file has all of them.'}
      </p>
      <div className="beside">
        <DataTable
          caption="Result of the query"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.key}
          sort={sort}
          onSort={setSort}
          onOpen={setOpened}
          opened={opened?.key}
          empty={<Empty title="The query ran and gave no row." />}
        />
        {opened && (
          <Drawer
            title={`Row ${Number(opened.key) + 1}`}
            about={opened.key}
            onClose={() => setOpened(undefined)}
          >
            <KeyValues
              rows={answer.columns.map(({ name, type }, i) => [
                visible(name.slice(0, 200)),
                <Value key={name} source={source} name={name} type={type} cell={opened.cells[i]} isWhole />,
              ])}
            />
          </Drawer>
        )}
      </div>
    </>
  )
}

function columnsOf(source: string, { columns, rows }: SqlAnswer): readonly Column<Row>[] {
  return columns.map(({ name, type }, i) => ({
    // A result may have two columns of one name.
    id: String(i),
    label: visible(name.slice(0, 60)),
    hint: type,
    width: widthOf(
      name,
      type,
      rows.slice(0, 100).map((row) => row[i]),
    ),
    sorts: isNumeric(type) ? ('down' as const) : ('up' as const),
    ...(isNumeric(type) && { align: 'right' as const }),
    cell: (row) => <Value source={source} name={name} type={type} cell={row.cells[i]} />,
  }))
}

interface ValueProps {
  readonly source: string
  readonly name: string
  readonly type: string
  readonly cell: Cell | undefined
  readonly isWhole?: boolean
}

function Value({ source, name, type, cell, isWhole = false }: ValueProps) {
  if (cell === null || cell === undefined) return <span className="quiet">null</span>
  const text = cellText(cell)
  const view = Object.hasOwn(pageOf, name) ? pageOf[name] : undefined
  if (view !== undefined && typeof cell === 'string') {
    return <Link to={{ view, source, id: cell }}>{visible(cell.slice(0, 60))}</Link>
  }
  if (type.startsWith('TIMESTAMP') && typeof cell === 'string') return <Moment iso={cell} digits={3} />
  if (type.startsWith('ENUM') && name === 'severity') return <Severity severity={text} />
  if (isWhole) return <LogText text={text} max={2_000} keepLines />
  return <span title={visible(text.slice(0, 2_000), true)}>{visible(text.slice(0, 300))}</span>
}
