import { z } from 'zod'

/** Milliseconds between two heartbeats of the stream. */
export const heartbeatMs = 15_000

/** What a page waits before it connects again. */
export const retryMs = 2_000

export const streamQuery = z.strictObject({
  /** Only what concerns this source. */
  source: z.string().max(100).optional(),
})
