import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RecordedCase, recordedCase } from '../../../test/recorded-case.ts'
import { OperatorError } from '../../base/errors.ts'
import { severities } from '../../schema/event.ts'
import type { AttributionLine, FindingLine, ToolCallLine } from '../../schema/summary.ts'
import { type CaseStore, openCaseStore } from './case-store.ts'
import { endReaders, readerPids } from './readers.ts'
import { caseTables } from './tables.ts'

let recorded: RecordedCase
let store: CaseStore
let cache: string

beforeAll(async () => {
  recorded = await recordedCase()
  cache = join(recorded.root, 'cache')
  store = await openCaseStore({ folder: recorded.folder, cache })
}, 120_000)
afterAll(() => {
  endReaders()
  recorded.remove()
})

function lines<T>(file: string): T[] {
  return readFileSync(join(recorded.folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

let copies = 0
function copyOfCase(): string {
  const folder = join(recorded.root, `copy-${copies++}`)
  cpSync(recorded.folder, folder, { recursive: true })
  return folder
}

const one = async (sql: string, ...parameters: (string | number)[]) => (await store.rows(sql, parameters))[0]

describe('the tables of a case', () => {
  it('are those of the description, with their types', async () => {
    const rows = await store.rows(
      `SELECT table_name AS t, column_name AS c, data_type AS d FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index`,
    )
    const enumOf = `ENUM(${severities.map((word) => `'${word}'`).join(', ')})`
    for (const { name, columns } of caseTables) {
      expect(
        rows.filter(({ t }) => t === name).map(({ c, d }) => [c, d === enumOf ? 'severity' : d]),
      ).toEqual(columns.map((column) => [column.name, column.type]))
    }
    expect(new Set(rows.map(({ t }) => t))).toEqual(new Set([...caseTables.map(({ name }) => name)]))
  })

  it('hold every line of the files', async () => {
    expect(await store.unread()).toEqual([])
    for (const [table, file] of [
      ['events', 'attributions.jsonl'],
      ['calls', 'toolcalls.jsonl'],
      ['findings', 'findings.jsonl'],
      ['incidents', 'incidents.jsonl'],
    ] as const) {
      expect(await one(`SELECT count(*) AS n FROM ${table}`)).toEqual({ n: lines(file).length })
    }
  })

  it('keep times to the µs and every probability', async () => {
    const rows = await store.rows('SELECT uid, time, p, p_none, p_other, tool_call FROM events ORDER BY seq')
    expect(rows).toEqual(
      lines<AttributionLine>('attributions.jsonl').map(({ event, p, pNone, pOther, toolCall }) => ({
        uid: event.uid,
        time: event.time,
        p,
        p_none: pNone,
        p_other: pOther,
        tool_call: toolCall,
      })),
    )
    const calls = await store.rows('SELECT uid, start_time, end_time, reward, step FROM calls ORDER BY uid')
    expect(calls).toEqual(
      lines<ToolCallLine>('toolcalls.jsonl')
        .map(({ uid, start, end, reward, step }) => ({ uid, start_time: start, end_time: end, reward, step }))
        .sort((a, b) => (a.uid < b.uid ? -1 : 1)),
    )
  })

  it('give an episode what its calls did', async () => {
    const events = lines<AttributionLine>('attributions.jsonl')
    const findings = lines<FindingLine>('findings.jsonl')
    const calls = lines<ToolCallLine>('toolcalls.jsonl')
    const episode = calls.find(({ reward }) => reward !== null)!.episode!
    const own = new Set(calls.filter((call) => call.episode === episode).map(({ uid }) => uid))
    const mine = events.filter(({ toolCall }) => toolCall !== null && own.has(toolCall))
    const accusing = findings.filter(({ unmapped }) => unmapped.toolCalls.some((uid) => own.has(uid)))
    const order: readonly string[] = severities
    const worst =
      severities[Math.max(...accusing.map(({ severity }) => order.indexOf(severity.toLowerCase())))]
    expect(
      await one(
        'SELECT calls, events, denied, destinations, findings, worst FROM episodes WHERE episode = $1',
        episode,
      ),
    ).toEqual({
      calls: own.size,
      events: mine.length,
      denied: mine.filter(({ event }) => event.disposition === 'blocked').length,
      destinations: new Set(
        mine
          .filter(({ event }) => event.class !== 'dns_activity')
          .map(({ event }) => `${event.name ?? event.dst}:${event.port}`),
      ).size,
      findings: accusing.length,
      worst: worst ?? null,
    })
  })

  it('share every event out over egress, counted and weighted', async () => {
    const total = lines('attributions.jsonl').length
    const row = await one('SELECT sum(events)::BIGINT AS events, sum(expected) AS expected FROM egress')
    expect(row?.events).toBe(total)
    expect(row?.expected).toBeCloseTo(total, 3)
  })

  it('have the µs of findings, whose own times are in ms', async () => {
    const late = await store.rows(
      `SELECT f.uid FROM findings f JOIN finding_events x ON x.finding = f.uid JOIN events e ON e.uid = x.event
       GROUP BY f.uid, f.first_time HAVING epoch_ms(min(e.time)) = epoch_ms(f.first_time) AND min(e.time) <> f.first_time`,
    )
    expect(late).toEqual([])
  })
})

describe('statements of the server', () => {
  it('answer several at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => store.rows('SELECT $1 + count(*) AS n FROM events', [i])),
    )
    const total = lines('attributions.jsonl').length
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 12 }, (_, i) => total + i))
  })

  it('give plain values', async () => {
    const row = await one(`SELECT 9007199254740993::BIGINT AS large, 5::HUGEINT AS small, [1, NULL] AS list,
      {'a': TIMESTAMP '2026-11-24 08:00:00.123456', 'b': {'c': []}} AS struct, MAP {'k': 1.5::DOUBLE} AS map,
      DATE '2026-11-24' AS day, 'nan'::DOUBLE AS nan, 1.10::DECIMAL(4, 2) AS price, TIMESTAMP '1969-12-31 23:59:59.999999' AS before,
      'infinity'::TIMESTAMP AS never, '\\xAA'::BLOB AS blob, TRUE AS yes, NULL AS nothing`)
    expect(JSON.parse(JSON.stringify(row))).toEqual(
      JSON.parse(
        '{"large":"9007199254740993","small":5,"list":[1,null],"struct":{"a":"2026-11-24T08:00:00.123456Z","b":{"c":[]}},"map":{"k":1.5},"day":"2026-11-24","nan":"NaN","price":"1.10","before":"1969-12-31T23:59:59.999999Z","never":"infinity","blob":"\\\\xAA","yes":true,"nothing":null}',
      ),
    )
  })

  it('end at their limits of time, rows and bytes, and when whoever asked has gone', async () => {
    const endless = 'SELECT count(*) AS n FROM range(1000000000000)'
    await expect(store.rows(endless, [], { timeoutMs: 200 })).rejects.toThrow(/too long/)
    const controller = new AbortController()
    const asked = store.rows(endless, [], { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await expect(asked).rejects.toThrow(/cancelled/)
    await expect(store.rows('SELECT 1 FROM range(11)', [], { rowsMax: 10 })).rejects.toThrow(/too large/)
    await expect(
      store.rows("SELECT repeat('x', 1000000) FROM range(100)", [], { textMax: 1_000_000 }),
    ).rejects.toThrow(/too large/)
    expect(await one("SELECT repeat('x', 100000) AS text")).toEqual({ text: `${'x'.repeat(16_384)}…` })
    expect(await one('SELECT 1 AS n')).toEqual({ n: 1 })
  })

  it('reach nothing outside the database', async () => {
    await expect(store.rows("SELECT * FROM read_text('/etc/hostname')")).rejects.toThrow(/disabled/)
    await expect(store.rows('CREATE TABLE t (i INTEGER)')).rejects.toThrow(/read-only/)
  })

  it('tell those who wait when their process is killed, and start another for the next', async () => {
    const waiting = store.rows('SELECT count(*) AS n FROM range(1000000000000)')
    await new Promise((resolve) => setTimeout(resolve, 100))
    process.kill(readerPids().get(store.database)!, 'SIGKILL')
    await expect(waiting).rejects.toThrow(OperatorError)
    expect(await one('SELECT 1 AS n')).toEqual({ n: 1 })
  })
})

