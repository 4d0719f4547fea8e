// What a detection says it saw, before it is written as an OCSF Detection Finding (class_uid 2004).

import type { Severity } from './event.ts'

export type FindingKind =
  | 'tunnel'
  | 'mining'
  | 'probing'
  | 'provisioning'
  | 'exfiltration'
  | 'alert'
  | 'other'

export interface Finding {
  /** The detection's id, e.g. `tunnel.reverse-ssh`. */
  readonly detection: string
  readonly kind: FindingKind
  /** Names whom and what. */
  readonly title: string
  readonly severity: Severity
  /** ATT&CK technique ids, and ATLAS ids (`AML.…`). */
  readonly attack: readonly string[]
  /** 0–1: how sure the detection is of the behaviour, not of who did it. */
  readonly confidence: number
  readonly box?: string
  /** Indexes into the case's events and calls. */
  readonly events: readonly number[]
  readonly toolCalls: readonly number[]
  /** `ip:port`, names: what was reached. */
  readonly destinations: readonly string[]
  /** µs on the reference clock. */
  readonly firstUs: number
  readonly lastUs: number
  /** One sentence on why this is what it is called. */
  readonly why: string
  /** How often the same fact was seen again; those sightings are folded into this finding. */
  readonly repeats?: number
}
