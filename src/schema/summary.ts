// What `investigate` writes: the names and shapes of the contract that scripts outside rely on.

import type { Severity } from './event.ts'
import type { Readiness } from './readiness.ts'

export interface InputSummary {
  readonly path: string
  /** Importer id, or `unknown`, `empty`, `duplicate`, `unreadable`. */
  readonly format: string
  /** events + toolCalls + boxes + episodes + rejected. */
  readonly records: number
  readonly events: number
  readonly toolCalls: number
  readonly boxes: number
  readonly episodes: number
  readonly rejected: number
  /** Rows known to carry none of those, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** ISO UTC of the first and last record on the source's own clock; null when it has none. */
  readonly firstTime: string | null
  readonly lastTime: string | null
  /** SHA-256 of the bytes as given. */
  readonly sha256: string
  readonly bytes: number
  /** Why it was not read, or what to know about it. */
  readonly note?: string
}

export interface ClockSummary {
  readonly domain: string
  readonly offsetMs: number
  readonly driftPpm: number
  readonly z: number
  readonly sdMs: number
  readonly aligned: boolean
  readonly note: string
}

export interface HypothesisSummary {
  readonly name: 'agent-caused' | 'periodic-job' | 'outside' | 'background'
  readonly score: number
  readonly pValue: number
  readonly verdict: 'supported' | 'rejected' | 'undecided'
  readonly text: string
}

export interface AttributionSummary {
  readonly events: number
  readonly attributed: number
  readonly likely: number
  readonly notAttributable: number
  /** Of the attributed: by a record made outside the sandbox, from the kernel. */
  readonly byIdentity: number
  /** How many of the coincidences below chance alone would give. */
  readonly expectedByChance: number
  readonly coincidences: number
  /** Connections behind alarms (all, when no record is an alarm): what coincidences were looked for among. */
  readonly coincidencesOf: number
  readonly calibrated: boolean
}

/** Connections whose most probable call the model gives a probability in [from, to); null where nothing is known. */
export interface CalibrationBinSummary {
  readonly from: number
  readonly to: number
  readonly connections: number
  /** Mean probability by the model itself, and as it is said. */
  readonly model: number | null
  readonly said: number | null
  /** Share of them that no call caused: by the model's own account, and by decoys. */
  readonly noneByModel: number | null
  readonly noneByDecoys: number | null
}

/** How what is claimed compares with decoys, which no call caused; see docs/audit.md. There is no truth to compare with. */
export interface CalibrationSummary {
  readonly calibrated: boolean
  /** Model probability that is said as 0.9; null when nothing may be. */
  readonly claimAt: number | null
  /** Among what is said at 0.9, the share that decoys say no call caused. */
  readonly falseShare: number | null
  readonly decoys: number
  readonly bins: readonly CalibrationBinSummary[]
}

/** One destination, rule or episode against chance; see docs/attribution.md. */
export interface GroupTestSummary {
  readonly by: string
  readonly name: string
  readonly events: number
  readonly coincidences: number
  readonly expectedByChance: number
  readonly pValue: number
  readonly significant: boolean
}

export interface IncidentSummary {
  readonly uid: string
  readonly title: string
  readonly severity: Severity
  readonly kinds: readonly string[]
  readonly firstSeen: string
  readonly lastSeen: string
  readonly ongoing: boolean
  readonly toolCalls: readonly string[]
  readonly episodes: readonly string[]
  readonly firstStep: number | null
  readonly destinations: readonly string[]
  /** uids of the findings. */
  readonly findings: readonly string[]
  readonly actions: readonly { readonly do: string; readonly why: string }[]
  readonly boxes: readonly string[]
  readonly occurrences: number
  readonly policyVersions: readonly string[]
  /** In words, with its numbers; null when no trace carries a reward. */
  readonly rewarded: string | null
}

export interface Summary {
  readonly _schema: 'vigiles/summary/v1'
  readonly version: string
  /** The verdict in two sentences. */
  readonly verdict: string
  readonly inputs: readonly InputSummary[]
  readonly clocks: readonly ClockSummary[]
  readonly findings: Readonly<Record<Severity, number>>
  readonly incidents: readonly IncidentSummary[]
  readonly hypotheses: readonly HypothesisSummary[]
  readonly attribution: AttributionSummary
  /** Absent in cases written before it was kept. */
  readonly calibration?: CalibrationSummary
  /** The most telling of the tests per destination, rule and episode. */
  readonly tests: readonly GroupTestSummary[]
  /** Plain sentences: what is missing, what was assumed, what to supply. */
  readonly notes: readonly string[]
  /** Whether the next alarm could be attributed with such inputs. Absent in cases written before it was kept. */
  readonly readiness?: Readiness
}

/** One line of `attributions.jsonl`. */
export interface AttributionLine {
  readonly _schema: 'vigiles/attribution/v1'
  readonly event: {
    readonly uid: string
    readonly file: string
    readonly line: number
    readonly time: string
    readonly sourceTime: string
    readonly class: string
    readonly src: string
    readonly dst: string
    readonly port: number | null
    readonly name: string | null
    readonly disposition: string | null
    readonly rule: string | null
  }
  readonly verdict: 'attributed' | 'likely' | 'not-attributable'
  readonly toolCall: string | null
  readonly episode: string | null
  readonly p: number
  readonly pNone: number
  readonly pOther: number
  readonly noneSplit: Readonly<
    Record<'periodic-job' | 'host-daemon' | 'outside' | 'unrecorded-agent', number>
  >
  readonly tier: 'identity' | 'content' | 'time' | 'none'
  readonly box: string | null
  readonly candidates: readonly {
    readonly toolCall: string
    readonly p: number
    readonly evidence: readonly { readonly kind: string; readonly logOdds: number; readonly text: string }[]
  }[]
}

/** One line of `toolcalls.jsonl`. */
export interface ToolCallLine {
  readonly uid: string
  readonly sourceId: string | null
  readonly run: string | null
  readonly episode: string | null
  readonly turn: number | null
  readonly step: number | null
  readonly policyVersion: string | null
  readonly reward: number | null
  readonly name: string
  readonly command: string
  readonly start: string
  readonly end: string | null
  readonly uncertaintyMs: number
  readonly timeSource: string
  /**
   * Where the trace, its path or the topology says it ran. Null where none does, also when traffic makes one box
   * likely: that stands in the attributions (`box` there), with its probability.
   */
  readonly box: string | null
  readonly file: string
  readonly line: number
  /** Only where the trace tells it. */
  readonly exitCode?: number
  /** The call that this record repeats from another input; that one is judged, with what this one adds. */
  readonly echoOf?: string
}

/** One line of `findings.jsonl`: an OCSF 1.8 Detection Finding. */
export interface FindingLine {
  readonly class_uid: 2004
  readonly finding_info: {
    readonly uid: string
    readonly title: string
    readonly analytic: { readonly uid: string; readonly [more: string]: unknown }
    readonly [more: string]: unknown
  }
  readonly severity: string
  readonly unmapped: {
    readonly toolCalls: readonly string[]
    readonly events: readonly string[]
    readonly episode: string | null
    readonly [more: string]: unknown
  }
  readonly [more: string]: unknown
}
