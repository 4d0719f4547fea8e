// The calls at work, the open connections and what is blocked, each with what can be done to it.

import { useMemo } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { BoxState, ContainRequest } from '../../../../src/server/api.ts'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { localRows } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { actLabels } from './acts.ts'

/** Asks the person about an act. */
export type Want = (request: ContainRequest) => void

export interface ListProps {
  readonly box: BoxState
  readonly want: Want
  readonly whyNot: string | undefined
}

type Call = BoxState['calls'][number]
type Connection = BoxState['connections'][number] & { readonly key: string }

export function CallsPanel({ box, want, whyNot }: ListProps) {
  const columns = useMemo<readonly Column<Call>[]>(
    () => [
      {
        id: 'call',
        label: 'Call',
        cell: ({ call, name, running }) => (
          <>
            <span className="clip">
              <b>{visible((name || call).slice(0, 100))}</b> <code>{visible(call.slice(0, 100))}</code>
            </span>
            <small className="clip" title={visible((running ?? []).map(processText).join('\n'), true)}>
              {visible(
                (running ?? [])
                  .map(({ name }) => name)
                  .join(', ')
                  .slice(0, 300),
              ) || '–'}
            </small>
          </>
        ),
      },
      {
        id: 'processes',
        label: 'Processes',
        width: '88px',
        align: 'right',
        cell: ({ processes }) => count(processes),
      },
      {
        id: 'state',
        label: 'State',
        width: '76px',
        cell: ({ frozen }) =>
          frozen || box.frozen ? <Pill tone="frozen">frozen</Pill> : <Pill tone="live">runs</Pill>,
      },
      {
        id: 'acts',
        label: 'Act on this call alone',
        width: '168px',
        cell: ({ call, frozen }) => (
          <span className="row-acts">
            {([frozen ? 'thaw' : 'freeze', 'kill'] as const).map((act) => (
              <button
                key={act}
                type="button"
                className="small"
                disabled={whyNot !== undefined || (act === 'freeze' && box.frozen)}
                title={
                  whyNot ?? (act === 'freeze' && box.frozen ? 'The whole sandbox is frozen.' : undefined)
                }
                aria-label={`${actLabels[act]} call ${visible(call.slice(0, 100))}`}
                onClick={() => want({ act, call })}
              >
                {actLabels[act]}…
              </button>
            ))}
          </span>
        ),
      },
    ],
    [want, whyNot, box.frozen],
  )
  return (
    <Panel
      title="Calls at work"
      lead="What the kernel keeps apart can be stopped alone; its neighbours go on."
    >
      <DataTable
        caption="Calls at work"
        columns={columns}
        rows={localRows(box.calls)}
        rowKey={({ call, unit }) => `${call} ${unit}`}
        rowHeight="two"
        height={420}
        empty={<p className="quiet none">No call runs at this moment.</p>}
      />
    </Panel>
  )
}

function processText({ pid, name }: { pid: number; name: string }): string {
  return `${pid} ${name}`
}

export function ConnectionsPanel({ box, want, whyNot }: ListProps) {
  const rows = useMemo(
    () => box.connections.map((one, i) => ({ ...one, key: `${i} ${one.to} ${one.call ?? one.unit ?? ''}` })),
    [box],
  )
  const columns = useMemo<readonly Column<Connection>[]>(
    () => [
      {
        id: 'to',
        label: 'To',
        cell: ({ to }) => <Clip text={to} code />,
      },
      {
        id: 'call',
        label: 'Of call',
        width: '96px',
        cell: ({ call, unit }) => (
          <Clip text={call ?? box.calls.find((one) => one.unit === unit)?.call ?? unit ?? '–'} />
        ),
      },
      {
        id: 'protocol',
        label: 'Speaks',
        width: '78px',
        cell: ({ protocol }) => <Clip text={protocol ?? '–'} />,
      },
      {
        id: 'acts',
        label: 'Act',
        width: '82px',
        cell: ({ to }) => (
          <button
            type="button"
            className="small"
            disabled={whyNot !== undefined}
            title={whyNot}
            aria-label={`Block ${visible(to.slice(0, 200))}`}
            onClick={() => want({ act: 'block', destination: to })}
          >
            Block…
          </button>
        ),
      },
    ],
    [box, want, whyNot],
  )
  const open = box.open ?? rows.length
  return (
    <Panel
      title="Open connections"
      tools={open > rows.length ? `${count(rows.length)} of ${count(open)} listed` : undefined}
    >
      <DataTable
        caption="Open connections"
        columns={columns}
        rows={localRows(rows)}
        rowKey={({ key }) => key}
        height={300}
        empty={<p className="quiet none">Nothing is open.</p>}
      />
    </Panel>
  )
}

export function BlockedPanel({ box, want, whyNot }: ListProps) {
  return (
    <Panel title="Blocked" lead="By a person or a response, beyond what the policy denies.">
      {box.blocked.length === 0 ? (
        <p className="quiet">No destination is blocked.</p>
      ) : (
        <ul className="blocked">
          {box.blocked.map((destination) => (
            <li key={destination}>
              <Clip text={destination} code />
              <button
                type="button"
                className="small"
                disabled={whyNot !== undefined}
                title={whyNot}
                aria-label={`Unblock ${visible(destination.slice(0, 200))}`}
                onClick={() => want({ act: 'unblock', destination })}
              >
                Unblock…
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
