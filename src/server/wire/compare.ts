// Two episodes beside each other: what did one do that the other did not?

import { z } from 'zod'
import { episodeRow } from './episodes.ts'
import { severity } from './page.ts'

export const compareQuery = z.strictObject({
  /** uid of an episode. */
  left: z.string().max(200),
  /** uid of the other; without it, a sibling: of the same run and step in another sandbox. */
  right: z.string().max(200).optional(),
})
export type CompareQuery = z.output<typeof compareQuery>

const side = z.object({
  /** How often: events, calls or findings. */
  count: z.number(),
  /** Of events, the blocked ones. */
  denied: z.number(),
  /** uids of the calls that did it, at most ten. */
  calls: z.array(z.string()),
  callsTotal: z.number(),
  firstTime: z.string().nullable(),
})
export type CompareSide = z.infer<typeof side>

const item = z.object({
  /** Destination with its port, command without what differs each time, tool, or detection. */
  what: z.string(),
  /** A command as it was written, a finding's title. */
  example: z.string().nullable(),
  severity: severity.nullable(),
  only: z.enum(['left', 'right']).nullable(),
  left: side,
  right: side,
})
export type CompareItem = z.infer<typeof item>

const list = z.object({
  /** First what only one of them did. */
  items: z.array(item),
  onlyLeft: z.number(),
  onlyRight: z.number(),
  common: z.number(),
  /** There are more than are listed. */
  cut: z.boolean(),
})
export type CompareList = z.infer<typeof list>

export const compareAnswer = z.object({
  left: episodeRow,
  right: episodeRow.nullable(),
  /** Why there is no other episode. */
  note: z.string().nullable(),
  /** Others to compare with, the most alike first, at most twenty. */
  siblings: z.array(episodeRow.extend({ commonCommands: z.number() })),
  destinations: list,
  names: list,
  commands: list,
  tools: list,
  findings: list,
})
export type CompareAnswer = z.infer<typeof compareAnswer>
