import { useMemo } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { SourceRow } from '../../../../src/server/api.ts'
import { useRoom } from '../../net/sources.ts'
import { Moment } from '../../parts/moment.tsx'
import { Empty, Loading, ProblemPanel } from '../../parts/states.tsx'
import { CsvButton } from '../../parts/table/csv-button.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, sortOf, sortText } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { go, useParam } from '../../routing/navigate.ts'
import { kindWords, SourceState } from '../../shell/source-picker.tsx'
import { homeOf } from '../../shell/titles.ts'

const columns: readonly Column<SourceRow>[] = [
  { id: 'title', label: 'Source', sorts: 'up', cell: (row) => <Name row={row} /> },
  { id: 'kind', label: 'Kind', width: '130px', sorts: 'up', cell: (row) => kindWords[row.kind] },
  {
    id: 'startedAt',
    label: 'From',
    width: '190px',
    sorts: 'down',
    cell: (row) => <Moment iso={row.startedAt} />,
  },
  { id: 'endedAt', label: 'To', width: '190px', sorts: 'down', cell: (row) => <Moment iso={row.endedAt} /> },
  { id: 'folder', label: 'Folder', sorts: 'up', cell: (row) => <Clip text={row.folder} code /> },
]

/** Everything that can be looked at, and what can't and why. */
export function SourcesPage() {
  const { sources } = useRoom()
  const [filter, setFilter] = useParam('q')
  const [order, setOrder] = useParam('sort')
  const sort = sortOf(
    order,
    columns.map(({ id }) => id),
  )
  const shown = useMemo(() => {
    const all = sources.value ?? []
    const text = ({ title, folder, kind, state }: SourceRow) =>
      [title, folder, kindWords[kind], state].join(' ')
    const value = (row: SourceRow, column: string) => values[column]?.(row) ?? null
    return arranged(all, { filter, text, sort, value })
  }, [sources.value, filter, sort])
  return (
    <>
      <div className="head">
        <h1>Sources</h1>
        <p className="lead">Investigations, recordings and live runs.</p>
      </div>
      {sources.problem && <ProblemPanel problem={sources.problem} onRetry={sources.reload} />}
      {!sources.value && !sources.problem && <Loading what="Looking for cases and runs…" />}
      {sources.value && (
        <>
          <div className="filters">
            <input
              type="search"
              data-filter
              aria-label="Filter the sources"
              placeholder="Filter"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
            <span className="shown" role="status">
              {shown.length} of {sources.value.length}
            </span>
            <CsvButton name="sources" rows={async () => shown} />
          </div>
          <DataTable
            caption="Sources"
            columns={columns}
            rows={localRows(shown)}
            rowKey={(row) => row.id}
            rowHeight="two"
            sort={sort}
            onSort={(next) => setOrder(sortText(next))}
            onOpen={(row) => row.state !== 'unusable' && go(homeOf(row))}
            empty={
              filter === '' ? (
                <Empty title="There is nothing to look at yet.">
                  <p>
                    <code>vigiles investigate LOGS… --out case-1</code> makes a case of logs and traces;{' '}
                    <code>vigiles run -- COMMAND</code> records a live run, which then appears here by itself.
                  </p>
                </Empty>
              ) : (
                <Empty title="No source fits the filter." />
              )
            }
          />
        </>
      )}
    </>
  )
}

const values: Readonly<Record<string, (row: SourceRow) => string | null>> = {
  title: (row) => row.title,
  kind: (row) => row.kind,
  startedAt: (row) => row.startedAt,
  endedAt: (row) => row.endedAt,
  folder: (row) => row.folder,
}

function Name({ row }: { row: SourceRow }) {
  const title = visible(row.title.slice(0, 200))
  return (
    <>
      {row.state === 'unusable' ? <b>{title}</b> : <Link to={homeOf(row)}>{title}</Link>}{' '}
      <SourceState source={row} />
      {row.problem && <small title={row.problem.fix}>{visible(row.problem.what)}</small>}
    </>
  )
}
