// Why an alarm: who may have caused it, on what evidence, and who else.

import { z } from 'zod'
import { findingRow } from './incidents.ts'

/** `of`: an event's uid, or a line of a log as it was pasted. */
export const whyQuery = z.strictObject({ of: z.string().min(1).max(65_536) })

export const toolCall = z.object({
  uid: z.string(),
  sourceId: z.string().nullable(),
  run: z.string().nullable(),
  episode: z.string().nullable(),
  turn: z.number().nullable(),
  step: z.number().nullable(),
  policyVersion: z.string().nullable(),
  reward: z.number().nullable(),
  name: z.string(),
  command: z.string(),
  start: z.string(),
  end: z.string().nullable(),
  uncertaintyMs: z.number(),
  timeSource: z.string(),
  box: z.string().nullable(),
  file: z.string(),
  line: z.number(),
  exitCode: z.number().optional(),
  echoOf: z.string().optional(),
})
export type ToolCallRow = z.infer<typeof toolCall>

export const alarmEvent = z.object({
  uid: z.string(),
  file: z.string(),
  line: z.number(),
  time: z.string(),
  sourceTime: z.string(),
  class: z.string(),
  src: z.string(),
  dst: z.string(),
  port: z.number().nullable(),
  name: z.string().nullable(),
  disposition: z.string().nullable(),
  rule: z.string().nullable(),
})
export type AlarmEvent = z.infer<typeof alarmEvent>

export const whyAnswer = z.object({
  event: alarmEvent,
  verdict: z.enum(['attributed', 'likely', 'not-attributable']),
  toolCall: z.string().nullable(),
  episode: z.string().nullable(),
  box: z.string().nullable(),
  tier: z.enum(['identity', 'content', 'time', 'none']),
  p: z.number(),
  /** That none of the recorded calls did it, and what it would be then. */
  pNone: z.number(),
  noneSplit: z.record(z.string(), z.number()),
  /** Of calls that are not listed. */
  pOther: z.number(),
  candidates: z.array(
    z.object({
      toolCall: z.string(),
      p: z.number(),
      call: toolCall.nullable(),
      /** What the command runs that can't be read in it (encoded, behind variables). */
      revealed: z.string().nullable(),
      evidence: z.array(z.object({ kind: z.string(), logOdds: z.number(), text: z.string() })),
    }),
  ),
  findings: z.array(findingRow),
  /** What chance alone would give; null where a name or the kernel connects them. */
  chance: z.string().nullable(),
  /** Which further log would decide it. */
  next: z.string(),
  /** The same as `vigiles why` prints it. */
  text: z.array(z.string()),
  /** Events that fit what was pasted equally well. */
  alike: z.number(),
})
export type WhyAnswer = z.infer<typeof whyAnswer>
