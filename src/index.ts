// The library: the same as the command line, from a program.

import { parseZoneRule } from './pipeline/clock-domains.ts'
import { investigate as run } from './pipeline/investigate.ts'
import type { OpenSandboxOptions, Sandbox } from './pipeline/live/open-sandbox.ts'
import { parseMoment, parseWindow } from './pipeline/moments.ts'
import { type Progress, quietProgress } from './pipeline/progress.ts'
import type { Summary } from './schema/summary.ts'

export { OperatorError } from './base/errors.ts'
export type {
  ExecOptions,
  ExecResult,
  OpenSandboxOptions,
  Sandbox,
} from './pipeline/live/open-sandbox.ts'
export type { Progress } from './pipeline/progress.ts'
export type { ActResult } from './responses/api.ts'
export type { RecordedLine } from './schema/journal.ts'
export type {
  AttributionLine,
  FindingLine,
  IncidentSummary,
  Summary,
  ToolCallLine,
} from './schema/summary.ts'

export interface InvestigateInput {
  /** Files and folders with logs, traces and inventories, in any mix. */
  readonly paths: readonly string[]
  /** The folder to write to; made if needed. */
  readonly out: string
  /** A topology file. */
  readonly topology?: string
  /** `GLOB=ZONE` for naive local times. */
  readonly tz?: readonly string[]
  /** `START/END`, ISO 8601: windows in which no agent ran. */
  readonly control?: readonly string[]
  /** ISO 8601; events before `since` or from `until` on are left out of what is written. */
  readonly since?: string
  readonly until?: string
  readonly progress?: Progress
}

/**
 * Investigates and writes the folder `out` (see docs). Resolves to the summary. Rejects with OperatorError when a
 * path does not exist, an option can't be read or the disk won't take the results.
 */
export async function investigate(input: InvestigateInput): Promise<Summary> {
  const { summary } = await run({
    paths: input.paths,
    out: input.out,
    ...(input.topology === undefined ? {} : { topology: input.topology }),
    zones: (input.tz ?? []).map(parseZoneRule),
    controls: (input.control ?? []).map((text) => parseWindow('control', text)),
    ...(input.since === undefined ? {} : { sinceUs: parseMoment('since', input.since) }),
    ...(input.until === undefined ? {} : { untilUs: parseMoment('until', input.until) }),
    progress: input.progress ?? quietProgress,
  })
  return summary
}

/**
 * Opens a sandbox in which every `exec` is one tool call with an identity of its own (see docs). Linux only; what it
 * needs is loaded when it is asked for. Rejects with OperatorError when the policy can't be read, the recording's
 * folder can't be used, or the machine can't give the isolation.
 */
export async function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const { openSandbox: open } = await import('./pipeline/live/open-sandbox.ts')
  return await open(options)
}
