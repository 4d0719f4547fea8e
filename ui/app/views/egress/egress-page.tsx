import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { EgressAnswer, EgressRow } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useWhyNot } from '../../net/sources.ts'
import { useLoad } from '../../net/use-load.ts'
import { Choice } from '../../parts/choice.tsx'
import { Empty, Loading, ProblemPanel } from '../../parts/states.tsx'
import { CsvButton } from '../../parts/table/csv-button.tsx'
import { DataTable } from '../../parts/table/data-table.tsx'
import { sortOf, sortText } from '../../parts/table/rows.ts'
import { usePagedRows } from '../../parts/table/use-paged-rows.ts'
import { Link } from '../../routing/link.tsx'
import { setParams, usePlace, useRange } from '../../routing/navigate.ts'
import type { ViewProps } from '../../shell/main-view.tsx'
import { BaselinePicker, StatusFilter } from './baseline.tsx'
import { egressColumns, egressSorts } from './egress-columns.tsx'
import { EgressDrawer } from './egress-drawer.tsx'
import { rowKeyOf } from './egress-text.ts'
import { levelOf, levels } from './level-columns.tsx'
import './egress.css'

const kinds = [
  ['', 'connections'],
  ['dns', 'lookups'],
  ['all', 'both'],
] as const

const dispositions = [
  ['', 'any'],
  ['allowed', 'allowed'],
  ['blocked', 'denied'],
  ['unknown', 'not said'],
] as const

const causes = [
  ['', 'anything'],
  ['calls', 'a call'],
  ['none', 'no named call'],
] as const

/** Parameters that links from elsewhere narrow the map by. */
const narrowings = [
  ['episode', 'episode'],
  ['toolCall', 'call'],
  ['box', 'sandbox'],
] as const

/** Who reached what, let through or not, and what of it is new. */
export function EgressPage({ source }: ViewProps) {
  const params = usePlace()?.params ?? {}
  const range = useRange()
  const whyNot = useWhyNot()
  const [opened, setOpened] = useState<EgressRow>()
  const { text = '', kind = '', disposition = '', caused = '', baseline = '', unlikely = '' } = params
  const level = levelOf(params.level ?? '')
  const status = baseline === '' ? '' : (params.status ?? '')
  const sort = sortOf(params.sort || '-events', egressSorts)
  const question = {
    ...range,
    level,
    kind,
    text: text.slice(0, 200),
    disposition,
    caused,
    baseline,
    unlikely: unlikely === '' ? undefined : true,
    episode: params.episode,
    toolCall: params.toolCall,
    box: params.box,
  }
  const query = {
    ...question,
    status,
    sort: sort?.column,
    direction: sort?.down ? 'desc' : 'asc',
  }
  const path = `/sources/${encodeURIComponent(source)}/egress`
  const rows = usePagedRows<EgressRow, EgressAnswer>(
    JSON.stringify([source, query]),
    (offset, limit, signal) => ask<EgressAnswer>(path, { ...query, offset, limit }, signal),
  )
  // With one status chosen the answer counts only that one.
  const unfiltered = useLoad(
    status === '' ? undefined : `statuses ${JSON.stringify([source, question])}`,
    (signal) => ask<EgressAnswer>(path, { ...question, limit: 1 }, signal),
    { keep: true },
  )
  const counts = status === '' ? rows.last?.statuses : unfiltered.value?.statuses
  const hasManyColumns = (baseline !== '' || kind === 'all') && ['step', 'episode', 'call'].includes(level)
  const narrowed = narrowings.filter(([name]) => params[name] !== undefined)
  const isFiltered =
    [text, disposition, caused, status].some((value) => value !== '') ||
    narrowed.length > 0 ||
    range !== undefined
  return (
    <>
      <h1>Egress</h1>
      <div className="filters">
        <input
          type="search"
          data-filter
          aria-label="Search names, addresses, sandboxes, episodes, tools"
          placeholder="Name, address, sandbox, tool"
          value={text}
          onChange={(event) => setParams({ text: event.target.value })}
        />
        <Choice name="level" label="By" value={level} options={levels} />
        <Choice name="kind" label="Show" value={kind} options={kinds} />
        <Choice name="disposition" label="Let through" value={disposition} options={dispositions} />
        <Choice name="caused" label="Caused by" value={caused} options={causes} />
        <BaselinePicker source={source} value={baseline} />
        <label title="Also rows whose calls are only less probable candidates">
          <input
            type="checkbox"
            checked={unlikely !== ''}
            onChange={(event) => setParams({ unlikely: event.target.checked ? 'true' : '' })}
          />
          unlikely ones too
        </label>
        {narrowed.map(([name, word]) => (
          <span key={name} className="chip">
            <span>
              only {word} <code>{visible((params[name] ?? '').slice(0, 60))}</code>
            </span>
            <button
              type="button"
              onClick={() => setParams({ [name]: '' })}
              aria-label={`Not only this ${word}`}
            >
              ✕
            </button>
          </span>
        ))}
        <span className="shown" role="status">
          {rows.last && `${count(rows.total)} ${isFiltered ? 'fit' : 'rows'}`}
        </span>
        <CsvButton name="egress" rows={rows.all} />
      </div>
      {baseline !== '' && (
        <StatusFilter counts={counts ?? null} value={status} isCut={rows.last?.baselineCut ?? false} />
      )}
      {rows.problem && <ProblemPanel problem={rows.problem} onRetry={rows.reload} />}
      {rows.loading && rows.last === undefined && <Loading what="Reading the case…" />}
      {rows.last !== undefined && (
        <div className={hasManyColumns ? 'beside egress egress-wide' : 'beside egress'}>
          <DataTable
            caption="Destinations"
            columns={egressColumns({
              source,
              level,
              rows: rows.last.rows,
              isCompared: baseline !== '',
              areKindsMixed: kind === 'all',
              sort,
              isNarrow: opened !== undefined,
              onRule: whyNot === undefined ? setOpened : undefined,
            })}
            rows={rows}
            rowKey={rowKeyOf}
            dimmed={rows.loading}
            sort={sort}
            onSort={(next) => setParams({ sort: sortText(next) })}
            onOpen={setOpened}
            opened={opened && rowKeyOf(opened)}
            empty={
              isFiltered ? (
                <Empty
                  title={
                    status === ''
                      ? 'No destination fits the filters or the span of time.'
                      : `Nothing that fits is ${visible(status.slice(0, 20))}.`
                  }
                />
              ) : (
                <Empty title="Nothing in this source reached for anything.">
                  Its inputs hold no network record; <Link to={{ view: 'coverage', source }}>Coverage</Link>{' '}
                  tells what each of them gave.
                </Empty>
              )
            }
          />
          {opened && (
            <EgressDrawer
              key={rowKeyOf(opened)}
              source={source}
              row={opened}
              onClose={() => setOpened(undefined)}
            />
          )}
        </div>
      )}
    </>
  )
}
