// What the server and the processes with DuckDB say to each other: one ask, one answer, matched by `id`.

import type { Json, Parameter, ResultColumn, Row } from './values.ts'

export interface RowsAsk {
  readonly kind: 'rows'
  readonly sql: string
  readonly parameters: readonly Parameter[]
  readonly rowsMax: number
  readonly textMax: number
  readonly bytesMax: number
}

export interface QueryAsk {
  readonly kind: 'query'
  readonly sql: string
  readonly rowsMax: number
  readonly textMax: number
  readonly bytesMax: number
}

export interface ExportAsk {
  readonly kind: 'export'
  readonly sql: string
  readonly format: 'csv' | 'parquet'
  /** Path of the file to write; lies in a folder of its own. */
  readonly file: string
  readonly bytesMax: number
}

export interface BuildAsk {
  readonly kind: 'build'
  readonly folder: string
  /** Path of the database to write. */
  readonly database: string
  /** Lines that the summary says there are, by file. */
  readonly expected: Readonly<Record<string, number>>
}

export type Ask = RowsAsk | QueryAsk | ExportAsk | BuildAsk

export type ToChild = { readonly id: number; readonly ask: Ask } | { readonly cancel: number }

export type FromChild =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly part: string }
  | { readonly id: number; readonly error: ChildFault }

/** `database`: what DuckDB said. `refused`: what we do not run. `interrupted`: it was told to stop. `limit`: too much. */
export interface ChildFault {
  readonly kind: 'database' | 'refused' | 'interrupted' | 'limit' | 'fault'
  readonly text: string
}

export interface RowsAnswer {
  readonly rows: readonly Row[]
}

export interface QueryAnswer {
  readonly columns: ResultColumn[]
  /** Values in the order of the columns. */
  readonly rows: Json[][]
  /** Whether there was more than the limits let through. */
  readonly cut: boolean
}

export interface ExportAnswer {
  readonly rows: number
}

/** Lines of a case's own files that are not in the tables. */
export interface UnreadLines {
  readonly file: string
  /** Lines that are no line of the contract. */
  readonly broken: number
  /** Whether the file ends in the middle of its last line. */
  readonly cutOff: boolean
  /** Lines that the summary counts and the file lacks. */
  readonly missing: number
}

export interface BuildAnswer {
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>
  readonly unread: readonly UnreadLines[]
}
