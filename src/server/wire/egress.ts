// Who reached what: destinations by call, episode, step, tool or sandbox, compared with another run.

import { z } from 'zod'
import { count, direction, page, searchText, timeRange } from './page.ts'

export const egressLevels = ['destination', 'box', 'run', 'step', 'episode', 'tool', 'call'] as const

export const egressStatus = z.enum(['new', 'known', 'gone', 'changed'])

export const egressRow = z.object({
  /** Host name where known, else the address. */
  destination: z.string().nullable(),
  name: z.string().nullable(),
  /** Its address; of several the first and the last. */
  addresses: z.array(z.string().nullable()),
  port: z.number().nullable(),
  kind: z.enum(['connection', 'dns']),
  /** Of the level asked for; the others are null. */
  toolCall: z.string().nullable(),
  tool: z.string().nullable(),
  episode: z.string().nullable(),
  episodeUid: z.string().nullable(),
  run: z.string().nullable(),
  step: z.number().nullable(),
  box: z.string().nullable(),
  /** Events attributed (to no call, where the row has none). */
  events: z.number(),
  allowed: z.number(),
  denied: z.number(),
  /** Events whose records do not say. */
  unknown: z.number(),
  /** Events weighted by probability. */
  expected: z.number(),
  calls: z.number(),
  episodes: z.number(),
  bytesOut: count.nullable(),
  bytesIn: count.nullable(),
  firstTime: z.string().nullable(),
  lastTime: z.string().nullable(),
  /** Against the baseline; null without one. `changed`: allowed then and denied now, or the other way. */
  status: egressStatus.nullable(),
})
export type EgressRow = z.infer<typeof egressRow>

export const egressSorts = [
  'destination',
  'port',
  'events',
  'allowed',
  'denied',
  'expected',
  'calls',
  'episodes',
  'bytesOut',
  'bytesIn',
  'firstTime',
  'lastTime',
  'status',
] as const

export const egressQuery = z.strictObject({
  ...page,
  ...timeRange,
  level: z.enum(egressLevels).default('destination'),
  kind: z.enum(['connection', 'dns', 'all']).default('connection'),
  /** In names, addresses, sandboxes, episodes and tools. */
  text: searchText,
  disposition: z.enum(['allowed', 'blocked', 'unknown']).optional(),
  /** `calls`: only what is attributed to a call; `none`: only what is not. */
  caused: z.enum(['all', 'calls', 'none']).default('all'),
  episode: z.string().max(200).optional(),
  toolCall: z.string().max(200).optional(),
  box: z.string().max(1000).optional(),
  /** Id of another source to compare with. */
  baseline: z.string().max(200).optional(),
  status: egressStatus.optional(),
  /** Also rows whose calls are only less probable candidates. */
  unlikely: z.stringbool().default(false),
  sort: z.enum(egressSorts).default('events'),
  direction: direction.default('desc'),
})
export type EgressQuery = z.output<typeof egressQuery>

export const egressAnswer = z.object({
  rows: z.array(egressRow),
  total: z.number(),
  /** Of the rows that fit, by comparison; null without a baseline. */
  statuses: z.record(egressStatus, z.number()).nullable(),
  /** The baseline has more destinations than are compared with: what is called new may be among these. */
  baselineCut: z.boolean(),
})
export type EgressAnswer = z.infer<typeof egressAnswer>
