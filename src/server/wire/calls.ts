// The calls of an episode, and one call with what it caused.

import { z } from 'zod'
import { eventRow } from './events.ts'
import { direction, page, searchText, severity, timeRange } from './page.ts'

export const callRow = z.object({
  uid: z.string(),
  sourceId: z.string().nullable(),
  run: z.string().nullable(),
  episode: z.string().nullable(),
  episodeUid: z.string(),
  turn: z.number().nullable(),
  step: z.number().nullable(),
  name: z.string().nullable(),
  /** Cut at 2,000 characters in lists, at 64,000 for one call. */
  command: z.string().nullable(),
  startTime: z.string().nullable(),
  endTime: z.string().nullable(),
  uncertaintyMs: z.number().nullable(),
  box: z.string().nullable(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  exitCode: z.number().nullable(),
  echoOf: z.string().nullable(),
  events: z.number(),
  denied: z.number(),
  /** Sum of probabilities over all events it is a candidate for. */
  expectedEvents: z.number(),
  worst: severity.nullable(),
})
export type CallRow = z.infer<typeof callRow>

export const callSorts = ['startTime', 'turn', 'name', 'events', 'denied', 'expectedEvents', 'worst'] as const

export const callsQuery = z.strictObject({
  ...page,
  ...timeRange,
  /** uid of an episode; without it, calls of all. */
  episode: z.string().max(200).optional(),
  /** In command, tool or sandbox; or a whole uid or source id. */
  text: searchText,
  severity: severity.optional(),
  sort: z.enum(callSorts).default('startTime'),
  direction: direction.default('asc'),
})
export type CallsQuery = z.output<typeof callsQuery>

export const callsAnswer = z.object({ rows: z.array(callRow), total: z.number() })
export type CallsAnswer = z.infer<typeof callsAnswer>

export const callQuery = z.strictObject(page)
export type CallQuery = z.output<typeof callQuery>

export const callAnswer = z.object({
  call: callRow,
  policyVersion: z.string().nullable(),
  reward: z.number().nullable(),
  timeSource: z.string().nullable(),
  /** A page of the events attributed to it. */
  events: z.array(eventRow),
  /** Events that it may have caused, below p = 0.5 or behind another call: most probable first, at most 50. */
  maybe: z.array(eventRow.extend({ share: z.number() })),
  findings: z.array(
    z.object({
      uid: z.string(),
      severity,
      detection: z.string().nullable(),
      title: z.string().nullable(),
      incident: z.string().nullable(),
    }),
  ),
})
export type CallAnswer = z.infer<typeof callAnswer>
