// What exporters are handed: everything an investigation found, already joined, as plain data.

import type { Finding } from '../schema/finding.ts'
import type {
  AttributionLine,
  FindingLine,
  GroupTestSummary,
  Summary,
  ToolCallLine,
} from '../schema/summary.ts'

/** A finding with the uids that stand for its calls and events outside. */
export interface ExportFinding extends Omit<Finding, 'events' | 'toolCalls'> {
  readonly uid: string
  readonly toolCallUids: readonly string[]
  readonly eventUids: readonly string[]
  readonly episode: string | null
}

/** One attempt to tell an episode's share in what happened. */
export interface EpisodeRow {
  readonly episode: string
  readonly run: string | null
  readonly step: number | null
  readonly policyVersion: string | null
  readonly box: string | null
  readonly reward: number | null
  readonly calls: number
  readonly events: number
  readonly findings: number
  readonly worst: string | null
  readonly firstTime: string
  readonly lastTime: string
}

/** What the report shows. Lists are already cut to what a page can carry; the cut is said in `cuts`. */
export interface ReportData {
  readonly summary: Summary
  readonly findings: readonly FindingLine[]
  /** Attribution of alerts and of everything a finding rests on, in time order. */
  readonly attributions: readonly AttributionLine[]
  /** Calls that stand in the timeline: every candidate of an attribution above, and a sample of the rest. */
  readonly toolCalls: readonly ToolCallLine[]
  readonly episodes: readonly EpisodeRow[]
  /** Tests per destination, rule and episode. */
  readonly groups: readonly GroupTestSummary[]
  readonly rejects: readonly {
    readonly file: string
    readonly line: number
    readonly reason: string
    readonly text: string
  }[]
  readonly cuts: readonly string[]
  /** What people said of an incident, by its uid. */
  readonly said?: Readonly<Record<string, Said>>
  /** How each printed number was computed; label → sentence. */
  readonly methods: readonly { readonly what: string; readonly how: string }[]
}

/** What people wrote about an incident in the watch room. */
export interface Said {
  readonly status: string
  readonly assignee: string | null
  readonly tags: readonly string[]
  readonly comments: readonly { readonly time: string; readonly by: string; readonly text: string }[]
}
