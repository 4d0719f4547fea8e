import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { LiveRun } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { localRows } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'

type Call = LiveRun['calls'][number]
type Connection = LiveRun['connections'][number]

const since = {
  id: 'since',
  label: 'Since',
  width: '82px',
  cell: ({ since }: { since: string }) => <Moment iso={since} show="clock" />,
}

const callColumns: readonly Column<Call>[] = [
  since,
  {
    id: 'call',
    label: 'Call',
    cell: ({ name, call, command, frozen }) => (
      <>
        <span className="clip">
          <b>{visible((name || call).slice(0, 100))}</b> <code>{visible(call.slice(0, 100))}</code>{' '}
          {frozen && <Pill tone="frozen">frozen</Pill>}
        </span>
        <small>
          <Clip text={command} code />
        </small>
      </>
    ),
  },
  {
    id: 'source',
    label: 'Told by',
    width: '86px',
    hint: 'exec: Vigiles itself keeps its processes apart; else who told of it',
    cell: ({ source }) => <Clip text={source} />,
  },
]

export function OpenCalls({ calls }: { calls: readonly Call[] }) {
  return (
    <Panel title="Calls at work" tools={calls.length > 0 && count(calls.length)}>
      {calls.length === 0 ? (
        <p className="quiet">No call runs at this moment.</p>
      ) : (
        <DataTable
          caption="Calls at work"
          columns={callColumns}
          rows={localRows(calls)}
          rowKey={({ call }) => call}
          rowHeight="two"
          height={260}
          empty={null}
        />
      )}
    </Panel>
  )
}

const connectionColumns: readonly Column<Connection>[] = [
  since,
  { id: 'to', label: 'To', cell: ({ to }) => <Clip text={to} code /> },
  { id: 'call', label: 'Of call', width: '86px', cell: ({ call }) => <Clip text={call ?? '–'} /> },
  { id: 'protocol', label: 'Speaks', width: '86px', cell: ({ protocol }) => <Clip text={protocol ?? '–'} /> },
]

export function OpenConnections({ connections, open }: { connections: readonly Connection[]; open: number }) {
  const listed = connections.length
  return (
    <Panel
      title="Open connections"
      tools={open > listed ? `the newest ${count(listed)} of ${count(open)}` : listed > 0 && count(listed)}
    >
      {listed === 0 ? (
        <p className="quiet">Nothing is open.</p>
      ) : (
        <DataTable
          caption="Open connections, the newest first"
          columns={connectionColumns}
          rows={localRows(connections)}
          rowKey={({ connection }) => connection}
          height={260}
          empty={null}
        />
      )}
    </Panel>
  )
}
