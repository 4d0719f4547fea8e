// A row of the egress map as a rule of a policy: shown as a difference first, saved only as it was shown.

import { z } from 'zod'

const wish = {
  want: z.enum(['allow', 'deny']),
  /** A name, or an address where there is none. */
  host: z.string().min(1).max(300),
  port: z.number().int().min(1).max(65_535).optional(),
  transport: z.enum(['tcp', 'udp', 'icmp']).optional(),
  /** What was spoken, as the row has it. */
  protocol: z.string().max(40).optional(),
}

export const proposeBody = z.strictObject({
  ...wish,
  /** One of the files that are offered; without it the first. */
  file: z.string().max(4_096).optional(),
})
export type ProposeRequest = z.infer<typeof proposeBody>

export const policyFile = z.object({
  path: z.string(),
  /** One that is not there yet is made. */
  exists: z.boolean(),
  /** `run`: the one this run was started with. `state`: one of the state folder. */
  from: z.enum(['run', 'state']),
})
export type PolicyFile = z.infer<typeof policyFile>

const verdict = z.enum(['allowed', 'denied'])

export const policyProposal = z.object({
  file: policyFile,
  /** Every file it could go to. */
  files: z.array(policyFile),
  /** SHA-256 in hex of the text that the difference was made against; wanted for saving. */
  sha256: z.string(),
  /** The added line as YAML. */
  item: z.string(),
  /** Unified. */
  diff: z.string(),
  /** About the destination, by the text as it is and as it would be. */
  verdictBefore: verdict,
  verdictAfter: verdict,
  /** What it would decide about the destination, and by which rule. */
  explanation: z.array(z.string()),
  /** What to know before it is saved. */
  notes: z.array(z.string()),
})
export type PolicyProposal = z.infer<typeof policyProposal>

export const saveBody = z.strictObject({
  ...wish,
  file: z.string().max(4_096),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the sha256 of the proposal'),
})
export type SavePolicy = z.infer<typeof saveBody>

export const policySaved = z.object({
  file: z.string(),
  /** The text as it was before; null when there was none. */
  backup: z.string().nullable(),
  sha256: z.string(),
  notes: z.array(z.string()),
})
export type PolicySaved = z.infer<typeof policySaved>
