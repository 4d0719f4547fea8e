// One query at a time: asked, cancelled on the server too, downloaded.

import { useEffect, useRef, useState } from 'react'
import type { ErrorAnswer, SqlAnswer } from '../../../../src/server/api.ts'
import { act, addressOfApi, type ProblemText, problemTextOf, Refused } from '../../net/client.ts'

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
        setAnswer(await act<SqlAnswer>('POST', path, { sql, id }, control.signal))
      }),
    save: (sql, format) =>
      start(async ({ id, control }) => {
        const response = await fetch(addressOfApi(`${path}/export`), {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ sql, format, id }),
          signal: control.signal,
        })
        if (!response.ok) {
          const { error } = (await response.json()) as ErrorAnswer
          throw new Refused(response.status, error)
        }
        download(await response.blob(), `result.${format}`)
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

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** Only to be told apart by; `crypto.randomUUID` is missing where the page has no TLS. */
function newId(): string {
  return `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}
