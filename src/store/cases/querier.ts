// Users' SQL, inside its process: one statement, checked, on a database opened for reading with everything else closed.

import {
  type Connection,
  columnsOf,
  lock,
  onlyReads,
  openDatabase,
  plainValue,
  type Statement,
} from './duckdb.ts'
import { Fault } from './fault.ts'
import type { Ask, QueryAnswer, QueryAsk } from './messages.ts'
import { checkReadOnly } from './read-only-sql.ts'
import { interruptible, sizeOf } from './reader.ts'
import type { Json } from './values.ts'

export const querySettings = {
  access_mode: 'READ_ONLY',
  threads: '2',
  memory_limit: '1GB',
  // Nothing is written to the disk: what does not fit into memory fails.
  temp_directory: '',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
}

export async function openLocked(path: string): Promise<Connection> {
  const database = await openDatabase(path, querySettings)
  const connection = await database.connect()
  await lock(connection)
  return connection
}

export async function openQuerier(path: string) {
  const connection = await openLocked(path)
  return {
    async answer(ask: Ask, signal: AbortSignal): Promise<QueryAnswer> {
      if (ask.kind !== 'query') throw new Fault('refused', 'this process only runs queries')
      const release = interruptible(connection, signal)
      try {
        return await resultOf(await prepareChecked(connection, ask.sql), ask)
      } finally {
        release()
      }
    },
  }
}

export async function prepareChecked(connection: Connection, sql: string): Promise<Statement> {
  await checkReadOnly(connection, sql)
  const extracted = await connection.extractStatements(sql)
  if (extracted.count !== 1) throw new Fault('refused', 'One statement at a time.')
  const statement = await extracted.prepare(0)
  if (!onlyReads(statement)) throw new Fault('refused', 'Only SELECT is run here.')
  return statement
}

async function resultOf(
  statement: Statement,
  { rowsMax, textMax, bytesMax }: QueryAsk,
): Promise<QueryAnswer> {
  const result = await statement.stream()
  const columns = columnsOf(result)
  const rows: Json[][] = []
  let bytes = 0
  for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
    for (const values of chunk.getRows()) {
      if (rows.length === rowsMax) return { columns, rows, cut: true }
      const row = values.map((value) => plainValue(value, textMax))
      for (const value of row) bytes += sizeOf(value)
      if (bytes > bytesMax) return { columns, rows, cut: true }
      rows.push(row)
    }
  }
  return { columns, rows, cut: false }
}
