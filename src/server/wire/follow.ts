// A stream that is followed: how it stands, and its newest answers.

import { z } from 'zod'
import { severityWord } from './live.ts'

export const followAnswer = z.object({
  uid: z.string(),
  /** From 1; a higher one replaced what was said before. */
  revision: z.number(),
  /** What differs from the answer before. */
  changed: z.array(z.string()),
  alarm: z.boolean(),
  time: z.string(),
  src: z.string(),
  dst: z.string(),
  port: z.number().nullable(),
  name: z.string().nullable(),
  disposition: z.string().nullable(),
  rule: z.string().nullable(),
  file: z.string(),
  line: z.number(),
  verdict: z.enum(['attributed', 'likely', 'not-attributable']),
  tier: z.string(),
  p: z.number(),
  pNone: z.number(),
  box: z.string().nullable(),
  call: z
    .object({
      uid: z.string(),
      name: z.string(),
      command: z.string(),
      episode: z.string().nullable(),
      step: z.number().nullable(),
    })
    .nullable(),
})
export type FollowAnswerRow = z.infer<typeof followAnswer>

export const followQuery = z.strictObject({
  /** Of all events, or of alarms alone. */
  alarms: z.enum(['all', 'alarms']).default('alarms'),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
})

const received = z.object({ records: z.number(), bytes: z.number(), dropped: z.number() })

export const followState = z.object({
  listening: z.object({ syslog: z.string().nullable(), otlp: z.string().nullable() }),
  events: z.number(),
  calls: z.number(),
  answered: z.number(),
  revised: z.number(),
  waiting: z.number(),
  fits: z.number(),
  lastFitMs: z.number().nullable(),
  received: z.object({ syslog: received, otlp: received }),
  /** What made room for newer, by what it was. */
  evicted: z.record(z.string(), z.number()),
  inputs: z.array(
    z.object({
      path: z.string(),
      format: z.string(),
      bytes: z.number(),
      events: z.number(),
      toolCalls: z.number(),
      rejected: z.number(),
      note: z.string().nullable(),
    }),
  ),
  clocks: z.array(
    z.object({
      domain: z.string(),
      offsetMs: z.number(),
      driftPpm: z.number(),
      sdMs: z.number(),
      aligned: z.boolean(),
      note: z.string(),
    }),
  ),
  problems: z.array(z.object({ where: z.string(), what: z.string() })),
  incidents: z.array(
    z.object({
      uid: z.string(),
      title: z.string(),
      severity: severityWord,
      detections: z.array(z.string()),
      boxes: z.array(z.string()),
      destinations: z.array(z.string()),
      firstSeen: z.string(),
      lastSeen: z.string(),
    }),
  ),
  answers: z.array(followAnswer),
})
export type FollowStateAnswer = z.infer<typeof followState>
