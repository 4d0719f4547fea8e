// Turns the files of a case into its database. Runs in a process of its own, which ends with it.

import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { countUnreadable, derivations, readSource } from './derive.ts'
import { type Connection, openDatabase } from './duckdb.ts'
import { endsInLine } from './line-end.ts'
import { mendSurrogates } from './mend-surrogates.ts'
import type { BuildAnswer, BuildAsk, UnreadLines } from './messages.ts'
import { lineSources, type Source, summarySource } from './sources.ts'
import { caseTables } from './tables.ts'

/** Beyond it, DuckDB writes to the folder of the database. */
const memoryLimit = '1GB'

export async function buildTables(
  { folder, database, expected }: BuildAsk,
  tell: (part: string) => void,
): Promise<BuildAnswer> {
  // File names are patterns to DuckDB; seen from inside the folder, they are words of ours without any wildcard.
  process.chdir(folder)
  const raw = `${database}.raw`
  const mended = `${database}.jsonl`
  const instance = await openDatabase(database, {
    threads: '2',
    memory_limit: memoryLimit,
    temp_directory: join(dirname(database), `${basename(database)}.tmp`),
    max_temp_directory_size: '20GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    await connection.run(`ATTACH '${raw.replaceAll("'", "''")}' AS raw`)
    tell('summary')
    await connection.run(readSource(summarySource, summarySource.file))
    const unread: UnreadLines[] = []
    for (const source of lineSources) {
      tell(source.raw)
      unread.push(await readLines(connection, source, mended, expected[source.file]))
    }
    for (const [what, sql] of derivations) {
      tell(what)
      await connection.run(sql)
    }
    await keepUnread(connection, unread)
    const rows: Record<string, number> = {}
    for (const { name } of caseTables)
      rows[name] = await count(connection, `SELECT count(*) AS n FROM ${name}`)
    await connection.run('DETACH raw')
    await connection.run('CHECKPOINT')
    return { rows, unread }
  } finally {
    instance.closeSync()
    for (const path of [raw, `${raw}.wal`, mended]) rmSync(path, { force: true })
  }
}

async function readLines(
  connection: Connection,
  source: Source,
  mended: string,
  expected: number | undefined,
): Promise<UnreadLines> {
  await connection.run(readSource(source, source.file))
  let broken = await count(connection, countUnreadable(source))
  const cutOff = !endsInLine(source.file)
  if (broken > (cutOff ? 1 : 0) && (await mendSurrogates(source.file, mended))) {
    await connection.run(readSource(source, mended))
    broken = await count(connection, countUnreadable(source))
  }
  const lines = await count(connection, `SELECT count(*) AS n FROM raw.${source.raw}`)
  const isCut = cutOff && broken > 0
  return { file: source.file, broken, cutOff: isCut, missing: Math.max(0, (expected ?? 0) - lines) }
}

/** What was left out goes with the database, so that a cached one says it too. */
async function keepUnread(connection: Connection, unread: readonly UnreadLines[]): Promise<void> {
  await connection.run('CREATE TABLE unread (file VARCHAR, broken BIGINT, cut_off BOOLEAN, missing BIGINT)')
  for (const { file, broken, cutOff, missing } of unread) {
    if (broken === 0 && missing === 0) continue
    await connection.run('INSERT INTO unread VALUES ($1, $2, $3, $4)', [
      file,
      BigInt(broken),
      cutOff,
      BigInt(missing),
    ])
  }
}

async function count(connection: Connection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
