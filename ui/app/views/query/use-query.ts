// One query at a time: asked, cancelled on the server too, downloaded.

import { useEffect, useRef, useState } from 'react'
import type { SqlAnswer } from '../../../../src/server/api.ts'
import { act, fetchFile, type ProblemText, problemTextOf } from '../../net/client.ts'
import { saveFile } from '../../parts/save-file.ts'

export type FileFormat = 'csv' | 'parquet'

export interface Query {
  readonly answer: SqlAnswer | undefined
  readonly problem: ProblemText | undefined
  readonly isRunning: boolean
  /** When what runs was started; ms since 1970. */
  readonly startedAt: number | undefined
  run(sql: string): Promise<void>
  /** The whole result as a file. */
  save(sql: string, format: FileFormat): Promise<void>
  cancel(): void
}

interface Running {
  readonly id: string
  readonly control: AbortController
  readonly startedAt: number
}

export function useQuery(source: string): Query {
  const [answer, setAnswer] = useState<SqlAnswer>()
  const [problem, setProblem] = useState<ProblemText>()
  const [running, setRunning] = useState<Running>()
  const current = useRef<Running>(undefined)
  const path = `/sources/${encodeURIComponent(source)}/query`

  const start = async (work: (running: Running) => Promise<void>) => {
    current.current?.control.abort()
    const mine = { id: newId(), control: new AbortController(), startedAt: Date.now() }
    current.current = mine
    setRunning(mine)
    setProblem(undefined)
    try {
      await work(mine)
    } catch (error) {
      if (current.current === mine && !mine.control.signal.aborted) setProblem(problemTextOf(error))
    } finally {
      if (current.current === mine) {
        current.current = undefined
        setRunning(undefined)
      }
    }
  }

  useEffect(() => () => current.current?.control.abort(), [])

  return {
    answer,
    problem,
    isRunning: running !== undefined,
    startedAt: running?.startedAt,
    run: (sql) =>
      start(async ({ id, control }) => {
        try {
          setAnswer(await act<SqlAnswer>('POST', path, { sql, id }, control.signal))
        } catch (error) {
          // What an earlier statement gave is no answer to this one.
          if (!control.signal.aborted) setAnswer(undefined)
          throw error
        }
      }),
    save: (sql, format) =>
      start(async ({ id, control }) => {
        saveFile(`result.${format}`, await fetchFile(`${path}/export`, { sql, id, format }, control.signal))
      }),
    cancel() {
      const { id, control } = current.current ?? {}
      if (id === undefined) return
      // What the server does not know of any more is ended here.
      act<{ cancelled: boolean }>('POST', '/query/cancel', { id }).then(
        ({ cancelled }) => cancelled || control?.abort(),
        () => control?.abort(),
      )
    },
  }
}

/** Only to be told apart by; `crypto.randomUUID` is missing where the page came without TLS. */
function newId(): string {
  return `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}
