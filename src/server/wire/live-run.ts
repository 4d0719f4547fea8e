// One run as it goes on: what is open, what it calls, what was found and done.

import { z } from 'zod'
import { severityWord } from './live.ts'
import { severityCounts, trafficBin } from './overview.ts'

export const liveRun = z.object({
  source: z.string(),
  title: z.string(),
  state: z.enum(['live', 'ready']),
  box: z.string().nullable(),
  stoppedBy: z.string().nullable(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  firstTime: z.string().nullable(),
  lastTime: z.string().nullable(),
  sealed: z.boolean(),
  frozen: z.boolean(),
  quarantined: z.boolean(),
  totals: z.object({
    lines: z.number(),
    allowed: z.number(),
    blocked: z.number(),
    lookups: z.number(),
    processes: z.number(),
    calls: z.number(),
    open: z.number(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    findings: severityCounts,
  }),
  /** Per minute, oldest first; minutes in which nothing was are left out. At most a day. */
  minutes: z.array(trafficBin),
  /** The newest ones, at most 200. */
  connections: z.array(
    z.object({
      connection: z.string(),
      to: z.string(),
      call: z.string().nullable(),
      since: z.string(),
      protocol: z.string().nullable(),
    }),
  ),
  calls: z.array(
    z.object({
      call: z.string(),
      name: z.string(),
      command: z.string(),
      since: z.string(),
      source: z.string(),
      frozen: z.boolean(),
    }),
  ),
  /** The worst first, at most 200. */
  findings: z.array(
    z.object({
      uid: z.string(),
      detection: z.string(),
      kind: z.string(),
      severity: severityWord,
      title: z.string(),
      why: z.string(),
      destinations: z.array(z.string()),
      toolCalls: z.array(z.string()),
      attack: z.array(z.string()),
      time: z.string(),
      repeats: z.number(),
      responses: z.array(z.object({ do: z.string(), ok: z.boolean(), detail: z.string() })),
    }),
  ),
  /** The newest last. */
  acts: z.array(
    z.object({
      act: z.string(),
      target: z.string().nullable(),
      ok: z.boolean(),
      detail: z.string(),
      by: z.string(),
      time: z.string(),
    }),
  ),
  notes: z.array(z.string()),
})
export type LiveRun = z.infer<typeof liveRun>
