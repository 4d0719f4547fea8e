import { type FormEvent, useId, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, pText } from '../../../../src/exporters/words.ts'
import type { EventRow, EventsAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { Moment } from '../../parts/moment.tsx'
import { Disposition, Severity, Verdict } from '../../parts/pill.tsx'
import { Empty, Loading, ProblemPanel } from '../../parts/states.tsx'
import { CsvButton } from '../../parts/table/csv-button.tsx'
import { type Column, DataTable } from '../../parts/table/data-table.tsx'
import { sortOf, sortText } from '../../parts/table/rows.ts'
import { usePagedRows } from '../../parts/table/use-paged-rows.ts'
import { Clip } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { go, setParams, useParam, useRange } from '../../routing/navigate.ts'
import { endpointText } from './endpoint-text.ts'

const sorts = ['time', 'severity', 'p', 'src', 'name', 'rule', 'disposition', 'box'] as const

/** Every event of a source, searched and sorted by the server. */
export function AlarmTable({ source }: { source: string }) {
  const [text, setText] = useParam('q')
  const [order, setOrder] = useParam('sort')
  const [verdict] = useParam('verdict')
  const [disposition] = useParam('disposition')
  const [severity] = useParam('severity')
  const range = useRange()
  const sort = sortOf(order, sorts)
  const query = {
    ...range,
    text: text.slice(0, 200),
    verdict,
    disposition,
    severity,
    sort: sort?.column,
    direction: sort?.down ? 'desc' : sort && 'asc',
  }
  const rows = usePagedRows<EventRow, EventsAnswer>(
    JSON.stringify([source, query]),
    (offset, limit, signal) =>
      ask<EventsAnswer>(`/sources/${encodeURIComponent(source)}/events`, { ...query, offset, limit }, signal),
  )
  const isFiltered =
    text !== '' || verdict !== '' || disposition !== '' || severity !== '' || range !== undefined
  return (
    <>
      <h1>Alarms</h1>
      <Pasted source={source} />
      <div className="filters">
        <input
          type="search"
          data-filter
          aria-label="Search names, addresses, rules, sandboxes"
          placeholder="Name, address, rule, sandbox"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Choice
          name="verdict"
          label="Answer"
          value={verdict}
          options={['attributed', 'likely', 'not-attributable']}
        />
        <Choice
          name="disposition"
          label="Let through"
          value={disposition}
          options={['allowed', 'blocked', 'unknown']}
        />
        <Choice
          name="severity"
          label="In a finding of at least"
          value={severity}
          options={['low', 'medium', 'high', 'critical']}
        />
        <span className="shown" role="status">
          {count(rows.total)} {isFiltered ? 'fit' : 'events'}
        </span>
        <CsvButton name="alarms" rows={rows.all} />
      </div>
      {rows.problem && <ProblemPanel problem={rows.problem} onRetry={rows.reload} />}
      {rows.loading && rows.last === undefined && <Loading what="Reading the case…" />}
      {rows.last !== undefined && (
        <DataTable
          caption="Events"
          columns={columns(source)}
          rows={rows}
          rowKey={(row) => row.uid}
          rowHeight="two"
          dimmed={rows.loading}
          sort={sort}
          onSort={(next) => setOrder(sortText(next))}
          onOpen={(row) => go({ view: 'alarms', source, id: row.uid })}
          empty={
            isFiltered ? (
              <Empty title="No event fits the filters or the span of time." />
            ) : (
              <Empty title="This source holds no network, lookup or alert record.">
                <Link to={{ view: 'coverage', source }}>Coverage</Link> tells what each input gave.
              </Empty>
            )
          }
        />
      )}
    </>
  )
}

/** A line as the firewall wrote it leads straight to its answer. */
function Pasted({ source }: { source: string }) {
  const [line, setLine] = useState('')
  const id = useId()
  const open = (event: FormEvent) => {
    event.preventDefault()
    if (line.trim() !== '')
      go({ view: 'alarms', source, id: 'line', params: { line: line.trim().slice(0, 6_000) } })
  }
  return (
    <form className="pasted" onSubmit={open}>
      <label htmlFor={id}>Paste a line of a log</label>
      <input id={id} value={line} spellCheck={false} onChange={(event) => setLine(event.target.value)} />
      <button type="submit" disabled={line.trim() === ''}>
        Why?
      </button>
    </form>
  )
}

function Choice({
  name,
  label,
  value,
  options,
}: {
  name: string
  label: string
  value: string
  options: readonly string[]
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => setParams({ [name]: event.target.value })}>
        <option value="">any</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option.replace('-', ' ')}
          </option>
        ))}
      </select>
    </label>
  )
}

function columns(source: string): readonly Column<EventRow>[] {
  return [
    {
      id: 'time',
      label: 'Time',
      width: '116px',
      sorts: 'up',
      cell: (row) => <Moment iso={row.time} digits={3} show="two-lines" />,
    },
    {
      id: 'name',
      label: 'What',
      sorts: 'up',
      cell: (row) => (
        <>
          <Link className="clip" to={{ view: 'alarms', source, id: row.uid }}>
            {endpointText(row)}
          </Link>
          <small className="clip">
            {row.rule !== null ? visible(row.rule.slice(0, 200)) : visible(row.class ?? '')}
          </small>
        </>
      ),
    },
    {
      id: 'src',
      label: 'From',
      width: '130px',
      sorts: 'up',
      cell: (row) => <Clip text={row.src ?? ''} code />,
    },
    {
      id: 'disposition',
      label: 'Let through',
      width: '96px',
      sorts: 'up',
      cell: (row) => <Disposition disposition={row.disposition} />,
    },
    {
      id: 'severity',
      label: 'Finding',
      width: '104px',
      sorts: 'down',
      cell: (row) => row.severity !== null && <Severity severity={row.severity} />,
    },
    {
      id: 'p',
      label: 'Answer',
      width: '170px',
      sorts: 'down',
      cell: (row) => (
        <>
          <Verdict verdict={row.verdict ?? ''} />
          <small>{row.p !== null && row.toolCall !== null ? `p ${pText(row.p)}` : row.tier}</small>
        </>
      ),
    },
    {
      id: 'box',
      label: 'Call',
      width: '200px',
      sorts: 'up',
      cell: (row) => (
        <>
          {row.toolCall === null ? (
            <span className="quiet">none named</span>
          ) : (
            <Link className="clip" to={{ view: 'calls', source, id: row.toolCall }}>
              {visible((row.tool ?? row.toolCall).slice(0, 60))}
            </Link>
          )}
          <small className="clip">
            {[row.box, row.step === null ? null : `step ${row.step}`]
              .filter((part) => part !== null)
              .map((part) => visible(part.slice(0, 60)))
              .join(', ')}
          </small>
        </>
      ),
    },
  ]
}
