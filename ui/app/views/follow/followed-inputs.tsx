import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { FollowStateAnswer } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { Panel } from '../../parts/panel.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { localRows } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'

type Input = FollowStateAnswer['inputs'][number]

const columns: readonly Column<Input>[] = [
  {
    id: 'path',
    label: 'Input',
    cell: ({ path, format, note }) => (
      <>
        <Clip text={path} code />
        <small className="clip" title={visible((note ?? '').slice(0, 2_000))}>
          {visible([format, note ?? ''].filter(Boolean).join(': ').slice(0, 300))}
        </small>
      </>
    ),
  },
  number('events', 'Events'),
  number('toolCalls', 'Calls'),
  {
    id: 'rejected',
    label: 'Refused',
    width: '74px',
    align: 'right',
    cell: ({ rejected }) =>
      rejected > 0 ? <b className="tone-medium">{count(rejected)}</b> : <span className="quiet">0</span>,
  },
  { id: 'bytes', label: 'Read', width: '74px', align: 'right', cell: ({ bytes }) => bytesText(bytes) },
]

function number(id: 'events' | 'toolCalls', label: string): Column<Input> {
  return {
    id,
    label,
    width: '70px',
    align: 'right',
    cell: (row) => (row[id] === 0 ? <span className="quiet">0</span> : count(row[id])),
  }
}

export function FollowedInputs({ inputs }: { inputs: readonly Input[] }) {
  return (
    <Panel title="Inputs" tools={inputs.length > 0 && count(inputs.length)}>
      {inputs.length === 0 ? (
        <p className="quiet">No file is followed; what is received stands beside.</p>
      ) : (
        <DataTable
          caption="Inputs"
          columns={columns}
          rows={localRows(inputs)}
          rowKey={({ path }) => path}
          rowHeight="two"
          height={340}
          empty={null}
        />
      )}
    </Panel>
  )
}
