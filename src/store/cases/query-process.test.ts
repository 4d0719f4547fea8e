import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RecordedCase, recordedCase } from '../../../test/recorded-case.ts'
import { OperatorError } from '../../base/errors.ts'
import { openCaseStore } from './case-store.ts'
import { openQueryProcess, type QueryProcess } from './query-process.ts'
import { endReaders } from './readers.ts'
import { SavedQueries, savedLimits } from './saved-queries.ts'
import { starterQueries } from './starter-queries.ts'

let recorded: RecordedCase
let database: string
let scratch: string
let queries: QueryProcess

beforeAll(async () => {
  recorded = await recordedCase()
  const store = await openCaseStore({ folder: recorded.folder, cache: join(recorded.root, 'cache') })
  database = store.database
  scratch = join(recorded.root, 'scratch')
  queries = openQueryProcess(database, scratch)
}, 120_000)
afterAll(() => {
  queries.close()
  endReaders()
  recorded.remove()
})

const refusal = async (sql: string, on: QueryProcess = queries): Promise<string> => {
  try {
    const { rows } = await on.run(sql)
    return `it ran: ${JSON.stringify(rows).slice(0, 200)}`
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError)
    return error instanceof OperatorError ? error.toText() : ''
  }
}
const hashOfDatabase = () => createHash('sha256').update(readFileSync(database)).digest('hex')

