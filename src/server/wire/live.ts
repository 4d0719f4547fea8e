// What the live feed carries: small messages that say what changed. A page that missed some loads anew.

import { z } from 'zod'

export const severityWord = z.enum(['informational', 'low', 'medium', 'high', 'critical'])

export const liveMessage = z.discriminatedUnion('type', [
  /** A source came, went, or changed its state. */
  z.object({ type: z.literal('source'), source: z.string() }),
  /** A new finding, or more of a known one. */
  z.object({
    type: z.literal('finding'),
    source: z.string(),
    uid: z.string(),
    severity: severityWord,
    title: z.string(),
    detection: z.string(),
    time: z.string(),
  }),
  /** Connections of a source since its last such message. */
  z.object({
    type: z.literal('traffic'),
    source: z.string(),
    allowed: z.number(),
    blocked: z.number(),
    time: z.string(),
  }),
  /** An act on a sandbox, by whomever, and whether it worked. */
  z.object({
    type: z.literal('act'),
    source: z.string(),
    act: z.string(),
    ok: z.boolean(),
    detail: z.string(),
    by: z.string(),
    time: z.string(),
  }),
  /** The answer for an alarm: `revision` counts from 1; a higher one replaces what was said before. */
  z.object({
    type: z.literal('answer'),
    source: z.string(),
    uid: z.string(),
    revision: z.number(),
    verdict: z.string(),
    toolCall: z.string().nullable(),
    p: z.number(),
    text: z.string(),
    changed: z.string().nullable(),
    time: z.string(),
  }),
  /** Notes, saved queries: somebody wrote something. */
  z.object({ type: z.literal('note'), source: z.string(), incident: z.string() }),
])

export type LiveMessage = z.infer<typeof liveMessage>
