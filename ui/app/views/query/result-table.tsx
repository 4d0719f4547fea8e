import { useMemo, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { counted, spanText } from '../../../../src/exporters/words.ts'
import type { SqlAnswer } from '../../../../src/server/api.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Severity, severityOrder } from '../../parts/pill.tsx'
import { Empty } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, type Sort } from '../../parts/table/rows.ts'
import { Clip, LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import type { SourceView } from '../../routing/place.ts'
import { type Cell, cellText, isNumeric, sortValue, widthOf } from './cells.ts'

interface Row {
  readonly n: number
  readonly cells: readonly Cell[]
}

/** Rows that are looked at for the width of a column. */
const sampleMax = 100

interface ResultTableProps {
  readonly source: string
  readonly answer: SqlAnswer | undefined
  readonly isRunning: boolean
}

export function ResultTable({ source, answer, isRunning }: ResultTableProps) {
  // Another answer starts without the order and the row of the one before.
  const [keys, setKeys] = useState({ answer, key: 0 })
  if (keys.answer !== answer) setKeys({ answer, key: keys.key + 1 })
  if (!answer) {
    return (
      <div className="table-box">
        <Empty title={isRunning ? 'The query runs.' : 'No query has run yet.'}>
          {!isRunning && 'Write one, or choose one at the right: it runs at once.'}
        </Empty>
      </div>
    )
  }
  return <Result key={keys.key} source={source} answer={answer} isRunning={isRunning} />
}

function Result({ source, answer, isRunning }: ResultTableProps & { readonly answer: SqlAnswer }) {
  const [sort, setSort] = useState<Sort>()
  const [opened, setOpened] = useState<Row>()
  const columns = useMemo(() => columnsOf(source, answer), [source, answer])
  const rows = useMemo(() => {
    const all = answer.rows.map((cells, n) => ({ n, cells }))
    return localRows(arranged(all, { sort, value: (row, column) => sortValue(row.cells[Number(column)]) }))
  }, [answer, sort])
  return (
    <>
      <p className="result-says" role="status">
        <b>{counted(answer.rows.length, 'row')}</b> in {spanText(answer.ms)}
        {answer.cut && (
          <span className="result-cut">
            There are more than are shown here: sorting by a click knows only these. Add a LIMIT or a WHERE,
            or download all of them.
          </span>
        )}
      </p>
      <div className="beside result">
        <DataTable
          caption="Result"
          columns={columns}
          rows={rows}
          rowKey={({ n }) => String(n)}
          sort={sort}
          onSort={setSort}
          onOpen={setOpened}
          opened={opened && String(opened.n)}
          dimmed={isRunning}
          empty={<Empty title="The query found no row." />}
        />
        {opened && (
          <Drawer title={`Row ${opened.n + 1}`} about={String(opened.n)} onClose={() => setOpened(undefined)}>
            <dl className="whole-row">
              {answer.columns.map(({ name, type }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have the same name.
                <div key={i}>
                  <dt>
                    {visible(name.slice(0, 200))} <small>{visible(type.slice(0, 100))}</small>
                  </dt>
                  <dd>
                    <Whole value={opened.cells[i] ?? null} />
                  </dd>
                </div>
              ))}
            </dl>
          </Drawer>
        )}
      </div>
    </>
  )
}

function columnsOf(source: string, { columns, rows }: SqlAnswer): readonly Column<Row>[] {
  return columns.map(({ name, type }, i) => ({
    id: String(i),
    label: visible(name.slice(0, 80)),
    hint: `${visible(name.slice(0, 200))}: ${visible(type.slice(0, 200))}`,
    width: widthOf(
      name,
      type,
      rows.slice(0, sampleMax).map((row) => row[i]),
    ),
    ...(isNumeric(type) && { align: 'right' as const }),
    sorts: isNumeric(type) ? 'down' : 'up',
    cell: ({ cells }) => <Shown value={cells[i] ?? null} name={name} type={type} source={source} />,
  }))
}

/** Columns of the case's tables that hold the id of something with a page of its own. */
const pageOf: Readonly<Record<string, SourceView>> = {
  tool_call: 'calls',
  best_call: 'calls',
  event: 'alarms',
  incident: 'incidents',
  episode_uid: 'episodes',
}

interface ShownProps {
  readonly value: Cell
  readonly name: string
  readonly type: string
  readonly source: string
}

function Shown({ value, name, type, source }: ShownProps) {
  if (value === null) return <span className="quiet">null</span>
  const view = Object.hasOwn(pageOf, name) ? pageOf[name] : undefined
  if (view !== undefined && typeof value === 'string') {
    return <Link to={{ view, source, id: value }}>{visible(value.slice(0, 60))}</Link>
  }
  if (type.startsWith('ENUM') && typeof value === 'string' && severityOrder.includes(value)) {
    return <Severity severity={value} />
  }
  if (typeof value === 'string' && type.startsWith('TIMESTAMP')) return <Moment iso={value} digits={3} />
  if (typeof value === 'string') return <Clip text={value} />
  return <Clip text={cellText(value)} code={typeof value === 'object'} />
}

function Whole({ value }: { value: Cell }) {
  if (value === null) return <span className="quiet">null</span>
  return (
    <span className="whole-cell">
      <LogText
        text={typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value)}
        max={4_000}
        keepLines
      />
    </span>
  )
}