describe("users' queries", () => {
  it('give columns with their types, and rows', async () => {
    const { columns, rows, cut } = await queries.run(
      "SELECT count(*) AS n, max(time) AS last, max(severity) AS worst, 'x' AS n FROM events",
    )
    expect(columns).toEqual([
      { name: 'n', type: 'BIGINT' },
      { name: 'last', type: 'TIMESTAMP' },
      { name: 'worst', type: expect.stringMatching(/^ENUM\(/) },
      { name: 'n:1', type: 'VARCHAR' },
    ])
    const lines = readFileSync(join(recorded.folder, 'attributions.jsonl'), 'utf8').split('\n').length - 1
    expect(rows[0]?.[0]).toBe(lines)
    expect(cut).toBe(false)
  })

  it.each([
    'SHOW TABLES',
    'DESCRIBE events',
    'SUMMARIZE incidents',
    'FROM clocks',
    'VALUES (1)',
    'WITH x AS (SELECT 1) FROM x;',
  ])('may be: %s', async (sql) => {
    expect((await queries.run(sql)).rows.length).toBeGreaterThan(0)
  })

  it('are cut at the limits of rows and bytes, which is said', async () => {
    const some = await queries.run('SELECT * FROM range(1000000)', { rowsMax: 7 })
    expect(some.rows.length).toBe(7)
    expect(some.cut).toBe(true)
    const wide = await queries.run("SELECT repeat('x', 30000) FROM range(1000)")
    expect(wide.cut).toBe(true)
    expect(wide.rows.length).toBeGreaterThan(100)
    expect(wide.rows.length).toBeLessThan(1000)
  })

  it('are stopped by time, by their id and by whoever asked', async () => {
    const endless =
      'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = -1'
    const quick = openQueryProcess(database, scratch, { timeoutMs: 300 })
    expect(await refusal(endless, quick)).toMatch(/stopped.*longer than 0.3 s/s)
    quick.close()
    const named = queries.run(endless, { id: 'mine' })
    setTimeout(() => expect(queries.cancel('mine')).toBe(true), 100)
    await expect(named).rejects.toThrow(/cancelled/)
    expect(queries.cancel('mine')).toBe(false)
    const controller = new AbortController()
    const asked = queries.run(endless, { signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    await expect(asked).rejects.toThrow(/cancelled/)
  })

  it('end when they want more memory than there is', async () => {
    expect(await refusal('SELECT list(range(100000000)) FROM range(100)')).toMatch(/memory.*Ask for less/is)
    // What is not counted by DuckDB ends by the size of its process, or by its time.
    const quick = openQueryProcess(database, scratch, { timeoutMs: 10_000 })
    expect(await refusal("SELECT repeat('x', 4000000000)", quick)).toMatch(/Ask for less/)
    quick.close()
  })

  it('are refused when too many run', async () => {
    const few = openQueryProcess(database, scratch, { runningMax: 1 })
    const first = few.run('SELECT 1')
    expect(await refusal('SELECT 2', few)).toMatch(/Too many/)
    await first
    few.close()
  })

  it('say what is wrong with them', async () => {
    expect(await refusal('SELEC 1')).toMatch(/syntax error/)
    expect(await refusal('SELECT nothing FROM events')).toMatch(/nothing/)
    expect(await refusal(' -- only a comment')).toMatch(/One statement|no statement|failed/)
    expect(await refusal('')).toMatch(/no statement/)
    expect(await refusal('SELECT 1; SELECT 2')).toMatch(/One statement at a time/)
    expect(await refusal('SELECT $1')).toMatch(/no parameters/)
    expect(await refusal(`SELECT ${'1 + '.repeat(30_000)}1`)).toMatch(/longer than|failed/)
    expect(await refusal(`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`)).toMatch(/memory exhausted/)
  })
})

describe('a query cannot get out', () => {
  const secret = 'SECRET-IN-A-FILE'
  let file: string
  let target: string
  const contacts: string[] = []
  const server = createServer((request, response) => {
    contacts.push(request.url ?? '')
    response.end('a\n1\n')
  })
  let origin: string

  beforeAll(async () => {
    file = join(recorded.root, 'secret.csv')
    target = join(recorded.root, 'out')
    mkdirSync(target)
    writeFileSync(file, `a,b\n${secret},2\n`)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    process.env.VIGILES_TEST_SECRET = secret
  })
  afterAll(() => {
    delete process.env.VIGILES_TEST_SECRET
    server.close()
  })

  /** `F`: a file with a secret. `D`: a folder to write to. `H`: a server. `B`: the database itself. */
  const attempts = [
    "SELECT getenv('VIGILES_TEST_SECRET')",
    "SELECT * FROM read_text('F')",
    "SELECT * FROM read_text(['F'])",
    "SELECT (SELECT content FROM read_text('F'))",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_text('/proc/self/fd/0')",
    "SELECT * FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    "FROM 'F'",
    "FROM 'file://F'",
    "SELECT * FROM 'D/../secret.csv'",
    'FROM "F"',
    "FROM read_csv('F')",
    "FROM read_csv_auto('F')",
    "FROM read_csv('/dev/stdin')",
    "FROM READ_CSV('F')",
    'FROM "read_csv"(\'F\')',
    "FROM system.main.read_csv('F')",
    "FROM sniff_csv('F')",
    "FROM read_json('F')",
    "FROM read_json_auto('F')",
    "FROM read_ndjson_objects('F')",
    "FROM read_json_objects('F')",
    "FROM read_parquet('F')",
    "FROM parquet_scan('F')",
    "FROM parquet_metadata('F')",
    "FROM parquet_file_metadata('F')",
    "FROM read_duckdb('B', table_name => 'events')",
    "FROM read_blob('B')",
    "FROM seq_scan('events')",
    'FROM arrow_scan(1, 2, 3)',
    "FROM query('SELECT content FROM read_text(''F'')')",
    "FROM query('COPY (SELECT 1) TO ''D/x''')",
    "FROM query_table('F')",
    "FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''F'')'))",
    "PRAGMA json_execute_serialized_sql('{}')",
    'FROM duckdb_secrets()',
    "FROM which_secret('H/x', 'http')",
    'FROM duckdb_settings()',
    'FROM duckdb_databases()',
    'FROM duckdb_external_file_cache()',
    'FROM duckdb_temporary_files()',
    "SELECT current_setting('allowed_paths')",
    "SELECT getvariable('x')",
    "SELECT nextval('s')",
    "FROM 'H/x.csv'",
    "FROM 'H/x.parquet'",
    "FROM read_csv('H/x.csv')",
    "FROM read_parquet('s3://bucket/x.parquet')",
    "FROM read_csv('hf://datasets/x/y.csv')",
    "COPY (SELECT 1) TO 'D/copied'",
    "COPY (SELECT 1) TO 'B'",
    "COPY events TO 'D/copied.parquet' (FORMAT parquet)",
    "COPY events FROM 'F'",
    'COPY FROM DATABASE x TO y',
    "EXPORT DATABASE 'D/exported'",
    "IMPORT DATABASE 'D'",
    "ATTACH 'D/attached.db'",
    "ATTACH 'B' AS again (READ_WRITE)",
    'DETACH x',
    'USE main',
    'INSTALL httpfs',
    'LOAD httpfs',
    "LOAD 'F'",
    'UPDATE EXTENSIONS',
    "SET memory_limit = '100GB'",
    'SET enable_external_access = true',
    'SET lock_configuration = false',
    "SET GLOBAL temp_directory = 'D'",
    "SET VARIABLE x = (SELECT content FROM read_text('F'))",
    'RESET memory_limit',
    "PRAGMA memory_limit = '100GB'",
    'PRAGMA database_list',
    "PRAGMA table_info('events')",
    'PRAGMA enable_profiling',
    'PRAGMA version',
    "CALL enable_logging(storage = 'file', storage_path = 'D/log')",
    "FROM enable_logging('QueryLog', storage = 'file', storage_path = 'D/log')",
    "FROM enable_logging('QueryLog', storage = 'file', storage_path = 'B')",
    'FROM enable_profiling()',
    'FROM truncate_duckdb_logs()',
    "SELECT write_log('x')",
    'CHECKPOINT',
    'FORCE CHECKPOINT',
    'FROM checkpoint()',
    'FROM force_checkpoint()',
    'VACUUM',
    'CREATE TABLE t (i INTEGER)',
    'CREATE TEMP TABLE t AS SELECT 1',
    'CREATE TEMP VIEW v AS SELECT 1',
    'CREATE MACRO m() AS 1',
    "CREATE TEMP MACRO m() AS TABLE FROM read_text('F')",
    'CREATE SECRET s (TYPE http)',
    "CREATE TYPE t AS ENUM ('a')",
    'CREATE SEQUENCE s',
    'INSERT INTO events SELECT * FROM events',
    'UPDATE events SET p = 0',
    'DELETE FROM events',
    'TRUNCATE events',
    'DROP TABLE events',
    'ALTER TABLE events ADD COLUMN x INTEGER',
    "COMMENT ON TABLE events IS 'x'",
    'MERGE INTO events USING events e ON true WHEN MATCHED THEN DELETE',
    'WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x',
    'BEGIN',
    'COMMIT',
    'PREPARE p AS SELECT 1',
    'EXECUTE p',
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'D/explained'",
    "EXPLAIN COPY (SELECT 1) TO 'B'",
    'EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1',
    "SELECT 1) TO 'D/injected' (FORMAT csv); --",
    "SELECT 1; COPY (SELECT 1) TO 'D/second'",
    "SELECT 1 /* ; */; ATTACH 'D/x.db'",
    "DESCRIBE SELECT * FROM read_text('F')",
    "SUMMARIZE FROM read_csv('F')",
    "SELECT * FROM events WHERE uid IN (SELECT content FROM read_text('F'))",
    "SELECT * FROM range(1) t, LATERAL (SELECT content FROM read_text('F'))",
    "SELECT list_transform([1], lambda x: (SELECT content FROM read_text('F')))",
    "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM read_text('F')) FROM r",
    "FROM (PIVOT (FROM read_csv('F')) ON a USING count(*))",
    "SELECT COLUMNS(*) FROM read_csv('F')",
    "(SELECT 1) UNION ALL (SELECT content FROM read_text('F'))",
    '.read F',
    '.shell id',
  ]

  it.each(attempts)(
    'by %s',
    async (attempt) => {
      const before = hashOfDatabase()
      const sql = attempt
        .replaceAll('F', (found, at: number) =>
          /['/"]/.test(attempt[at - 1] ?? '') || attempt[at - 2] === 'd' ? file : found,
        )
        .replaceAll("'D", `'${target}`)
        .replaceAll("'H", `'${origin}`)
        .replaceAll("'B'", `'${database}'`)
      const text = await refusal(sql)
      expect(text).not.toMatch(/^it ran/)
      expect(text).not.toContain(secret)
      expect(text.length).toBeGreaterThan(20)
      expect(readdirSync(target)).toEqual([])
      expect(hashOfDatabase()).toBe(before)
      expect(contacts).toEqual([])
    },
    20_000,
  )

  it('sees an environment without anything of ours, and no descriptors but its channel', async () => {
    if (process.platform !== 'linux') return
    const before = new Set(childrenOf(process.pid))
    const own = openQueryProcess(database, scratch)
    const endless = own.run('SELECT count(*) FROM range(1000000000000)', { id: 'long' })
    const [pid] = await expect
      .poll(() => childrenOf(process.pid).filter((one) => !before.has(one)))
      .not.toEqual([])
      .then(() => childrenOf(process.pid).filter((one) => !before.has(one)))
    await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/child\.ts/)
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/VIGILES|SECRET|HOME=|PATH=/)
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max file size +0 +0/)
    own.cancel('long')
    await expect(endless).rejects.toThrow(/cancelled/)
    own.close()
  })

  it('by what its result is called, when it is exported', async () => {
    const before = hashOfDatabase()
    for (const attempt of [
      `SELECT 1) TO '${target}/injected' (FORMAT csv); --`,
      `SELECT content FROM read_text('${file}')`,
      `COPY (SELECT 1) TO '${target}/copied'`,
      `FROM '${file}'`,
    ]) {
      await expect(queries.export(attempt, 'csv')).rejects.toThrow(OperatorError)
    }
    const odd = await queries.export(
      `SELECT 1 AS "x"" AS y) TO '${target}/named' --", {'a"); COPY': 2} AS s, 'b' AS "c", ['d'] AS "'"`,
      'csv',
    )
    expect(await new Response(odd.stream).text()).toContain(`"x"" AS y) TO '${target}/named' --"`)
    expect(readdirSync(target)).toEqual([])
    expect(hashOfDatabase()).toBe(before)
  })
})

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const path = `/proc/${pid}/task/${task}/children`
    return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : []
  })
}

