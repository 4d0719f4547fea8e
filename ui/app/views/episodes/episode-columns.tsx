import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { EpisodeRow, EpisodesAnswer } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { Moment } from '../../parts/moment.tsx'
import { Severity } from '../../parts/pill.tsx'
import type { Column } from '../../parts/table/data-table.tsx'
import type { Sort } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { boxesText, episodeText } from './episode-text.ts'

/** As the server knows them. */
export const episodeSorts = [
  'run',
  'episode',
  'step',
  'policyVersion',
  'box',
  'reward',
  'calls',
  'events',
  'denied',
  'destinations',
  'bytesOut',
  'bytesIn',
  'findings',
  'worst',
  'firstTime',
  'lastTime',
] as const

const narrow: readonly string[] = ['pick', 'episode', 'step', 'reward', 'denied', 'findings', 'worst']

interface Shown {
  readonly has: EpisodesAnswer['has']
  readonly hasRuns: boolean
  readonly sort: Sort | undefined
  /** There is room for few: what the details tell too is left out, but not what the rows are sorted by. */
  readonly isNarrow: boolean
  readonly picked: readonly string[]
  readonly onPick: (uid: string, isPicked: boolean) => void
}

/** Only what the case can fill. */
export function episodeColumns(shown: Shown): readonly Column<EpisodeRow>[] {
  const { has, hasRuns, sort, isNarrow, picked, onPick } = shown
  const isOneDay = has.firstTime?.slice(0, 10) === has.lastTime?.slice(0, 10)
  const all: readonly (Column<EpisodeRow> | false)[] = [
    {
      id: 'pick',
      label: 'vs',
      hint: 'Choose two to compare',
      width: '30px',
      cell: (row) => (
        <input
          type="checkbox"
          className="pick"
          aria-label={`Compare ${episodeText(row)}`}
          checked={picked.includes(row.uid)}
          onChange={(event) => onPick(row.uid, event.target.checked)}
        />
      ),
    },
    {
      id: 'episode',
      label: 'Episode',
      sorts: 'up',
      cell: (row) =>
        row.episode === null ? (
          <span className="quiet" title="Its trace names no episode: this row stands for its sandbox">
            {episodeText(row)}
          </span>
        ) : (
          <Clip text={row.episode} />
        ),
    },
    hasRuns && { id: 'run', label: 'Run', sorts: 'up', cell: (row) => <Clip text={row.run ?? '–'} /> },
    has.stepMin !== null && numeric('step', 'Step', '48px', (row) => row.step, 'up'),
    has.policyVersions > 0 && {
      id: 'policyVersion',
      label: 'Weights',
      hint: 'The version of the weights that acted',
      width: '70px',
      sorts: 'up',
      cell: (row) => row.policyVersion !== null && visible(row.policyVersion.slice(0, 100)),
    },
    {
      id: 'box',
      label: 'Sandbox',
      width: '104px',
      sorts: 'up',
      cell: (row) => (
        <code className="clip" title={boxesText(row)}>
          {boxesText(row)}
        </code>
      ),
    },
    has.rewards > 0 && {
      id: 'reward',
      label: 'Reward',
      width: '68px',
      align: 'right',
      sorts: 'down',
      cell: (row) => (row.reward === null ? <None /> : Number(row.reward.toFixed(3))),
    },
    numeric('calls', 'Calls', '54px', (row) => row.calls),
    numeric('events', 'Events', '64px', (row) => row.events, 'down', 'Attributed to its calls'),
    numeric('denied', 'Denied', '66px', (row) => row.denied),
    numeric('destinations', 'Reached', '76px', (row) => row.destinations, 'down', 'Different destinations'),
    has.bytes > 0 && bytes('bytesOut', 'Sent'),
    has.bytes > 0 && bytes('bytesIn', 'Received'),
    numeric('findings', 'Findings', '84px', (row) => row.findings),
    {
      id: 'worst',
      label: 'Worst',
      width: '88px',
      sorts: 'down',
      cell: (row) => row.worst !== null && <Severity severity={row.worst} />,
    },
    {
      id: 'firstTime',
      label: 'Began',
      width: isOneDay ? '78px' : '190px',
      sorts: 'up',
      cell: (row) => <Moment iso={row.firstTime} show={isOneDay ? 'clock' : 'both'} />,
    },
  ]
  const filled = all.filter((column) => column !== false)
  return isNarrow ? filled.filter(({ id }) => narrow.includes(id) || id === sort?.column) : filled
}

function None() {
  return <span className="quiet">–</span>
}

function numeric(
  id: string,
  label: string,
  width: string,
  value: (row: EpisodeRow) => number | null,
  sorts: 'up' | 'down' = 'down',
  hint?: string,
): Column<EpisodeRow> {
  return {
    id,
    label,
    width,
    align: 'right',
    sorts,
    ...(hint !== undefined && { hint }),
    cell: (row) => {
      const n = value(row)
      return n === null ? <None /> : n === 0 ? <span className="quiet">0</span> : count(n)
    },
  }
}

function bytes(id: 'bytesOut' | 'bytesIn', label: string): Column<EpisodeRow> {
  return {
    id,
    label,
    width: '76px',
    align: 'right',
    sorts: 'down',
    cell: (row) => (row[id] === null ? <None /> : bytesText(Number(row[id]))),
  }
}
