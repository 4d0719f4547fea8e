import { useMemo, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { counted, spanText } from '../../../../src/exporters/words.ts'
import type { SqlAnswer } from '../../../../src/server/api.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Empty } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, type CellValue, localRows, type Sort } from '../../parts/table/rows.ts'
import { Clip, LogText } from '../../parts/text.tsx'

type Cell = SqlAnswer['rows'][number][number]
interface Row {
  readonly n: number
  readonly cells: readonly Cell[]
}

const widthMin = 64
const widthMax = 380
/** Rows that are looked at for the width of a column. */
const sampleMax = 100

export function ResultTable({ answer, isRunning }: { answer: SqlAnswer | undefined; isRunning: boolean }) {
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
  return <Result key={keys.key} answer={answer} isRunning={isRunning} />
}

function Result({ answer, isRunning }: { answer: SqlAnswer; isRunning: boolean }) {
  const [sort, setSort] = useState<Sort>()
  const [opened, setOpened] = useState<Row>()
  const columns = useMemo(() => columnsOf(answer), [answer])
  const rows = useMemo(() => {
    const all = answer.rows.map((cells, n) => ({ n, cells }))
    return localRows(
      arranged(all, { sort, value: (row, column) => sortable(row.cells[Number(column)] ?? null) }),
    )
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

function columnsOf({ columns, rows }: SqlAnswer): readonly Column<Row>[] {
  return columns.map(({ name, type }, i) => ({
    id: String(i),
    label: visible(name.slice(0, 80)),
    hint: `${visible(name.slice(0, 200))}: ${visible(type.slice(0, 200))}`,
    width: `${widthOf(
      name,
      rows.slice(0, sampleMax).map((row) => textOf(row[i] ?? null)),
    )}px`,
    ...(isNumber(type) && { align: 'right' as const }),
    sorts: isNumber(type) ? 'down' : 'up',
    cell: ({ cells }) => <Shown value={cells[i] ?? null} type={type} />,
  }))
}

function widthOf(name: string, texts: readonly string[]): number {
  const longest = texts.reduce((max, text) => Math.max(max, text.length), name.length + 2)
  return Math.max(widthMin, Math.min(widthMax, Math.round(longest * 7) + 22))
}

function isNumber(type: string): boolean {
  return /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL)/.test(type)
}

function Shown({ value, type }: { value: Cell; type: string }) {
  if (value === null) return <span className="quiet">null</span>
  if (typeof value === 'string' && type.startsWith('TIMESTAMP')) return <Moment iso={value} digits={3} />
  if (typeof value === 'string') return <Clip text={value} />
  return <Clip text={textOf(value)} code={typeof value === 'object'} />
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

function textOf(value: Cell): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function sortable(value: Cell): CellValue {
  return value === null || typeof value === 'number' ? value : textOf(value)
}
