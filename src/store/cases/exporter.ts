// A query's result as a file. The query runs where every file is closed to it; what comes out is carried over, as
// values, to a second database that may write into one private folder and never sees a word of the user's SQL.

import { dirname, join } from 'node:path'
import { type Connection, openDatabase } from './duckdb.ts'
import { Fault } from './fault.ts'
import type { Ask, ExportAnswer, ExportAsk } from './messages.ts'
import { openLocked, prepareChecked } from './querier.ts'
import { interruptible } from './reader.ts'

export async function openExporter(path: string) {
  const connection = await openLocked(path)
  return {
    async answer(ask: Ask, signal: AbortSignal): Promise<ExportAnswer> {
      if (ask.kind !== 'export') throw new Fault('refused', 'this process only exports')
      const writer = await openWriter(ask)
      const releases = [interruptible(connection, signal), interruptible(writer, signal)]
      try {
        const { rows, select } = await carryOver(connection, writer, ask)
        await writer.run(`COPY (${select}) TO '${ask.file.replaceAll("'", "''")}' (${options[ask.format]})`)
        return { rows }
      } finally {
        for (const release of releases) release()
      }
    },
  }
}

const options = {
  csv: 'FORMAT csv, HEADER true',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
}

/** May write below the folder of the file alone. */
async function openWriter({ file, bytesMax }: ExportAsk): Promise<Connection> {
  const folder = dirname(file)
  const database = await openDatabase(':memory:', {
    threads: '2',
    memory_limit: '768MB',
    temp_directory: join(folder, 'tmp'),
    max_temp_directory_size: `${Math.ceil(bytesMax / 1024 ** 2) * 4}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const writer = await database.connect()
  await writer.run(`SET allowed_directories = ['${folder.replaceAll("'", "''")}']`)
  await writer.run('SET enable_external_access = false')
  await writer.run('SET lock_configuration = true')
  return writer
}

async function carryOver(
  connection: Connection,
  writer: Connection,
  { sql, format }: ExportAsk,
): Promise<{ rows: number; select: string }> {
  const statement = await prepareChecked(connection, sql)
  const result = await statement.stream()
  const names = result.deduplicatedColumnNames()
  const types = names.map((_, i) => result.columnType(i).toString())
  // Names and types are the user's own words, which is why the writer could not do harm with them either.
  await writer.run(
    `CREATE TABLE result (${types.map((type, i) => `c${i} ${/^(?:SQLNULL|"NULL")$/.test(type) ? 'VARCHAR' : type}`).join(', ')})`,
  )
  const appender = await writer.createAppender('result')
  let rows = 0
  for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
    appender.appendDataChunk(chunk)
    rows += chunk.rowCount
  }
  appender.closeSync()
  const shown = names.map((name, i) => {
    const value = format === 'csv' && textual.test(types[i] ?? '') ? harmlessInSheets(`c${i}`) : `c${i}`
    return `${value} AS "${(format === 'csv' ? name.replace(formula, "'$&") : name).replaceAll('"', '""')}"`
  })
  return { rows, select: `SELECT ${shown.join(', ')} FROM result` }
}

const textual = /^(?:VARCHAR|JSON|ENUM\b.*)$/s
const formula = /^[\s\0]*[=+\-@\t\r|%]/

/** Spreadsheets run what begins like a formula; logs hold what agents and strangers wrote. */
function harmlessInSheets(column: string): string {
  return `CASE WHEN regexp_matches(${column}::VARCHAR, '^[\\s\\x00]*[=+\\-@\\t\\r|%]') THEN '''' || ${column}::VARCHAR ELSE ${column}::VARCHAR END`
}
