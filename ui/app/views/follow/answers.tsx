import { useMemo } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, pText } from '../../../../src/exporters/words.ts'
import type { FollowAnswerRow } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Disposition, Pill, Verdict } from '../../parts/pill.tsx'
import { Empty } from '../../parts/states.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { arranged, localRows, sortOf, sortText } from '../../parts/table/rows.ts'
import { Clip } from '../../parts/text.tsx'
import { useParam, useRange } from '../../routing/navigate.ts'
import { isWithin } from '../run/within.ts'

const changedWords: Readonly<Record<string, string>> = {
  verdict: 'the verdict',
  toolCall: 'the call',
  p: 'the probability',
}

const columns: readonly Column<FollowAnswerRow>[] = [
  {
    id: 'time',
    label: 'Time',
    width: '118px',
    sorts: 'down',
    cell: ({ time }) => <Moment iso={time} digits={3} show="two-lines" />,
  },
  {
    id: 'event',
    label: 'What came',
    cell: (row) => (
      <>
        <Clip text={`${row.src} → ${targetOf(row)}`} code />
        <small className="clip" title={visible(`${row.file}:${row.line}`.slice(0, 500))}>
          {visible([row.rule ?? '', `${row.file}:${row.line}`].filter(Boolean).join(', ').slice(0, 300))}
        </small>
      </>
    ),
  },
  {
    id: 'disposition',
    label: 'Outcome',
    width: '92px',
    sorts: 'up',
    cell: ({ disposition }) => <Disposition disposition={disposition} />,
  },
  {
    id: 'verdict',
    label: 'Answer',
    width: '128px',
    sorts: 'up',
    cell: ({ verdict, tier }) => (
      <>
        <Verdict verdict={verdict} />
        <small className="clip">by {visible(tier.slice(0, 20))}</small>
      </>
    ),
  },
  {
    id: 'p',
    label: 'p',
    width: '92px',
    align: 'right',
    sorts: 'down',
    hint: 'Probability of the call; below it that no recorded call did it',
    cell: ({ p, pNone }) => (
      <>
        {pText(p)}
        <small>none {pText(pNone)}</small>
      </>
    ),
  },
  {
    id: 'call',
    label: 'By the call',
    cell: ({ call, box }) =>
      call === null ? (
        <span className="quiet">no call found{box === null ? '' : ` in ${visible(box.slice(0, 80))}`}</span>
      ) : (
        <>
          <span className="clip" title={visible(call.command.slice(0, 4_000), true)}>
            <b>{visible(call.name.slice(0, 60))}</b> <code>{visible(call.command.slice(0, 300))}</code>
          </span>
          <small className="clip">
            {visible(
              [
                call.episode === null ? '' : `episode ${call.episode}`,
                call.step === null ? '' : `step ${call.step}`,
                box ?? '',
              ]
                .filter(Boolean)
                .join(', ')
                .slice(0, 300),
            )}
          </small>
        </>
      ),
  },
  {
    id: 'revision',
    label: 'Revision',
    width: '150px',
    sorts: 'down',
    hint: 'A later answer replaces the one before: what differs stands below',
    cell: ({ revision, changed }) =>
      revision === 1 ? (
        <span className="quiet">first answer</span>
      ) : (
        <>
          <Pill tone="medium">revision {count(revision)}</Pill>
          <small className="clip">
            {changed.map((what) => changedWords[what] ?? visible(what.slice(0, 30))).join(', ')}
          </small>
        </>
      ),
  },
]

interface AnswersPanelProps {
  readonly answers: readonly FollowAnswerRow[]
  readonly alarms: 'alarms' | 'all'
  readonly setAlarms: (alarms: 'alarms' | 'all') => void
}

/** The latest revision of each of the newest answers. */
export function AnswersPanel({ answers, alarms, setAlarms }: AnswersPanelProps) {
  const range = useRange()
  const [filter, setFilter] = useParam('q')
  const [order, setOrder] = useParam('sort')
  const [revised, setRevised] = useParam('revised')
  const sort = sortOf(
    order,
    columns.map(({ id }) => id),
  )
  const rows = useMemo(() => {
    const within = answers.filter(
      ({ time, revision }) => isWithin(time, range) && (revised === '' || revision > 1),
    )
    return arranged(within, { filter, text: textOf, sort, value: sortValue })
  }, [answers, range, revised, filter, sort])
  return (
    <Panel
      title="Newest answers"
      tools={
        <>
          <label className="follow-check">
            <input
              type="checkbox"
              checked={alarms === 'alarms'}
              onChange={(event) => setAlarms(event.target.checked ? 'alarms' : 'all')}
            />
            alarms only
          </label>
          <label className="follow-check">
            <input
              type="checkbox"
              checked={revised !== ''}
              onChange={(event) => setRevised(event.target.checked ? 'yes' : '')}
            />
            revised only
          </label>
          <input
            type="search"
            data-filter
            aria-label="Filter the answers"
            placeholder="Filter"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <span role="status">
            {count(rows.length)} of {count(answers.length)}
          </span>
        </>
      }
    >
      <DataTable
        caption="Newest answers"
        columns={columns}
        rows={localRows(rows)}
        rowKey={({ uid }) => uid}
        rowHeight="two"
        height={430}
        sort={sort}
        onSort={(next) => setOrder(sortText(next))}
        empty={
          answers.length === 0 ? (
            <Empty title="Nothing was answered yet.">
              An answer stands here as soon as an alarm comes in from what is followed.
            </Empty>
          ) : (
            <Empty title="No answer fits the filter or the span of time." />
          )
        }
      />
    </Panel>
  )
}

function targetOf({ name, dst, port }: FollowAnswerRow): string {
  const host = name ?? dst
  return `${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`
}

function textOf(row: FollowAnswerRow): string {
  const { src, dst, rule, file, verdict, box, call, disposition } = row
  return [
    src,
    dst,
    targetOf(row),
    rule ?? '',
    file,
    verdict,
    disposition ?? '',
    box ?? '',
    call?.name ?? '',
    call?.command ?? '',
    call?.episode ?? '',
  ].join(' ')
}

function sortValue(row: FollowAnswerRow, column: string): string | number | null {
  switch (column) {
    case 'time':
    case 'disposition':
    case 'verdict':
    case 'p':
    case 'revision':
      return row[column]
    default:
      return null
  }
}
