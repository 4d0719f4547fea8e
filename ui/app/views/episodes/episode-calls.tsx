import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { CallRow, CallsAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { Moment } from '../../parts/moment.tsx'
import { Severity } from '../../parts/pill.tsx'
import { Empty, Loading, ProblemPanel } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { usePagedRows } from '../../parts/table/use-paged-rows.ts'
import { Clip } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { go, useRange } from '../../routing/navigate.ts'

/** The calls of one episode in the order of their time. */
export function EpisodeCalls({ source, episode }: { source: string; episode: string }) {
  const range = useRange()
  const query = { ...range, episode }
  const rows = usePagedRows<CallRow, CallsAnswer>(JSON.stringify([source, query]), (offset, limit, signal) =>
    ask<CallsAnswer>(`/sources/${encodeURIComponent(source)}/calls`, { ...query, offset, limit }, signal),
  )
  return (
    <section className="episode-calls" aria-label="Its calls">
      <h3>
        {rows.last === undefined ? 'Calls' : counted(rows.total, 'call')}
        {range && <span className="quiet"> in the span of time</span>}
      </h3>
      {rows.problem && <ProblemPanel problem={rows.problem} onRetry={rows.reload} />}
      {rows.loading && rows.last === undefined && <Loading what="Reading its calls…" />}
      {rows.last !== undefined && (
        <DataTable
          caption="Calls of the episode"
          columns={columns(source)}
          rows={rows}
          rowKey={(row) => row.uid}
          rowHeight="two"
          dimmed={rows.loading}
          onOpen={(row) => go({ view: 'calls', source, id: row.uid })}
          empty={<Empty title={range ? 'None of its calls ran in the span of time.' : 'It made no call.'} />}
        />
      )}
    </section>
  )
}

function columns(source: string): readonly Column<CallRow>[] {
  return [
    {
      id: 'startTime',
      label: 'Began',
      width: '84px',
      cell: (row) => <Moment iso={row.startTime} show="clock" />,
    },
    {
      id: 'command',
      label: 'Call',
      cell: (row) => (
        <>
          <Link className="clip" to={{ view: 'calls', source, id: row.uid }}>
            {visible((row.name ?? 'call').slice(0, 100))}
          </Link>
          <small>
            <Clip text={row.command ?? ''} code />
          </small>
        </>
      ),
    },
    {
      id: 'events',
      label: 'Caused',
      width: '88px',
      align: 'right',
      cell: (row) => (
        <>
          {row.events === 0 ? <span className="quiet">0</span> : count(row.events)}
          {row.denied > 0 && <small>{count(row.denied)} denied</small>}
        </>
      ),
    },
    {
      id: 'worst',
      label: 'Finding',
      width: '92px',
      cell: (row) => row.worst !== null && <Severity severity={row.worst} />,
    },
  ]
}
