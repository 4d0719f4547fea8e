// The server's own statements on a case's database: opened for reading, locked, a few at once.

import { bind, type Connection, lock, openDatabase, plainValue } from './duckdb.ts'
import { Fault } from './fault.ts'
import type { Ask, RowsAnswer, RowsAsk } from './messages.ts'
import type { Json, Row } from './values.ts'

/** Statements at once; more wait. Each takes one of Node's worker threads. */
const connectionsMax = 4
const settings = {
  access_mode: 'READ_ONLY',
  threads: '2',
  memory_limit: '1GB',
  // Beside the database: sorting what does not fit into memory.
  max_temp_directory_size: '4GB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

interface Reader {
  answer(ask: Ask, signal: AbortSignal): Promise<RowsAnswer>
}

export async function openReader(path: string): Promise<Reader> {
  const database = await openDatabase(path, { ...settings, temp_directory: `${path}.tmp-${process.pid}` })
  const first = await database.connect()
  await lock(first)
  const free: Connection[] = [first]
  const queue: ((connection: Connection) => void)[] = []
  let made = 1
  const borrow = async (): Promise<Connection> => {
    const ready = free.pop()
    if (ready) return ready
    if (made < connectionsMax) {
      made++
      return await database.connect()
    }
    return await new Promise((resolve) => queue.push(resolve))
  }
  const give = (connection: Connection) => {
    const next = queue.shift()
    if (next) next(connection)
    else free.push(connection)
  }
  return {
    async answer(ask, signal) {
      if (ask.kind !== 'rows') throw new Fault('refused', 'this process only reads for the server')
      const connection = await borrow()
      try {
        return { rows: await rowsOf(connection, ask, signal) }
      } finally {
        give(connection)
      }
    },
  }
}

async function rowsOf(connection: Connection, ask: RowsAsk, signal: AbortSignal): Promise<Row[]> {
  const release = interruptible(connection, signal)
  try {
    const statement = await connection.prepare(ask.sql)
    bind(statement, ask.parameters)
    const result = await statement.stream()
    const names = result.deduplicatedColumnNames()
    const rows: Row[] = []
    let bytes = 0
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
      for (const values of chunk.getRows()) {
        if (rows.length === ask.rowsMax) throw new Fault('limit', `It has more than ${ask.rowsMax} rows.`)
        const row: Record<string, Json> = {}
        for (const [i, name] of names.entries()) {
          const value = plainValue(values[i], ask.textMax)
          row[name] = value
          bytes +=
            typeof value === 'string'
              ? value.length
              : value === null || typeof value !== 'object'
                ? 8
                : sizeOf(value)
        }
        if (bytes > ask.bytesMax) throw new Fault('limit', `It has more than ${ask.bytesMax} bytes.`)
        rows.push(row)
      }
    }
    statement.destroySync()
    return rows
  } finally {
    release()
  }
}

/** Ties what runs on a connection to a signal; call what it gives when nothing runs any more. */
export function interruptible(connection: Connection, signal: AbortSignal): () => void {
  signal.throwIfAborted()
  let again: NodeJS.Timeout | undefined
  const stop = () => {
    connection.interrupt()
    // What is told to stop between two steps does not hear it: it is told until it has stopped.
    again = setInterval(() => connection.interrupt(), 50)
  }
  signal.addEventListener('abort', stop, { once: true })
  return () => {
    clearInterval(again)
    signal.removeEventListener('abort', stop)
  }
}

/** Characters a value takes, near enough for a limit. */
export function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length
  if (value === null || typeof value !== 'object') return 8
  let size = 8
  for (const [key, held] of Object.entries(value)) size += key.length + sizeOf(held)
  return size
}