describe('the cache', () => {
  it('keeps a database until a file of the case changes', async () => {
    const folder = copyOfCase()
    const built: string[] = []
    const onProgress = (table: string) => built.push(table)
    const first = await openCaseStore({ folder, cache, onProgress })
    expect(built).toContain('episodes')
    built.length = 0
    expect((await openCaseStore({ folder, cache, onProgress })).database).toBe(first.database)
    expect(built).toEqual([])
    utimesSync(join(folder, 'findings.jsonl'), new Date(), new Date(Date.now() + 5000))
    expect((await openCaseStore({ folder, cache, onProgress })).database).not.toBe(first.database)
    expect(built).toContain('episodes')
  })

  it('builds once for all who ask at the same time', async () => {
    const folder = copyOfCase()
    let builds = 0
    const onProgress = (table: string) => void (table === 'episodes' && builds++)
    const stores = await Promise.all([1, 2, 3].map(() => openCaseStore({ folder, cache, onProgress })))
    expect(new Set(stores.map(({ database }) => database)).size).toBe(1)
    expect(builds).toBe(1)
  })

  it('removes what was used longest ago', async () => {
    const small = join(recorded.root, 'small-cache')
    const limits = { databasesMax: 2 }
    const keys: string[] = []
    for (let i = 0; i < 3; i++) {
      keys.push((await openCaseStore({ folder: copyOfCase(), cache: small, limits })).key)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(readdirSync(small).sort()).toEqual(
      keys
        .slice(1)
        .map((key) => `case-${key}.duckdb`)
        .sort(),
    )
  })
})

describe('folders that are no whole case', () => {
  const opened = (folder: string) => openCaseStore({ folder, cache })
  const refusal = async (folder: string) => {
    const error = await opened(folder).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OperatorError)
    return (error as OperatorError).toText()
  }

  it('are refused with the reason', async () => {
    const empty = join(recorded.root, 'empty')
    mkdirSync(empty)
    expect(await refusal(join(recorded.root, 'nowhere'))).toMatch(/no such folder/)
    expect(await refusal(join(recorded.folder, 'summary.json'))).toMatch(/no folder/)
    expect(await refusal(empty)).toMatch(/not a case/)
    writeFileSync(join(empty, 'journal.jsonl'), '')
    expect(await refusal(empty)).toMatch(/recording.*vigiles investigate/s)
    writeFileSync(join(empty, 'summary.json'), '{"_schema":"else/v1"}')
    expect(await refusal(empty)).toMatch(/not one of Vigiles/)
    writeFileSync(join(empty, 'summary.json'), '[]')
    expect(await refusal(empty)).toMatch(/not one of Vigiles/)
  })

  it('are refused when they are being written, lack a file or are of a newer version', async () => {
    const folder = copyOfCase()
    writeFileSync(join(folder, 'attributions.jsonl.partial'), '')
    expect(await refusal(folder)).toMatch(/not whole.*being written/s)
    rmSync(join(folder, 'attributions.jsonl.partial'))
    const summary = readFileSync(join(folder, 'summary.json'), 'utf8')
    writeFileSync(join(folder, 'summary.json'), summary.slice(0, 3000))
    expect(await refusal(folder)).toMatch(/ends too early/)
    writeFileSync(join(folder, 'summary.json'), summary.replace('summary/v1', 'summary/v2'))
    expect(await refusal(folder)).toMatch(/newer version.*Update/s)
    rmSync(join(folder, 'summary.json'))
    expect(await refusal(folder)).toMatch(/summary.json is not/)
    writeFileSync(join(folder, 'summary.json'), summary)
    rmSync(join(folder, 'toolcalls.jsonl'))
    expect(await refusal(folder)).toMatch(/toolcalls.jsonl is missing/)
  })

  it('are refused when a file vanishes while it is read', async () => {
    const folder = copyOfCase()
    const onProgress = (table: string) => {
      if (table === 'attributions') rmSync(join(folder, 'incidents.jsonl'))
    }
    const error = await openCaseStore({ folder, cache, onProgress }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(OperatorError)
    expect((error as OperatorError).toText()).toMatch(/incidents.jsonl is missing/)
    expect(readdirSync(cache).filter((name) => !name.endsWith('.duckdb'))).toEqual([])
  })

  it('are read without a last line that was cut, which is counted', async () => {
    const folder = copyOfCase()
    const path = join(folder, 'attributions.jsonl')
    truncateSync(path, readFileSync(path).length - 40)
    const cut = await opened(folder)
    expect(await cut.unread()).toEqual([{ file: 'attributions.jsonl', broken: 1, cutOff: true, missing: 0 }])
    expect(await cut.rows('SELECT count(*) AS n FROM events')).toEqual([
      { n: lines('attributions.jsonl').length - 1 },
    ])
  })

  it('are read as far as their lines go, whatever else stands in them', async () => {
    const folder = copyOfCase()
    const path = join(folder, 'attributions.jsonl')
    const [first = ''] = readFileSync(path, 'utf8').split('\n')
    const hostile = JSON.parse(first) as { event: Record<string, unknown>; candidates: unknown }
    Object.assign(hostile.event, {
      uid: 'hostile',
      name: 'a\ud83db \\ud83d 😀\u0000\u202e<script>',
      port: 'x',
    })
    hostile.candidates = 5
    appendFileSync(
      path,
      `${JSON.stringify(hostile)}\n[1]\n\u0000\u0001{{{\n{"event":{"uid":null}}\n{"__proto__":1}\n`,
    )
    appendFileSync(join(folder, 'incidents.jsonl'), `{"uid":"x","kinds":"no list","actions":[{"do":1}]}\n`)
    const odd = await opened(folder)
    expect(await odd.unread()).toEqual([{ file: 'attributions.jsonl', broken: 4, cutOff: false, missing: 0 }])
    expect(await odd.rows("SELECT name, port FROM events WHERE uid = 'hostile'")).toEqual([
      { name: 'a\ufffdb \\ud83d 😀\u0000\u202e<script>', port: null },
    ])
    expect(await odd.rows("SELECT kinds, actions FROM incidents WHERE uid = 'x'")).toEqual([
      { kinds: null, actions: [{ do: '1', why: null }] },
    ])
  })

  it('say how many lines are missing that the summary counts', async () => {
    const folder = copyOfCase()
    const path = join(folder, 'attributions.jsonl')
    const kept = readFileSync(path, 'utf8').split('\n').slice(0, 100)
    writeFileSync(path, `${kept.join('\n')}\n`)
    const short = await opened(folder)
    expect(await short.unread()).toEqual([
      {
        file: 'attributions.jsonl',
        broken: 0,
        cutOff: false,
        missing: lines('attributions.jsonl').length - 100,
      },
    ])
  })
})
