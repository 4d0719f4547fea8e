// Acts on a running sandbox: the same as of `vigiles contain`.

import { z } from 'zod'

export const actWord = z.enum(['freeze', 'thaw', 'kill', 'block', 'unblock', 'quarantine', 'release'])

const callId = z.string().min(1).max(500)
/** A name or an address, with `:PORT` or without. */
const destination = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\s\p{Cc}]+$/u, 'a name or an address, with :PORT or without')

export const containBody = z.strictObject({
  act: actWord,
  /** A tool call's id or a unit; without it the whole sandbox. */
  call: callId.optional(),
  /** Of block and unblock. */
  destination: destination.optional(),
})
export type ContainRequest = z.infer<typeof containBody>

export const boxStatus = z.object({
  box: z.string(),
  mode: z.string(),
  tier: z.string(),
  frozen: z.boolean(),
  quarantined: z.boolean(),
  blocked: z.array(z.string()),
  open: z.number().optional(),
  connections: z.array(
    z.object({
      to: z.string(),
      call: z.string().optional(),
      unit: z.string().optional(),
      protocol: z.string().optional(),
    }),
  ),
  calls: z.array(
    z.object({
      call: z.string(),
      name: z.string(),
      unit: z.string().optional(),
      processes: z.number(),
      running: z.array(z.object({ pid: z.number(), name: z.string() })).optional(),
      frozen: z.boolean(),
    }),
  ),
})

export const actResult = z.object({
  act: z.string(),
  /** Whether it was done. */
  ok: z.boolean(),
  /** One sentence: what was done, or why not. */
  detail: z.string(),
  status: boxStatus.optional(),
})
export type ContainResult = z.infer<typeof actResult>

export const containPreview = z.object({
  act: actWord,
  /** What it is done to: the sandbox, a call, a destination. */
  target: z.string(),
  /** Whether it can be undone, and by which act. */
  undoneBy: actWord.nullable(),
  /** For the question before it: what happens, in plain sentences. */
  sentences: z.array(z.string()),
  /** Processes that stop (freeze, quarantine: none; kill: end for good). */
  processes: z.number(),
  calls: z.array(
    z.object({
      call: z.string(),
      name: z.string(),
      processes: z.number(),
      running: z.array(z.object({ pid: z.number(), name: z.string() })),
    }),
  ),
  /** Connections that are cut; `open` counts those beyond the listed ones too. */
  connections: z.array(z.object({ to: z.string(), call: z.string().nullable() })),
  connectionsCut: z.number(),
})
export type ContainPreview = z.infer<typeof containPreview>
export type BoxState = z.infer<typeof boxStatus>
