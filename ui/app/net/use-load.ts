// What a component shows comes from the server: asked when it appears or its question changes, ended when it goes.

import { useCallback, useEffect, useRef, useState } from 'react'
import { type ProblemText, problemTextOf, Refused } from './client.ts'

/** Answers kept so that the way back shows something at once, while it is asked anew. */
const keptMax = 60
const kept = new Map<string, unknown>()

export interface Loaded<T> {
  /** The last answer; it may be of the question before as long as `loading`. */
  readonly value: T | undefined
  readonly loading: boolean
  readonly problem: ProblemText | undefined
  /** Of the problem. */
  readonly status: number | undefined
  reload(): void
}

/**
 * Asks `load` whenever `key` changes. `key` names the question; `undefined` asks nothing. With `keep` the answer to
 * the question before stays in view until the next has come, which is right for filters and wrong for another thing.
 */
export function useLoad<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  { keep = false }: { keep?: boolean } = {},
): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<State<T>>({})
  const latest = useRef(load)
  latest.current = load

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn asks the same question again.
  useEffect(() => {
    if (key === undefined) return
    const control = new AbortController()
    setState((before) => ({ ...before, asking: key }))
    latest.current(control.signal).then(
      (value) => {
        if (control.signal.aborted) return
        remember(key, value)
        setState({ key, value })
      },
      (error: unknown) => {
        if (control.signal.aborted) return
        const status = error instanceof Refused ? error.status : undefined
        setState((before) => ({
          key,
          ...(before.key === key && before.value !== undefined && { value: before.value }),
          problem: problemTextOf(error),
          ...(status !== undefined && { status }),
        }))
      },
    )
    return () => control.abort()
  }, [key, turn])

  const reload = useCallback(() => setTurn((n) => n + 1), [])
  const isCurrent = state.key === key
  const before = key === undefined ? undefined : (kept.get(key) as T | undefined)
  return {
    value: isCurrent ? (state.value ?? before) : (before ?? (keep ? state.value : undefined)),
    loading: key !== undefined && (!isCurrent || state.asking === key),
    problem: isCurrent ? state.problem : undefined,
    status: isCurrent ? state.status : undefined,
    reload,
  }
}

interface State<T> {
  readonly key?: string
  readonly asking?: string
  readonly value?: T
  readonly problem?: ProblemText
  readonly status?: number
}

function remember(key: string, value: unknown): void {
  kept.delete(key)
  kept.set(key, value)
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMax) break
    kept.delete(oldest)
  }
}
