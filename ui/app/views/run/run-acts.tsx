import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { LiveRun } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { localRows } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { useRange } from '../../routing/navigate.ts'
import { isWithin } from './within.ts'

type Act = LiveRun['acts'][number]

const columns: readonly Column<Act>[] = [
  { id: 'time', label: 'Time', width: '82px', cell: ({ time }) => <Moment iso={time} show="clock" /> },
  {
    id: 'act',
    label: 'Act',
    width: '110px',
    cell: ({ act, ok }) => (
      <Pill tone={ok ? 'allowed' : 'failed'}>
        {visible(act.slice(0, 40))}
        {ok ? '' : ' failed'}
      </Pill>
    ),
  },
  {
    id: 'detail',
    label: 'What it did, and by whom',
    cell: ({ detail, by }) => (
      <>
        <Clip text={detail} />
        <small className="clip">{visible(by.slice(0, 200))}</small>
      </>
    ),
  },
]

/** Acts on the sandbox by people and by the policy, the newest first. */
export function RunActs({ acts }: { acts: readonly Act[] }) {
  const range = useRange()
  const rows = acts.filter(({ time }) => isWithin(time, range)).toReversed()
  return (
    <Panel title="Acts" tools={rows.length > 0 && count(rows.length)}>
      {rows.length === 0 ? (
        <p className="quiet">
          {acts.length === 0 ? 'Nobody has acted on it, and no response has.' : 'None in this span.'}
        </p>
      ) : (
        <DataTable
          caption="Acts on the sandbox, the newest first"
          columns={columns}
          rows={localRows(rows)}
          rowKey={({ time, act, target }) => `${time} ${act} ${target}`}
          rowHeight="two"
          height={330}
          empty={null}
        />
      )}
    </Panel>
  )
}
