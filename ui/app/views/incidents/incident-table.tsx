import { useMemo } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { parseIso } from '../../../../src/base/time.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { IncidentList, IncidentRow } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useLoad } from '../../net/use-load.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill, Severity, severityOrder } from '../../parts/pill.tsx'
import { Await, Empty } from '../../parts/states.tsx'
import { CsvButton } from '../../parts/table/csv-button.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, sortOf, sortText } from '../../parts/table/rows.ts'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { go, useParam, useRange } from '../../routing/navigate.ts'
import type { Range } from '../../routing/range.ts'

export function IncidentTable({ source }: { source: string }) {
  const turn = useLiveTurn(['source', 'finding', 'note'], source)
  const loaded = useLoad(
    `incidents ${source} ${turn}`,
    (signal) => ask<IncidentList>(`/sources/${encodeURIComponent(source)}/incidents`, {}, signal),
    { keep: true },
  )
  return (
    <>
      <h1>Incidents</h1>
      <Await loaded={loaded} what="Reading the incidents…">
        {(list) => <Listed source={source} list={list} />}
      </Await>
    </>
  )
}

function Listed({ source, list }: { source: string; list: IncidentList }) {
  const [filter, setFilter] = useParam('q')
  const [order, setOrder] = useParam('sort')
  const range = useRange()
  const columns = useMemo(() => columnsOf(source), [source])
  const sort = sortOf(
    order,
    columns.map(({ id }) => id),
  )
  const within = list.incidents.filter((incident) => touches(incident, range))
  const rows = arranged(within, { filter, text: textOf, sort, value: sortValue })
  return (
    <div className="stack">
      <p className="verdict">
        <LogText text={list.verdict} max={2_000} />
      </p>
      <div className="filters">
        <input
          type="search"
          data-filter
          aria-label="Filter the incidents"
          placeholder="Filter"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <span className="shown" role="status">
          {count(rows.length)} of {count(list.incidents.length)}
        </span>
        <CsvButton name="incidents" rows={async () => rows} />
      </div>
      <DataTable
        caption="Incidents"
        columns={columns}
        rows={localRows(rows)}
        rowKey={(row) => row.uid}
        rowHeight="two"
        height={480}
        sort={sort}
        onSort={(next) => setOrder(sortText(next))}
        onOpen={(row) => go({ view: 'incidents', source, id: row.uid })}
        empty={
          list.incidents.length === 0 ? (
            <Empty title="No incident was made of what this source holds.">
              <p>
                <Link to={{ view: 'alarms', source }}>Its alarms</Link> and{' '}
                <Link to={{ view: 'coverage', source }}>what its inputs gave</Link> stand elsewhere.
              </p>
            </Empty>
          ) : (
            <Empty title="No incident fits the filter or the span of time." />
          )
        }
      />
      <Panel title="Explanations" lead="The whole hypothesis and its rivals, each against chance.">
        <ul className="rows hypotheses">
          {list.hypotheses.map(({ name, verdict, text }) => (
            <li key={name}>
              <Pill tone={verdict}>{verdict}</Pill>
              <div>
                <b>{hypothesisWords[name] ?? name}</b>
                <small>
                  <LogText text={text} max={600} />
                </small>
              </div>
            </li>
          ))}
        </ul>
      </Panel>
      {list.notes.length > 0 && (
        <Panel title="To know">
          <ul className="plain-list">
            {list.notes.map((note) => (
              <li key={note}>
                <LogText text={note} max={600} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  )
}

const hypothesisWords: Readonly<Record<string, string>> = {
  'agent-caused': 'The agents caused it',
  'periodic-job': 'A periodic job',
  outside: 'Somebody outside',
  background: 'What goes on anyway',
}

function columnsOf(source: string): readonly Column<IncidentRow>[] {
  return [
    {
      id: 'severity',
      label: 'Severity',
      width: '104px',
      sorts: 'down',
      cell: (row) => <Severity severity={row.severity} />,
    },
    {
      id: 'title',
      label: 'Incident',
      sorts: 'up',
      cell: (row) => (
        <>
          <Link className="clip" to={{ view: 'incidents', source, id: row.uid }}>
            {visible(row.title.slice(0, 300))}
          </Link>
          <small className="clip">{visible(row.kinds.join(', ').slice(0, 200))}</small>
        </>
      ),
    },
    {
      id: 'firstSeen',
      label: 'First seen',
      width: '184px',
      sorts: 'down',
      cell: (row) => <Moment iso={row.firstSeen} />,
    },
    {
      id: 'firstStep',
      label: 'Step',
      width: '72px',
      align: 'right',
      sorts: 'up',
      hint: 'First training step in which it was seen',
      cell: (row) => row.firstStep ?? '–',
    },
    {
      id: 'occurrences',
      label: 'Times',
      width: '72px',
      align: 'right',
      sorts: 'down',
      cell: (row) => count(row.occurrences),
    },
    {
      id: 'episodes',
      label: 'Episodes',
      width: '88px',
      align: 'right',
      sorts: 'down',
      cell: (row) => count(row.episodes.length),
    },
    {
      id: 'status',
      label: 'Status',
      width: '150px',
      sorts: 'up',
      cell: (row) => (
        <>
          <Pill tone={row.status}>{row.status}</Pill>
          {row.assignee !== null && <small className="clip">{visible(row.assignee)}</small>}
        </>
      ),
    },
  ]
}

function sortValue(row: IncidentRow, column: string): string | number | null {
  switch (column) {
    case 'severity':
      return -severityOrder.indexOf(row.severity)
    case 'episodes':
      return row.episodes.length
    case 'title':
    case 'firstSeen':
    case 'firstStep':
    case 'occurrences':
    case 'status':
      return row[column]
    default:
      return null
  }
}

function textOf({
  title,
  kinds,
  boxes,
  destinations,
  episodes,
  status,
  assignee,
  tags,
}: IncidentRow): string {
  return [title, ...kinds, ...boxes, ...destinations, ...episodes, status, assignee ?? '', ...tags].join(' ')
}

function touches({ firstSeen, lastSeen }: IncidentRow, range: Range | undefined): boolean {
  if (range === undefined) return true
  const us = (iso: string) => parseIso(iso)?.us ?? 0
  return us(firstSeen) < us(range.to) && us(lastSeen) >= us(range.from)
}
