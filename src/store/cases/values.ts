// What crosses the border between the server and the processes that hold DuckDB: plain values only.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export type Row = Readonly<Record<string, Json>>

/** What may be bound to a statement of the server's own; a list is one of texts. */
export type Parameter = null | boolean | number | string | readonly string[]

export interface ResultColumn {
  readonly name: string
  /** DuckDB's word for it. */
  readonly type: string
}
