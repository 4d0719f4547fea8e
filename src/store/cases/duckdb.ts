// The only file that loads DuckDB, and only child processes load this file: whatever a query does to the memory or
// the stability of its process, the server's own is not touched.

import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUnionValue,
  type DuckDBValue,
  LIST,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api'
import { toIso } from '../../base/time.ts'
import type { Json, Parameter, ResultColumn } from './values.ts'

export type Connection = DuckDBConnection
export type Statement = DuckDBPreparedStatement
export type Result = DuckDBResult

/** Opens a database file. The caller closes it, or ends the process. */
export function openDatabase(
  path: string,
  settings: Readonly<Record<string, string>>,
): Promise<DuckDBInstance> {
  return DuckDBInstance.create(path, { ...settings })
}

/** Nothing outside the database can be reached, and nothing can open that way again. */
export async function lock(connection: Connection): Promise<void> {
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

/** Binds positional parameters as what they are: text, whole number, real number, truth, null or a list of texts. */
export function bind(statement: Statement, parameters: readonly Parameter[]): void {
  parameters.forEach((value, index) => {
    const at = index + 1
    if (value === null) statement.bindNull(at)
    else if (typeof value === 'boolean') statement.bindBoolean(at, value)
    else if (typeof value === 'string') statement.bindVarchar(at, value)
    else if (typeof value !== 'number') statement.bindList(at, [...value], LIST(VARCHAR))
    else if (Number.isSafeInteger(value)) statement.bindBigInt(at, BigInt(value))
    else statement.bindDouble(at, value)
  })
}

/** Statements that only read; `EXPLAIN` is one of them, what it explains is not run. */
export function onlyReads({ statementType }: Statement): boolean {
  return statementType === StatementType.SELECT || statementType === StatementType.EXPLAIN
}

export function columnsOf(result: Result): ResultColumn[] {
  return result.deduplicatedColumnNames().map((name, i) => ({ name, type: result.columnType(i).toString() }))
}

/**
 * A value as plain JSON: times as ISO 8601 in UTC with their µs, whole numbers beyond 2^53 and decimals as text,
 * lists as arrays, structs and maps as objects. Texts beyond `textMax` characters are cut, the cut shown by `…`.
 */
export function plainValue(value: DuckDBValue | undefined, textMax: number): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value.length > textMax ? `${value.slice(0, textMax)}…` : value
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value)
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return isoOf(value.micros) ?? value.toString()
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return value.items.map((item) => plainValue(item, textMax))
  }
  if (value instanceof DuckDBStructValue) return plainObject(Object.entries(value.entries), textMax)
  if (value instanceof DuckDBMapValue) {
    return plainObject(
      value.entries.map(({ key, value: held }) => [String(plainValue(key, textMax)), held]),
      textMax,
    )
  }
  if (value instanceof DuckDBUnionValue) return plainValue(value.value, textMax)
  if (value instanceof DuckDBDecimalValue) return value.toString()
  if (value instanceof DuckDBBlobValue) return plainValue(value.toString(), textMax)
  if (value instanceof DuckDBTimestampSecondsValue)
    return isoOf(value.seconds * 1_000_000n) ?? value.toString()
  if (value instanceof DuckDBTimestampMillisecondsValue)
    return isoOf(value.millis * 1000n) ?? value.toString()
  if (
    value instanceof DuckDBTimestampNanosecondsValue ||
    value instanceof DuckDBDateValue ||
    value instanceof DuckDBTimeValue ||
    value instanceof DuckDBTimeTZValue ||
    value instanceof DuckDBIntervalValue
  ) {
    return value.toString()
  }
  return plainValue(String(value), textMax)
}

/** Keys are other people's texts: `__proto__` is one like any other. */
function plainObject(entries: readonly (readonly [string, DuckDBValue])[], textMax: number): Json {
  const object: Record<string, Json> = {}
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, {
      value: plainValue(value, textMax),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

/** Years 1 to 9999; what lies outside, infinities included, has no ISO text. */
function isoOf(micros: bigint): string | undefined {
  if (micros < -62_135_596_800_000_000n || micros > 253_402_300_799_999_999n) return undefined
  if (micros >= 0n && micros <= Number.MAX_SAFE_INTEGER) return toIso(Number(micros))
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n)
  const rest = micros - seconds * 1_000_000n
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -4)}${String(rest).padStart(6, '0')}Z`
}
