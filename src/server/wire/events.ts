// Search among the events of a case: alarms and everything else that sensors saw.

import { z } from 'zod'
import { eventClasses } from '../../schema/event.ts'
import { count, direction, page, searchText, severity, timeRange } from './page.ts'

export const verdict = z.enum(['attributed', 'likely', 'not-attributable'])

export const eventRow = z.object({
  uid: z.string(),
  /** Its place in the case, by time. */
  seq: z.number(),
  time: z.string().nullable(),
  sourceTime: z.string().nullable(),
  class: z.string().nullable(),
  src: z.string().nullable(),
  dst: z.string().nullable(),
  port: z.number().nullable(),
  name: z.string().nullable(),
  disposition: z.string().nullable(),
  rule: z.string().nullable(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  verdict: z.string().nullable(),
  /** Null below p = 0.5. */
  toolCall: z.string().nullable(),
  tool: z.string().nullable(),
  episode: z.string().nullable(),
  episodeUid: z.string().nullable(),
  run: z.string().nullable(),
  step: z.number().nullable(),
  p: z.number().nullable(),
  pNone: z.number().nullable(),
  tier: z.string().nullable(),
  box: z.string().nullable(),
  /** Worst finding it is evidence of. */
  severity: severity.nullable(),
  bytesOut: count.nullable(),
  bytesIn: count.nullable(),
})
export type EventRow = z.infer<typeof eventRow>

export const eventSorts = [
  'time',
  'severity',
  'p',
  'src',
  'dst',
  'name',
  'port',
  'rule',
  'disposition',
  'box',
] as const

export const eventsQuery = z.strictObject({
  ...page,
  ...timeRange,
  /** In names, addresses, rules, sandboxes; or a whole uid. */
  text: searchText,
  verdict: verdict.optional(),
  disposition: z.enum(['allowed', 'blocked', 'unknown']).optional(),
  class: z.enum(eventClasses).optional(),
  /** Evidence of a finding at least this bad. */
  severity: severity.optional(),
  toolCall: z.string().max(200).optional(),
  /** uid of an episode. */
  episode: z.string().max(200).optional(),
  box: z.string().max(1000).optional(),
  destination: z.string().max(1000).optional(),
  port: z.coerce.number().int().min(0).max(65535).optional(),
  sort: z.enum(eventSorts).default('time'),
  direction: direction.default('asc'),
})
export type EventsQuery = z.output<typeof eventsQuery>

export const eventsAnswer = z.object({ rows: z.array(eventRow), total: z.number() })
export type EventsAnswer = z.infer<typeof eventsAnswer>