describe('exports', () => {
  it('hold the whole result as CSV that no spreadsheet runs', async () => {
    const made = await queries.export(
      `SELECT range AS n, CASE WHEN range = 3 THEN '=cmd()' WHEN range = 4 THEN 'a,"b' || chr(10) || 'c' ELSE 'x' END AS "-t" FROM range(20000)`,
      'csv',
    )
    const text = await new Response(made.stream).text()
    expect(made.rows).toBe(20_000)
    expect(Buffer.byteLength(text)).toBe(made.bytes)
    const lines = text.split('\n')
    expect(lines[0]).toBe(`n,'-t`)
    expect(lines[4]).toBe("3,'=cmd()")
    expect(lines.slice(5, 7)).toEqual(['4,"a,""b', 'c"'])
    expect(lines.length).toBe(20_000 + 3)
    await expect.poll(() => readdirSync(scratch)).toEqual([])
  })

  it('keep every value and type as Parquet', async () => {
    const made = await queries.export('SELECT * FROM incidents', 'parquet')
    const bytes = Buffer.from(await new Response(made.stream).arrayBuffer())
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1')
    expect(bytes.subarray(-4).toString()).toBe('PAR1')
    const types = await queries.export(
      'SELECT time, severity, p, NULL AS nothing, [1, 2] AS list FROM events',
      'parquet',
    )
    expect(types.rows).toBeGreaterThan(1000)
    await types.stream.cancel()
    await expect.poll(() => readdirSync(scratch)).toEqual([])
  })

  it('end at their limit of bytes and when cancelled, leaving nothing behind', async () => {
    const small = openQueryProcess(database, scratch, { exportBytesMax: 100_000 })
    await expect(small.export('SELECT md5(range::VARCHAR) FROM range(1000000)', 'csv')).rejects.toThrow(
      /too large/,
    )
    small.close()
    const controller = new AbortController()
    const asked = queries.export('SELECT count(*) FROM range(1000000000000)', 'csv', {
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(), 200)
    await expect(asked).rejects.toThrow(/cancelled/)
    expect(readdirSync(scratch)).toEqual([])
  })
})

describe('queries to start with', () => {
  it.each(starterQueries.map(({ title, sql }) => [title, sql]))('%s', async (title, sql) => {
    const { rows, columns } = await queries.run(sql)
    expect(columns.length).toBeGreaterThan(2)
    expect(rows.length, title).toBeGreaterThan(0)
  })
})

describe('saved queries', () => {
  it('are kept on disk, replaced and removed', () => {
    const folder = join(recorded.root, 'state')
    const saved = new SavedQueries(folder)
    const one = saved.save({ title: ' Mine ', says: '', sql: 'SELECT 1' })
    saved.save({ id: one.id, title: 'Better', says: 'x', sql: 'SELECT 2' })
    expect(new SavedQueries(folder).list().filter(({ own }) => own)).toEqual([
      { id: one.id, title: 'Better', says: 'x', sql: 'SELECT 2', own: true },
    ])
    saved.remove(one.id)
    expect(saved.list().some(({ own }) => own)).toBe(false)
    expect(readdirSync(folder)).toEqual(['queries.json'])
  })

  it('have their limits, and those to start with stay', () => {
    const folder = join(recorded.root, 'bounded')
    const saved = new SavedQueries(folder)
    for (let i = 0; i < savedLimits.queriesMax; i++) saved.save({ title: `q${i}`, says: '', sql: 'SELECT 1' })
    expect(() => saved.save({ title: 'one more', says: '', sql: 'SELECT 1' })).toThrow(/No more/)
    expect(() => saved.save({ title: 'x', says: '', sql: 'x'.repeat(savedLimits.sqlMax + 1) })).toThrow(
      /too long/,
    )
    expect(() => saved.save({ title: ' ', says: '', sql: 'SELECT 1' })).toThrow(/title/)
    expect(() => saved.remove(starterQueries[0]!.id)).toThrow(/no saved query/)
    expect(() => saved.save({ ...starterQueries[0]!, title: 'changed' })).toThrow(/no saved query/)
  })

  it('survive a file that was changed by hand', () => {
    const folder = join(recorded.root, 'by-hand')
    mkdirSync(folder)
    const path = join(folder, 'queries.json')
    for (const text of ['', '{', 'null', '[1, null, {"id": 5}]', '{"a": 1}']) {
      writeFileSync(path, text)
      expect(new SavedQueries(folder).list().every(({ own }) => !own)).toBe(true)
    }
  })
})
