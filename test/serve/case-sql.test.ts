// SQL over a case, asked of the real server.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  EpisodesAnswer,
  SavedAnswer,
  SourceList,
  SqlAnswer,
  TablesAnswer,
} from '../../src/server/api.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

const { folder, remove } = temporaryFolder()
let room: Room
let source: string

beforeAll(async () => {
  room = await openRoom(folder, [await recordedCase(folder)])
  const { value } = await room.ask<SourceList>('/sources')
  source = `/sources/${value.sources[0]?.id}`
  // The tables are made with the first question.
  await room.ask(`${source}/episodes`)
}, 120_000)
afterAll(async () => {
  expect(room.errors).toEqual([])
  await room.close()
  remove()
})

const post = (path: string, body: unknown, token = room.token) =>
  fetch(`${room.origin}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('SQL over a case', () => {
  it('answers readers, and agrees with the table of episodes', async () => {
    const { value, status } = await room.ask<SqlAnswer>(`${source}/query`, {
      body: { sql: 'SELECT count(*) AS n, max(last_time) AS last FROM episodes' },
      token: room.readerToken,
    })
    const episodes = await room.ask<EpisodesAnswer>(`${source}/episodes?limit=1`)
    expect(status).toBe(200)
    expect(value.rows).toEqual([[episodes.value.total, episodes.value.has.lastTime]])
  })

  it('refuses in words what would leave the case', async () => {
    for (const sql of [
      "SELECT * FROM read_text('/etc/passwd')",
      "FROM '/etc/passwd'",
      "COPY (SELECT 1) TO '/tmp/x'",
    ]) {
      const { value, status } = await room.ask<{ error: { what: string } }>(`${source}/query`, {
        body: { sql },
      })
      expect(status).toBe(400)
      expect(value.error.what).not.toBe('')
      expect(JSON.stringify(value)).not.toContain('root:')
    }
  })

  it('stops a query by its id', async () => {
    const asked = room.ask(`${source}/query`, {
      body: { sql: 'SELECT count(*) FROM range(1000000000000)', id: 'slow' },
    })
    await expect
      .poll(async () => (await room.ask('/query/cancel', { body: { id: 'slow' } })).value)
      .toEqual({ cancelled: true })
    expect(await asked).toMatchObject({ status: 400, value: { error: { what: 'The query was cancelled.' } } })
  })

  it('gives a result as a file', async () => {
    const csv = await post(`${source}/query/export`, {
      sql: 'SELECT uid FROM incidents ORDER BY uid',
      format: 'csv',
    })
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="result.csv"')
    expect((await csv.text()).split('\n')[1]).toMatch(/^inc-/)
    const parquet = await post(`${source}/query/export`, { sql: 'FROM events', format: 'parquet' })
    expect(
      Buffer.from(await parquet.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1')
    const refused = await post(`${source}/query/export`, { sql: "FROM '/etc/passwd'", format: 'csv' })
    expect(refused.status).toBe(400)
  })

  it('tells of the tables', async () => {
    const { value } = await room.ask<TablesAnswer>('/tables')
    expect(value.tables.find(({ name }) => name === 'events')?.columns.length).toBeGreaterThan(20)
  })

  it('keeps queries for operators, and shows them to readers', async () => {
    const body = { title: 'Mine', sql: 'SELECT 1' }
    expect((await post('/queries', body, room.readerToken)).status).toBe(403)
    const saved = await room.ask<SavedAnswer>('/queries', { body })
    const own = saved.value.queries.find((query) => query.own)
    expect(own).toMatchObject({ title: 'Mine', says: '' })
    const shown = await room.ask<SavedAnswer>('/queries', { token: room.readerToken })
    expect(shown.value).toEqual(saved.value)
    const rest = await room.ask<SavedAnswer>(`/queries/${own?.id}`, { method: 'DELETE' })
    expect(rest.value.queries.some((query) => query.own)).toBe(false)
  })
})
