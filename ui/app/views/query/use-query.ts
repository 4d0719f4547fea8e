// One query at a time: run, watched, cancelled on the server too, or written into a file as a whole.

import { useEffect, useRef, useState } from 'react'
import type { SqlAnswer } from '../../../../src/server/api.ts'
import { act, fetchFile, type ProblemText, problemTextOf } from '../../net/client.ts'
import { saveFile } from '../../parts/save-file.ts'

/** Rows shown; a file has them all. */
const rowsMax = 5_000

export type FileFormat = 'csv' | 'parquet'

export interface RunningQuery {
  readonly answer: SqlAnswer | undefined
  /** What was asked for the answer. */
  readonly sql: string
  readonly problem: ProblemText | undefined
  /** What goes on: nothing, a query, a file that is written. */
  readonly busy: 'query' | FileFormat | undefined
  readonly startedMs: number
  run(sql: string): void
  save(sql: string, format: FileFormat): void
  cancel(): void
}

export function useQuery(source: string): RunningQuery {
  const [state, setState] = useState<Pick<RunningQuery, 'answer' | 'sql' | 'problem' | 'busy' | 'startedMs'>>(
    {
      answer: undefined,
      sql: '',
      problem: undefined,
      busy: undefined,
      startedMs: 0,
    },
  )
  const current = useRef<{ id: string; control: AbortController }>(undefined)
  const base = `/sources/${encodeURIComponent(source)}/query`

  const cancel = () => {
    const running = current.current
    if (!running) return
    current.current = undefined
    running.control.abort()
    // Whoever has gone need not hear whether it was still in time.
    act<unknown>('POST', '/query/cancel', { id: running.id }).catch(() => undefined)
    setState((before) => ({ ...before, busy: undefined }))
  }
  const latest = useRef(cancel)
  latest.current = cancel
  useEffect(() => () => latest.current(), [])

  const start = async (
    busy: 'query' | FileFormat,
    work: (id: string, signal: AbortSignal) => Promise<object>,
  ) => {
    cancel()
    const mine = { id: crypto.randomUUID(), control: new AbortController() }
    current.current = mine
    setState((before) => ({ ...before, busy, problem: undefined, startedMs: Date.now() }))
    let change: object
    try {
      change = await work(mine.id, mine.control.signal)
    } catch (error) {
      change = { problem: problemTextOf(error) }
    }
    if (current.current !== mine) return
    current.current = undefined
    setState((before) => ({ ...before, busy: undefined, ...change }))
  }

  return {
    ...state,
    cancel,
    run(sql) {
      void start('query', async (id, signal) => ({
        sql,
        answer: await act<SqlAnswer>('POST', base, { sql, id, rowsMax }, signal),
      }))
    },
    save(sql, format) {
      void start(format, async (id, signal) => {
        saveFile(`result.${format}`, await fetchFile(`${base}/export`, { sql, id, format }, signal))
        return {}
      })
    },
  }
}
