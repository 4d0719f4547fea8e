import { useRef } from 'react'
import { count } from '../../../../src/exporters/words.ts'
import type { EpisodeRow, EpisodesAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { Choice } from '../../parts/choice.tsx'
import { Empty, Loading, ProblemPanel } from '../../parts/states.tsx'
import { CsvButton } from '../../parts/table/csv-button.tsx'
import { DataTable } from '../../parts/table/data-table.tsx'
import { sortOf, sortText } from '../../parts/table/rows.ts'
import { usePagedRows } from '../../parts/table/use-paged-rows.ts'
import { Link } from '../../routing/link.tsx'
import { go, setParams, useParam, usePlace, useRange } from '../../routing/navigate.ts'
import type { ViewProps } from '../../shell/main-view.tsx'
import { episodeColumns, episodeSorts } from './episode-columns.tsx'
import { EpisodeDrawer } from './episode-drawer.tsx'
import { Picked } from './picked.tsx'
import './episodes.css'

const severities = [
  ['', 'any'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['critical', 'critical'],
] as const

/** Every episode of a source, sorted and filtered by the server; two of them can be chosen to compare. */
export function EpisodesPage({ source, id }: ViewProps) {
  const [text, setText] = useParam('text')
  const [order, setOrder] = useParam('sort')
  const [severity] = useParam('severity')
  const [stepFrom] = useParam('stepFrom')
  const [stepTo] = useParam('stepTo')
  const [pick, setPick] = useParam('pick')
  const params = usePlace()?.params ?? {}
  const range = useRange()
  const sort = sortOf(order, episodeSorts)
  const query = {
    ...range,
    text: text.slice(0, 200),
    severity,
    stepFrom: wholeOf(stepFrom),
    stepTo: wholeOf(stepTo),
    sort: sort?.column,
    direction: sort?.down ? 'desc' : sort && 'asc',
  }
  const rows = usePagedRows<EpisodeRow, EpisodesAnswer>(
    JSON.stringify([source, query]),
    (offset, limit, signal) =>
      ask<EpisodesAnswer>(
        `/sources/${encodeURIComponent(source)}/episodes`,
        { ...query, offset, limit },
        signal,
      ),
  )
  const opened = useRef<EpisodeRow>(undefined)
  const hasRuns = useRef(false)
  hasRuns.current ||= rows.last?.rows.some(({ run }) => run !== null) ?? false
  const picked = pick.split(',').filter(Boolean).slice(0, 2)
  const has = rows.last?.has
  const isFiltered = text !== '' || severity !== '' || stepFrom !== '' || stepTo !== '' || range !== undefined
  return (
    <>
      <h1>Episodes</h1>
      <div className="filters">
        <input
          type="search"
          data-filter
          aria-label="Search episodes, runs, sandboxes, versions of the weights"
          placeholder="Episode, run, sandbox, weights"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Choice name="severity" label="A finding of at least" value={severity} options={severities} />
        {has !== undefined && has.stepMin !== null && (
          <fieldset className="steps">
            <legend className="unseen">Training steps</legend>
            Steps
            <StepField name="stepFrom" label="First step" value={stepFrom} ifNone={has.stepMin} />
            to
            <StepField name="stepTo" label="Last step" value={stepTo} ifNone={has.stepMax} />
          </fieldset>
        )}
        <Picked source={source} picked={picked} onClear={() => setPick('')} />
        <span className="shown" role="status">
          {has === undefined
            ? ''
            : isFiltered
              ? `${count(rows.total)} of ${count(has.episodes)}`
              : `${count(rows.total)} episodes`}
        </span>
        <CsvButton name="episodes" rows={rows.all} />
      </div>
      {rows.problem && <ProblemPanel problem={rows.problem} onRetry={rows.reload} />}
      {rows.loading && has === undefined && <Loading what="Reading the case…" />}
      {has !== undefined && (
        <div className="beside episodes">
          <DataTable
            caption="Episodes"
            columns={episodeColumns({
              has,
              hasRuns: hasRuns.current,
              sort,
              isNarrow: id !== undefined,
              picked,
              onPick: (uid, isPicked) => setPick(pickedWith(picked, uid, isPicked).join(',')),
            })}
            rows={rows}
            rowKey={(row) => row.uid}
            dimmed={rows.loading}
            sort={sort}
            onSort={(next) => setOrder(sortText(next))}
            opened={id}
            onOpen={(row) => {
              opened.current = row
              go({ view: 'episodes', source, id: row.uid, params })
            }}
            empty={
              isFiltered ? (
                <Empty title="No episode fits the filters or the span of time." />
              ) : (
                <Empty title="This source holds no tool call, so there are no episodes.">
                  Give `investigate` the traces of the agents beside the logs of the network;{' '}
                  <Link to={{ view: 'coverage', source }}>Coverage</Link> tells what each input gave.
                </Empty>
              )
            }
          />
          {id !== undefined && (
            <EpisodeDrawer
              source={source}
              uid={id}
              row={opened.current?.uid === id ? opened.current : undefined}
              onClose={() => go({ view: 'episodes', source, params })}
            />
          )}
        </div>
      )}
    </>
  )
}

interface StepFieldProps {
  readonly name: string
  readonly label: string
  readonly value: string
  /** What no limit amounts to. */
  readonly ifNone: number | null
}

function StepField({ name, label, value, ifNone }: StepFieldProps) {
  return (
    <input
      type="number"
      aria-label={label}
      placeholder={String(ifNone ?? '')}
      value={value}
      onChange={(event) => setParams({ [name]: event.target.value })}
    />
  )
}

/** Undefined for what is no whole number, as something half typed. */
function wholeOf(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The two chosen last. */
function pickedWith(picked: readonly string[], uid: string, isPicked: boolean): readonly string[] {
  const others = picked.filter((one) => one !== uid)
  return isPicked ? [...others, uid].slice(-2) : others
}
