// SQL over a case: what may be asked, what comes back, and the queries that are kept.

import { z } from 'zod'

const id = z.string().regex(/^[\w.-]{1,64}$/, 'wants letters, digits, - _ . and at most 64 of them')
const sql = z.string().min(1).max(100_000)

export const queryBody = z.strictObject({
  sql,
  /** To cancel it by. */
  id: id.optional(),
  rowsMax: z.number().int().min(1).max(10_000).optional(),
})

/** What a value can be: times are ISO 8601 in UTC, whole numbers beyond 2^53 texts. */
const cell = z.json()

export const queryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Values in the order of the columns. */
  rows: z.array(z.array(cell)),
  /** There is more than the limits of rows and bytes let through. */
  cut: z.boolean(),
  ms: z.number(),
})
export type QueryAnswer = z.infer<typeof queryAnswer>

export const cancelBody = z.strictObject({ id })
export const cancelAnswer = z.object({ cancelled: z.boolean() })
export type CancelAnswer = z.infer<typeof cancelAnswer>

export const exportBody = z.strictObject({ sql, format: z.enum(['csv', 'parquet']), id: id.optional() })

export const savedQuery = z.object({
  id: z.string(),
  title: z.string(),
  says: z.string(),
  sql: z.string(),
  /** Saved here, not one to start with: it can be changed and removed. */
  own: z.boolean(),
})
export type SavedQuery = z.infer<typeof savedQuery>

export const savedAnswer = z.object({ queries: z.array(savedQuery) })
export type SavedAnswer = z.infer<typeof savedAnswer>

export const saveBody = z.strictObject({
  /** Of an own one to replace. */
  id: id.optional(),
  title: z.string().max(200),
  says: z.string().max(1000).default(''),
  sql: z.string().max(20_000),
})

export const tablesAnswer = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      row: z.string(),
      columns: z.array(z.object({ name: z.string(), type: z.string(), says: z.string() })),
    }),
  ),
})
export type TablesAnswer = z.infer<typeof tablesAnswer>
