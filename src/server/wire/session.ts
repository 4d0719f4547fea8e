import { z } from 'zod'

export const session = z.object({
  role: z.enum(['reader', 'operator']),
  version: z.string(),
})
export type Session = z.infer<typeof session>

export const errorAnswer = z.object({
  error: z.object({ what: z.string(), why: z.string().optional(), fix: z.string().optional() }),
})
export type ErrorAnswer = z.infer<typeof errorAnswer>
