import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { EgressRow } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { Moment } from '../../parts/moment.tsx'
import { Pill } from '../../parts/pill.tsx'
import type { Column } from '../../parts/table/data-table.tsx'
import type { Sort } from '../../parts/table/rows.ts'
import { destinationText, endpointText } from './egress-text.ts'
import { type Level, levelColumns } from './level-columns.tsx'

/** As the server knows them. */
export const egressSorts = [
  'destination',
  'port',
  'events',
  'allowed',
  'denied',
  'expected',
  'calls',
  'episodes',
  'bytesOut',
  'bytesIn',
  'firstTime',
  'lastTime',
  'status',
] as const

/** What is left beside the details, with who it was and what the rows are sorted by. */
const narrow: readonly string[] = ['destination', 'port', 'denied', 'status']

interface Shown {
  readonly source: string
  readonly level: Level
  /** Of the rows that came last: columns that none of them fills are left out. */
  readonly rows: readonly EgressRow[]
  readonly isCompared: boolean
  readonly areKindsMixed: boolean
  readonly sort: Sort | undefined
  readonly isNarrow: boolean
  /** Undefined for who may not make rules. */
  readonly onRule: ((row: EgressRow) => void) | undefined
}

export function egressColumns(shown: Shown): readonly Column<EgressRow>[] {
  const { source, level, rows, isCompared, areKindsMixed, sort, isNarrow, onRule } = shown
  const days = new Set(rows.flatMap(({ firstTime, lastTime }) => [firstTime, lastTime]).map(dayOf))
  days.delete(undefined)
  const moment = (id: 'firstTime' | 'lastTime', label: string): Column<EgressRow> => ({
    id,
    label,
    width: days.size > 1 ? '190px' : '78px',
    sorts: id === 'firstTime' ? 'up' : 'down',
    cell: (row) => <Moment iso={row[id]} show={days.size > 1 ? 'both' : 'clock'} />,
  })
  const has = (id: 'bytesOut' | 'bytesIn') => rows.some((row) => row[id] !== null)
  const all: readonly (Column<EgressRow> | false)[] = [
    { id: 'destination', label: 'Destination', sorts: 'up', cell: (row) => <Destination row={row} /> },
    numeric('port', 'Port', '58px', 'up'),
    areKindsMixed && {
      id: 'kind',
      label: 'Kind',
      width: '86px',
      cell: (row) => (row.kind === 'dns' ? 'lookup' : 'connection'),
    },
    ...levelColumns(source, level),
    isCompared && {
      id: 'status',
      label: 'Since then',
      hint: 'Against the source it is compared with',
      width: '86px',
      sorts: 'up',
      cell: (row) => row.status !== null && <Pill tone={row.status}>{row.status}</Pill>,
    },
    numeric('allowed', 'Allowed', '72px'),
    numeric('denied', 'Denied', '68px'),
    {
      ...numeric('unknown', 'Not said', '74px'),
      hint: 'Events whose records do not say what became of them',
    },
    {
      ...numeric('expected', 'Expected', '78px'),
      hint: 'Events weighted by how probable it is that these calls caused them',
    },
    level !== 'call' && numeric('calls', 'Calls', '56px'),
    level !== 'call' && level !== 'episode' && numeric('episodes', 'Episodes', '76px'),
    has('bytesOut') && bytes('bytesOut', 'Sent'),
    has('bytesIn') && bytes('bytesIn', 'Received'),
    moment('firstTime', 'First'),
    // One call's are close together: the name of what it reached says more.
    (level !== 'call' || sort?.column === 'lastTime') && moment('lastTime', 'Last'),
    onRule !== undefined && {
      id: 'rule',
      label: 'Rule',
      width: '118px',
      cell: (row) =>
        row.destination !== null && (
          <button
            type="button"
            className="small"
            onClick={() => onRule(row)}
            aria-label={`Make it a rule: ${endpointText(row)}`}
          >
            Make it a rule
          </button>
        ),
    },
  ]
  const filled = all.filter((column) => column !== false)
  if (!isNarrow) return filled
  return filled.filter(({ id }) => narrow.includes(id) || id === level || id === sort?.column)
}

function Destination({ row }: { row: EgressRow }) {
  const addresses = row.addresses.filter((one) => one !== null && one !== row.destination)
  const text = addresses.join(', ')
  return (
    <span className="clip" title={visible(`${destinationText(row)} ${text}`.slice(0, 600))}>
      {destinationText(row)} <span className="quiet">{visible(text.slice(0, 200))}</span>
    </span>
  )
}

function dayOf(iso: string | null): string | undefined {
  return iso?.slice(0, 10)
}

type NumericId = 'port' | 'allowed' | 'denied' | 'unknown' | 'expected' | 'calls' | 'episodes'

function numeric(
  id: NumericId,
  label: string,
  width: string,
  sorts: 'up' | 'down' = 'down',
): Column<EgressRow> {
  const isSorted = (egressSorts as readonly string[]).includes(id)
  return {
    id,
    label,
    width,
    align: 'right',
    ...(isSorted && { sorts }),
    cell: (row) => {
      const n = row[id]
      if (n === null) return <span className="quiet">–</span>
      if (n === 0) return <span className="quiet">0</span>
      return id === 'port' ? n : count(n)
    },
  }
}

function bytes(id: 'bytesOut' | 'bytesIn', label: string): Column<EgressRow> {
  return {
    id,
    label,
    width: '78px',
    align: 'right',
    sorts: 'down',
    cell: (row) => {
      const n = row[id]
      return n === null ? <span className="quiet">–</span> : bytesText(Number(n))
    },
  }
}
