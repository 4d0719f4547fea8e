// Rows that stay on the server: pages of them are fetched as they come into view and a bounded number is kept.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type ProblemText, problemTextOf } from '../../net/client.ts'
import type { Rows } from './rows.ts'

const pageRows = 200
const pagesMax = 40
/** Most rows of a file made here; the query view writes files of any length. */
export const fileRowsMax = 20_000

export interface Page<T> {
  readonly rows: readonly T[]
  readonly total: number
}

export interface PagedRows<T, P extends Page<T>> extends Rows<T> {
  /** The answer that came last, for what else it tells. */
  readonly last: P | undefined
  readonly loading: boolean
  readonly problem: ProblemText | undefined
  reload(): void
  /** Every row that fits, for a file; at most `fileRowsMax`. Throws Refused. */
  all(): Promise<readonly T[]>
}

/** `key` names the question (filter, order, span of time); a new one starts over. */
export function usePagedRows<T, P extends Page<T>>(
  key: string,
  load: (offset: number, limit: number, signal: AbortSignal) => Promise<P>,
): PagedRows<T, P> {
  const [turn, setTurn] = useState(0)
  const [, redraw] = useState(0)
  const latest = useRef(load)
  latest.current = load
  const asked = `${turn} ${key}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question starts with nothing known.
  const state = useMemo(() => newState<T, P>(), [asked])
  const shown = useRef<State<T, P>>(state)

  const fetchPage = useCallback(
    (page: number) => {
      if (state.pages.has(page) || state.asked.has(page)) return
      state.asked.add(page)
      latest.current(page * pageRows, pageRows, state.control.signal).then(
        (answer) => {
          state.asked.delete(page)
          if (state.control.signal.aborted) return
          state.pages.set(page, answer.rows)
          state.last = answer
          state.total = answer.total
          for (const oldest of state.pages.keys()) {
            if (state.pages.size <= pagesMax) break
            state.pages.delete(oldest)
          }
          redraw((n) => n + 1)
        },
        (error: unknown) => {
          state.asked.delete(page)
          if (state.control.signal.aborted) return
          state.problem = problemTextOf(error)
          redraw((n) => n + 1)
        },
      )
    },
    [state],
  )

  useEffect(() => {
    if (state.control.signal.aborted) state.control = new AbortController()
    fetchPage(0)
    return () => state.control.abort()
  }, [state, fetchPage])

  // The rows of the question before stay in view until the first of this one have come.
  const isReady = state.total !== undefined || state.problem !== undefined
  if (isReady) shown.current = state
  const { pages, total, last, problem } = shown.current
  return {
    total: total ?? 0,
    last,
    problem,
    loading: !isReady,
    at: (index) => pages.get(Math.floor(index / pageRows))?.[index % pageRows],
    want(from, to) {
      if (state.total === undefined || state.problem) return
      for (let page = Math.floor(from / pageRows); page * pageRows < to; page++) fetchPage(page)
    },
    reload: useCallback(() => setTurn((n) => n + 1), []),
    async all() {
      const rows: T[] = []
      for (;;) {
        const page = await latest.current(rows.length, pageRows, state.control.signal)
        rows.push(...page.rows)
        if (page.rows.length === 0 || rows.length >= Math.min(page.total, fileRowsMax)) return rows
      }
    },
  }
}

interface State<T, P> {
  readonly pages: Map<number, readonly T[]>
  readonly asked: Set<number>
  control: AbortController
  total: number | undefined
  last: P | undefined
  problem: ProblemText | undefined
}

function newState<T, P>(): State<T, P> {
  return {
    pages: new Map(),
    asked: new Set(),
    control: new AbortController(),
    total: undefined,
    last: undefined,
    problem: undefined,
  }
}
