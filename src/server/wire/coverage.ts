// The Coverage page: what each input gave, what was refused, how well clocks are known, what probabilities are worth, and
// whether an alarm could be attributed with this set-up (`vigiles audit` prints the same `readiness`).

import { z } from 'zod'

const verdict = z.enum(['missing', 'weak', 'unknown', 'good'])

const odds = z.object({
  draws: z.number(),
  /** Share of alarms that one call alone explains, 0 to 1; the parts of it before `recorded`. */
  share: z.number().min(0).max(1),
  byTime: z.number().min(0).max(1),
  byName: z.number().min(0).max(1),
  sharedMean: z.number(),
  sharedMedian: z.number(),
  recorded: z.number().min(0).max(1),
})

const readinessCheck = z.object({
  id: z.string(),
  question: z.string(),
  judged: z.string(),
  verdict,
  found: z.string(),
  cost: z.string(),
  todo: z.array(
    z.object({ do: z.string(), config: z.string().optional(), where: z.string().optional() }).readonly(),
  ),
  evidence: z.array(z.object({ file: z.string(), line: z.number().nullable(), text: z.string() }).readonly()),
  /** The same alarms with this one thing put right. */
  gain: odds.nullable(),
})

export const readinessAnswer = z.object({
  _schema: z.literal('vigiles/readiness/v1'),
  version: z.string(),
  answer: z.string(),
  inputs: z.array(
    z.object({
      path: z.string(),
      kind: z.enum(['log', 'trace', 'topology', 'configuration', 'unread']),
      product: z.string(),
    }),
  ),
  today: odds.nullable(),
  best: odds.nullable(),
  /** What to put right first, and what then; each with all before it. */
  improvements: z.array(
    z.object({
      id: z.enum(['addresses', 'stamps', 'clocks', 'call-times', 'box-names', 'names', 'recording']),
      odds,
    }),
  ),
  observed: z
    .object({ of: z.enum(['alarms', 'connections']), events: z.number(), attributed: z.number() })
    .nullable(),
  checks: z.array(readinessCheck),
})
export type ReadinessAnswer = z.infer<typeof readinessAnswer>

const coverageInput = z.object({
  path: z.string(),
  /** Importer id, or `unknown`, `empty`, `duplicate`, `unreadable`. */
  format: z.string(),
  records: z.number(),
  events: z.number(),
  toolCalls: z.number(),
  boxes: z.number(),
  episodes: z.number(),
  rejected: z.number(),
  /** Rows that carry none of those, by reason. */
  skipped: z.record(z.string(), z.number()),
  firstTime: z.string().nullable(),
  lastTime: z.string().nullable(),
  bytes: z.number(),
  note: z.string().nullable(),
})

const coverageClock = z.object({
  domain: z.string(),
  /** How far ahead of the traces, ms; positive is ahead. */
  offsetMs: z.number(),
  driftPpm: z.number(),
  sdMs: z.number(),
  z: z.number(),
  aligned: z.boolean(),
  note: z.string(),
})

const calibrationBin = z.object({
  /** Model probability in [from, to). */
  from: z.number(),
  to: z.number(),
  connections: z.number(),
  model: z.number().nullable(),
  said: z.number().nullable(),
  noneByModel: z.number().nullable(),
  noneByDecoys: z.number().nullable(),
})

export const coverageAnswer = z.object({
  inputs: z.array(coverageInput),
  /** Inputs beyond those listed. */
  inputsLeft: z.number(),
  rejects: z.object({
    total: z.number(),
    /** How many of them were looked at for `reasons`. */
    looked: z.number(),
    reasons: z.array(
      z.object({
        reason: z.string(),
        count: z.number(),
        examples: z.array(z.object({ file: z.string(), line: z.number(), text: z.string() })),
      }),
    ),
  }),
  clocks: z.array(coverageClock),
  calibration: z
    .object({
      calibrated: z.boolean(),
      claimAt: z.number().nullable(),
      falseShare: z.number().nullable(),
      decoys: z.number(),
      bins: z.array(calibrationBin),
      /** What the word means where nobody knows the truth, for this case. */
      meaning: z.string(),
    })
    .nullable(),
  readiness: readinessAnswer.nullable(),
  /** Why there is no calibration or no readiness, and what to do; empty when there is. */
  lacking: z.array(z.string()),
})
export type CoverageAnswer = z.infer<typeof coverageAnswer>
