// How a table of a case is described: once, for the builder, the reference page and whoever writes SQL.

export interface Column {
  readonly name: string
  /** DuckDB's word for the type. */
  readonly type: string
  readonly says: string
}

export interface Table {
  readonly name: string
  /** What one row is, as a sentence. */
  readonly row: string
  readonly columns: readonly Column[]
}

/** `column` entries are `[name, type, sentence]`. */
export function table(
  name: string,
  row: string,
  columns: readonly (readonly [string, string, string])[],
): Table {
  return { name, row, columns: columns.map(([column, type, says]) => ({ name: column, type, says })) }
}
