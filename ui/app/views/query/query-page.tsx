import { type KeyboardEvent, type Ref, useEffect, useId, useRef, useState } from 'react'
import type { SavedAnswer } from '../../../../src/server/api.ts'
import { usOf } from '../../format/moment.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Empty, ProblemPanel } from '../../parts/states.tsx'
import { useParam, useRange } from '../../routing/navigate.ts'
import { isoOf, type Range } from '../../routing/range.ts'
import type { ViewProps } from '../../shell/main-view.tsx'
import { ResultTable } from './result-table.tsx'
import { SavedQueries } from './saved-queries.tsx'
import { TableList } from './table-list.tsx'
import { type RunningQuery, useQuery } from './use-query.ts'
import './query.css'

/** A query longer than this is no part of the address: servers and chat programs cut those. */
const addressCharsMax = 4_000

/** SQL over the case. It runs in a process of its own that reaches no file and no network. */
export function QueryPage({ source }: ViewProps) {
  const [linked, setLinked] = useParam('sql')
  const [sql, setSql] = useState(linked)
  const [isOwn, setOwn] = useState(linked !== '')
  const editor = useRef<HTMLTextAreaElement>(null)
  const saved = useLoad('queries', (signal) => ask<SavedAnswer>('/queries', {}, signal))
  const query = useQuery(source)
  const first = saved.value?.queries[0]?.sql

  useEffect(() => {
    if (!isOwn && first !== undefined) setSql(first)
  }, [isOwn, first])

  const write = (text: string) => {
    setOwn(true)
    setSql(text)
  }
  const run = (text: string) => {
    if (text.trim() === '') return
    setLinked(text.length <= addressCharsMax ? text : '')
    query.run(text)
  }
  const insert = (text: string) => {
    const element = editor.current
    if (!element) return
    element.focus()
    element.setRangeText(text, element.selectionStart, element.selectionEnd, 'end')
    write(element.value)
  }
  return (
    <>
      <div className="head">
        <h1>Query</h1>
        <p className="lead">
          SQL (DuckDB) over what the case holds. Nothing but its tables is in reach, and nothing can be
          changed.
        </p>
      </div>
      <div className="query-frame">
        <div className="query-main">
          <Editor
            ref={editor}
            sql={sql}
            query={query}
            onChange={write}
            onRun={() => run(sql)}
            onInsert={insert}
          />
          {query.problem && <ProblemPanel problem={query.problem} />}
          {query.answer && !query.problem ? (
            <ResultTable key={query.sql} source={source} answer={query.answer} />
          ) : (
            !query.problem &&
            !query.busy && (
              <Empty title="Nothing was asked yet.">
                Choose a query at the side or write one, then Run. The tables and their columns stand below
                the queries.
              </Empty>
            )
          )}
        </div>
        <div className="stack query-side">
          <SavedQueries
            saved={saved}
            sql={sql}
            onPick={(picked) => {
              write(picked.sql)
              run(picked.sql)
            }}
          />
          <TableList onPick={insert} />
        </div>
      </div>
    </>
  )
}

interface EditorProps {
  readonly ref: Ref<HTMLTextAreaElement>
  readonly sql: string
  readonly query: RunningQuery
  readonly onChange: (sql: string) => void
  readonly onRun: () => void
  readonly onInsert: (text: string) => void
}

function Editor({ ref, sql, query, onChange, onRun, onInsert }: EditorProps) {
  const id = useId()
  const range = useRange()
  const isEmpty = sql.trim() === ''
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    onRun()
  }
  return (
    <form
      className="panel query-editor"
      onSubmit={(event) => {
        event.preventDefault()
        onRun()
      }}
    >
      <label htmlFor={id} className="unseen">
        SQL
      </label>
      <textarea
        ref={ref}
        id={id}
        data-filter
        value={sql}
        rows={Math.min(16, Math.max(6, sql.split('\n').length + 1))}
        maxLength={100_000}
        spellCheck={false}
        autoComplete="off"
        placeholder="select severity, title from findings order by severity desc"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="filters">
        <button type="submit" className="primary" disabled={isEmpty || query.busy !== undefined}>
          Run
        </button>
        <span>
          <kbd>Ctrl</kbd> <kbd>Enter</kbd>
        </span>
        {range && (
          <button type="button" onClick={() => onInsert(conditionOf(range))}>
            Insert the chosen span
          </button>
        )}
        <span className="shown query-files">
          {query.busy && <Busy query={query} />}
          <button
            type="button"
            disabled={isEmpty || query.busy !== undefined}
            onClick={() => query.save(sql, 'csv')}
          >
            Save all as CSV
          </button>
          <button
            type="button"
            disabled={isEmpty || query.busy !== undefined}
            onClick={() => query.save(sql, 'parquet')}
          >
            Parquet
          </button>
        </span>
      </div>
    </form>
  )
}

/** How long it has been going on, and a way to end it. */
function Busy({ query }: { query: RunningQuery }) {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(Math.round((Date.now() - query.startedMs) / 1000)), 500)
    return () => clearInterval(timer)
  }, [query.startedMs])
  return (
    <>
      <span role="status">{query.busy === 'query' ? 'Running' : 'Writing the file'}</span>
      <span aria-hidden="true">{seconds} s</span>
      <button type="button" onClick={() => query.cancel()}>
        Cancel
      </button>
    </>
  )
}

/** Both ends come from the address, so they are read and written anew. */
function conditionOf({ from, to }: Range): string {
  const stamp = (iso: string) =>
    `timestamp '${isoOf(usOf(iso) ?? 0)
      .replace('T', ' ')
      .replace(/Z$/, '')}'`
  return ` time >= ${stamp(from)} and time < ${stamp(to)} `
}
