// Findings that share a cause, as one story with what to do about it. The pipeline puts uids and ISO times in
// place of indexes and µs when it writes `incidents.jsonl`.

import type { Severity } from './event.ts'
import type { FindingKind } from './finding.ts'

export interface Incident {
  /** The same for the same findings, whatever their order. */
  readonly uid: string
  readonly title: string
  readonly severity: Severity
  /** 0–1: noisy-OR over independent kinds of evidence. */
  readonly confidence: number
  readonly kinds: readonly FindingKind[]
  /** µs on the reference clock. */
  readonly firstUs: number
  readonly lastUs: number
  /** Evidence reaches the end of what was recorded, or a connection was never closed. */
  readonly ongoing: boolean
  /** Index of calls, in the order of the case. */
  readonly toolCalls: readonly number[]
  readonly boxes: readonly string[]
  readonly episodes: readonly string[]
  readonly firstStep: number | null
  readonly policyVersions: readonly string[]
  readonly rewarded: RewardSummary | null
  readonly destinations: readonly string[]
  /** Indexes into the findings that were grouped. */
  readonly findings: readonly number[]
  /** Sightings in all, repeated ones included. */
  readonly occurrences: number
  readonly actions: readonly IncidentAction[]
}

export interface IncidentAction {
  readonly do: string
  readonly why: string
}

export interface RewardSummary {
  /** Mean reward of the episodes of the incident, and of the other episodes of the same runs. */
  readonly mean: number
  readonly otherMean: number | null
  readonly episodes: number
  readonly otherEpisodes: number
  readonly verdict: 'more' | 'less' | 'alike' | 'too few to tell'
  /** The same in words, with its numbers. */
  readonly text: string
}
