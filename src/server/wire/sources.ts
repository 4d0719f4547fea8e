// What can be looked at: investigations, recordings, live runs, followed streams.

import { z } from 'zod'

export const sourceRow = z.object({
  /** Stable for a folder: the same after a restart. */
  id: z.string(),
  kind: z.enum(['case', 'recording', 'follow']),
  title: z.string(),
  folder: z.string(),
  /** `live`: a run goes on, or a stream is followed. `unusable`: see `problem`. */
  state: z.enum(['live', 'ready', 'unusable']),
  problem: z.object({ what: z.string(), why: z.string().optional(), fix: z.string().optional() }).optional(),
  /** ISO 8601 in UTC. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})
export type SourceRow = z.infer<typeof sourceRow>

export const sourceList = z.object({ sources: z.array(sourceRow) })
export type SourceList = z.infer<typeof sourceList>
