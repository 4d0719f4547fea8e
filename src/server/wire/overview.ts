// What is going on, over everything that can be looked at.

import { z } from 'zod'
import { severityWord } from './live.ts'

/** Times are ISO 8601 in UTC with their zone written; what lies before `from` or at or after `to` is left out. */
export const overviewQuery = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
})

export const severityCounts = z.record(severityWord, z.number())

export const runningRun = z.object({
  source: z.string(),
  title: z.string(),
  box: z.string().nullable(),
  tier: z.string().nullable(),
  startedAt: z.string().nullable(),
  lastTime: z.string().nullable(),
  frozen: z.boolean(),
  frozenCalls: z.array(z.string()),
  quarantined: z.boolean(),
  /** Connections, since it began. */
  allowed: z.number(),
  blocked: z.number(),
  /** Connections that are open now. */
  open: z.number(),
  /** Calls that go on now, and how many there were. */
  openCalls: z.number(),
  calls: z.number(),
  findings: severityCounts,
})

export const stoppedRun = z.object({
  source: z.string(),
  title: z.string(),
  state: z.enum(['live', 'ready']),
  /** The detection or act that stopped it. */
  stoppedBy: z.string(),
  /** What was done, in one sentence. */
  detail: z.string(),
  /** Who did it: `policy`, `server (…)`, `control.sock (…)`. */
  by: z.string().nullable(),
  time: z.string().nullable(),
})

export const foundThing = z.object({
  source: z.string(),
  sourceTitle: z.string(),
  /** A finding of a run, or an incident of an investigation. */
  kind: z.enum(['finding', 'incident']),
  uid: z.string(),
  severity: severityWord,
  title: z.string(),
  /** Of a finding its detection; of an incident the kinds of behaviour, joined by commas. */
  detection: z.string(),
  why: z.string(),
  time: z.string(),
  /** Goes on, as far as is known. */
  ongoing: z.boolean(),
  responses: z.array(z.object({ do: z.string(), ok: z.boolean(), detail: z.string() })),
})

export const attentionItem = z.object({
  source: z.string(),
  sourceTitle: z.string(),
  reason: z.enum(['frozen', 'quarantined', 'unanswered', 'ongoing', 'unsealed', 'unusable']),
  severity: severityWord,
  text: z.string(),
  /** What a person can do about it. */
  fix: z.string(),
  /** The finding or incident it is about. */
  uid: z.string().nullable(),
  time: z.string().nullable(),
})

export const trafficBin = z.object({ time: z.string(), allowed: z.number(), blocked: z.number() })

export const overview = z.object({
  now: z.string(),
  running: z.array(runningRun),
  /** Streams of somebody else's logs and traces. */
  following: z.array(z.object({ source: z.string(), title: z.string() })),
  stopped: z.array(stoppedRun),
  /** Findings of runs and incidents of investigations. */
  severities: severityCounts,
  traffic: z.object({
    from: z.string(),
    to: z.string(),
    stepSeconds: z.number(),
    /** True when it ends now; else with the last that happened. */
    isLive: z.boolean(),
    bins: z.array(trafficBin),
  }),
  latest: z.array(foundThing),
  attention: z.array(attentionItem),
  sources: z.object({ cases: z.number(), runs: z.number(), live: z.number(), unusable: z.number() }),
  /** What these figures leave out, in words. */
  notes: z.array(z.string()),
})
export type Overview = z.infer<typeof overview>
export type RunningRun = z.infer<typeof runningRun>
export type StoppedRun = z.infer<typeof stoppedRun>
export type FoundThing = z.infer<typeof foundThing>
export type AttentionItem = z.infer<typeof attentionItem>
