// What every list asks for: a page, a time range, a severity.

import { z } from 'zod'
import { parseIso } from '../../base/time.ts'
import { severities } from '../../schema/event.ts'

/** Most rows of one answer. */
export const pageRowsMax = 500
const textMax = 200

/** `offset` and `limit` of a query string. */
export const page = {
  offset: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
  limit: z.coerce.number().int().min(1).max(pageRowsMax).default(100),
}

/** Text to look for, in any case. */
export const searchText = z.string().trim().max(textMax).optional()

/** ISO 8601 with a zone; µs are kept. */
export const isoTime = z
  .string()
  .max(40)
  .refine((text) => parseIso(text)?.zone === 'utc', 'wants a time like 2026-11-24T08:00:00Z')

export const severity = z.enum(severities)

/** Counts, and numbers beyond 2^53 as text. */
export const count = z.union([z.number(), z.string()])

/** From → to, the end left out. */
export const timeRange = { from: isoTime.optional(), to: isoTime.optional() }

export const direction = z.enum(['asc', 'desc'])
