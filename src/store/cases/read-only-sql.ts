// Which statements of users are run: one that only reads the tables. It is judged by DuckDB's own parse of it, never by
// its text. What is refused here would fail later, too (no access to files, a locked configuration, a database opened for
// reading): this says it in words, and closes what changes the process itself, such as its log.

import type { Connection } from './duckdb.ts'
import { Fault } from './fault.ts'

export const sqlCharsMax = 100_000

/** What may stand in FROM with parentheses: it makes rows of values, or tells of the tables. */
const tableFunctions = new Set([
  'duckdb_columns',
  'duckdb_functions',
  'duckdb_keywords',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
  'generate_series',
  'generate_subscripts',
  'histogram',
  'histogram_values',
  'icu_calendar_names',
  'json_each',
  'json_tree',
  'pg_timezone_names',
  'pragma_table_info',
  'range',
  'repeat',
  'repeat_row',
  'summary',
  'unnest',
])

/** Functions in expressions that look at or change more than the tables. */
const closedFunctions = new Set([
  'add_parquet_key',
  'currval',
  'current_query',
  'current_setting',
  'getenv',
  'getvariable',
  'glob',
  'nextval',
  'query',
  'query_table',
  'read_blob',
  'read_text',
  'set_config',
  'setseed',
  'which_secret',
  'write_log',
])

interface Parsed {
  readonly error?: unknown
  readonly error_message?: unknown
  readonly statements?: readonly unknown[]
}

/** Throws a Fault of kind `refused` for what is not run or can't be parsed; none of it has run then. */
export async function checkReadOnly(connection: Connection, sql: string): Promise<void> {
  if (sql.trim() === '') throw new Fault('refused', 'There is no statement.')
  if (sql.length > sqlCharsMax)
    throw new Fault('refused', `The statement is longer than ${sqlCharsMax} characters.`)
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)::VARCHAR', [sql])
  const parsed = JSON.parse(String(reader.getRows()[0]?.[0])) as Parsed
  if (parsed.error === true) {
    const message = String(parsed.error_message)
    if (/Only SELECT statements/.test(message)) {
      throw new Fault(
        'refused',
        `Only SELECT is run here (also WITH, VALUES, FROM, DESCRIBE, SUMMARIZE and SHOW TABLES), not ${firstWord(sql)}.`,
      )
    }
    throw new Fault('refused', `This can't be read as SQL: ${message}`)
  }
  const count = parsed.statements?.length ?? 0
  if (count !== 1) throw new Fault('refused', `One statement at a time: there are ${count}.`)
  look(parsed.statements)
}

function look(tree: unknown): void {
  const waiting: unknown[] = [tree]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue
    if ('function_name' in node && typeof node.function_name === 'string') refuseClosed(node.function_name)
    if ('type' in node && node.type === 'TABLE_FUNCTION' && 'function' in node) refuseTable(node.function)
    if ('class' in node && node.class === 'PARAMETER') {
      throw new Fault('refused', 'There are no parameters here: write the values into the statement.')
    }
    for (const child of Object.values(node))
      if (typeof child === 'object' && child !== null) waiting.push(child)
  }
}

function refuseTable(called: unknown): void {
  const name =
    typeof called === 'object' && called !== null && 'function_name' in called
      ? String(called.function_name)
      : '?'
  if (tableFunctions.has(name.toLowerCase())) return
  throw new Fault(
    'refused',
    `${name}() is not run here: a query sees the tables of the case, no files, no network and no settings.`,
  )
}

function refuseClosed(name: string): void {
  if (!closedFunctions.has(name.toLowerCase())) return
  throw new Fault(
    'refused',
    `${name}() is not run here: a query sees the tables of the case, no files, no network and no settings.`,
  )
}

function firstWord(sql: string): string {
  return (
    /[a-z]+/i
      .exec(sql.replace(/--.*|\/\*[\s\S]*?\*\//g, ' '))?.[0]
      .slice(0, 20)
      .toUpperCase() ?? 'this'
  )
}
