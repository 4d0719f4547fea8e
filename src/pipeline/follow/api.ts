// Following logs and traces that still grow: what is asked for, what is told, and how much of it is kept.

import type { AttributionCase } from '../../attribution/api.ts'
import type { EventClass, Severity } from '../../schema/event.ts'
import type { FindingKind } from '../../schema/finding.ts'
import type { Summary } from '../../schema/summary.ts'
import type { ZoneRule } from '../clock-domains.ts'

export interface FollowOptions {
  /** Files and folders, as `investigate` takes them. What does not exist yet is waited for. */
  readonly paths: readonly string[]
  /** Where everything is kept; without it `$XDG_STATE_HOME/vigiles/follow/<hash of the paths>`. */
  readonly state?: string
  readonly topology?: string
  readonly zones?: readonly ZoneRule[]
  readonly controls?: AttributionCase['controls']
  /** Receive alarms by syslog here, UDP and TCP: `127.0.0.1:5514`, `[::1]:5514`; port 0 takes a free one. */
  readonly syslog?: string
  /** Receive agents' spans by OTLP/HTTP here. */
  readonly otlp?: string
  /** Listen on another address than loopback, without TLS. */
  readonly insecure?: boolean
  readonly page?: readonly PageRule[]
  readonly limits?: Partial<FollowLimits>
  /** Investigate all of it anew no more often than this, ms; 0 = only on demand. Default 60,000. */
  readonly caseEveryMs?: number
  /** Called for everything that happens, in order. It should return soon; what it throws is told as a problem. */
  readonly on?: (event: FollowEvent) => void
}

/** Everything that is kept has a maximum; what made room is counted in `FollowStatus.evicted`. */
export interface FollowLimits {
  /** Events that a fit looks at and that can still be revised; the oldest make room. */
  readonly events: number
  readonly calls: number
  /** Events read and not answered yet: reading waits beyond it. */
  readonly waiting: number
  readonly files: number
  readonly openFiles: number
  /** What was received and lies in the state folder; the oldest read segments make room, else it is refused. */
  readonly spoolBytes: number
  readonly spoolSegmentBytes: number
  /** Answers on disk, and of one file of them. */
  readonly answerBytes: number
  readonly answerSegmentBytes: number
  /** Answers at hand for `Follow.recent`. */
  readonly recent: number
  /** Largest body of a request, compressed and unfolded. */
  readonly bodyBytes: number
  readonly connections: number
  readonly syslogLineBytes: number
  /** ms between two fits, at least; a fit also waits `fitRest` times as long as the last one took. */
  readonly fitEveryMs: number
  readonly fitRest: number
  /** ms between two looks at files that grow, and at all others. */
  readonly pollMs: number
  readonly scanMs: number
  readonly pages: number
}

export const followLimits: FollowLimits = {
  events: 200_000,
  calls: 50_000,
  waiting: 50_000,
  files: 10_000,
  openFiles: 256,
  spoolBytes: 2 * 1024 ** 3,
  spoolSegmentBytes: 64 * 1024 ** 2,
  answerBytes: 1024 ** 3,
  answerSegmentBytes: 64 * 1024 ** 2,
  recent: 10_000,
  bodyBytes: 16 * 1024 ** 2,
  connections: 256,
  syslogLineBytes: 256 * 1024,
  fitEveryMs: 5_000,
  fitRest: 3,
  pollMs: 100,
  scanMs: 1_000,
  pages: 1_000,
}

/** When to page, and how. */
export interface PageRule {
  /** A severity (that or graver), or a detection's id. */
  readonly on: string
  readonly webhook?: string
  readonly command?: readonly string[]
}

export interface FollowCandidate {
  readonly toolCall: string
  readonly p: number
}

/** The best answer so far for one event; a line of answers/*.jsonl. */
export interface FollowAnswer {
  readonly _schema: 'vigiles/follow-answer/v1'
  /** The file's identity and the event's index in it: the same after a restart, and after the file is rotated. */
  readonly uid: string
  /** 0 for the first answer; later ones replace it. */
  readonly revision: number
  /** `quick`: by the last fit. `fit`: by a fit that has seen the event. */
  readonly by: 'quick' | 'fit'
  /** What differs from the answer before. */
  readonly changed?: readonly ('verdict' | 'toolCall' | 'p')[]
  /** A sensor called it an alarm, or it was blocked. */
  readonly alarm: boolean
  readonly event: {
    readonly file: string
    readonly line: number
    /** ISO 8601, UTC, after clock correction. */
    readonly time: string
    readonly class: EventClass
    readonly src: string
    readonly dst: string
    readonly port: number | null
    readonly name: string | null
    readonly disposition: 'allowed' | 'blocked' | null
    readonly rule: string | null
  }
  readonly verdict: 'attributed' | 'likely' | 'not-attributable'
  readonly toolCall: string | null
  readonly call?: FollowCall
  readonly p: number
  readonly pNone: number
  readonly tier: 'identity' | 'content' | 'time' | 'none'
  readonly box: string | null
  readonly candidates: readonly FollowCandidate[]
}

export interface FollowCall {
  readonly name: string
  /** The beginning of it. */
  readonly command: string
  readonly episode: string | null
  readonly step: number | null
  readonly sourceId: string | null
  readonly file: string
  readonly line: number
}

export interface FollowFinding {
  readonly uid: string
  readonly detection: string
  readonly kind: FindingKind
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly box: string | null
  readonly destinations: readonly string[]
  readonly firstSeen: string
  readonly lastSeen: string
  readonly attack: readonly string[]
  /** uids of answers and of calls it rests on, at most 100 each. */
  readonly events: readonly string[]
  readonly toolCalls: readonly string[]
  readonly repeats: number
}

export interface FollowIncident {
  readonly uid: string
  readonly title: string
  readonly severity: Severity
  readonly detections: readonly string[]
  readonly boxes: readonly string[]
  readonly episodes: readonly string[]
  readonly destinations: readonly string[]
  readonly firstSeen: string
  readonly lastSeen: string
  readonly findings: readonly string[]
  readonly actions: readonly { readonly do: string; readonly why: string }[]
}

export interface FollowClock {
  readonly domain: string
  readonly offsetMs: number
  readonly driftPpm: number
  readonly sdMs: number
  readonly aligned: boolean
  readonly note: string
}

export interface FollowProblem {
  /** What is concerned: an input's path, `syslog`, `otlp`, `paging`, `state`. */
  readonly where: string
  readonly what: string
}

export type FollowEvent =
  | { readonly type: 'answers'; readonly answers: readonly FollowAnswer[] }
  | { readonly type: 'revisions'; readonly answers: readonly FollowAnswer[] }
  | { readonly type: 'finding'; readonly finding: FollowFinding }
  | { readonly type: 'incident'; readonly incident: FollowIncident; readonly isNew: boolean }
  | {
      readonly type: 'fit'
      readonly clocks: readonly FollowClock[]
      readonly calibrated: boolean
      readonly events: number
      readonly calls: number
      readonly ms: number
    }
  /** A clock was compared for the first time, or runs otherwise than was thought. */
  | { readonly type: 'clock'; readonly clock: FollowClock; readonly before: FollowClock | null }
  | { readonly type: 'input'; readonly path: string; readonly format: string; readonly note?: string }
  | { readonly type: 'problem'; readonly problem: FollowProblem }
  | {
      readonly type: 'page'
      readonly incident: string
      readonly target: string
      readonly ok: boolean
      readonly note: string
    }
  | { readonly type: 'case'; readonly folder: string; readonly summary: Summary }

export interface FollowInput {
  readonly path: string
  readonly format: string
  readonly bytes: number
  readonly events: number
  readonly toolCalls: number
  readonly rejected: number
  readonly skipped: number
  readonly note: string | null
}

export interface FollowStatus {
  readonly inputs: readonly FollowInput[]
  readonly events: number
  readonly calls: number
  readonly answered: number
  readonly revised: number
  readonly waiting: number
  readonly findings: number
  readonly incidents: number
  readonly fits: number
  readonly lastFitMs: number | null
  /** The last fit has seen all that has come: answers are no longer quick ones. */
  readonly fitted: boolean
  readonly clocks: readonly FollowClock[]
  readonly received: {
    readonly syslog: ReceivedCounts
    readonly otlp: ReceivedCounts
  }
  /** What made room, by what it was. */
  readonly evicted: Readonly<Record<string, number>>
  readonly problems: readonly FollowProblem[]
  readonly limits: FollowLimits
}

export interface ReceivedCounts {
  readonly records: number
  readonly bytes: number
  /** Came and could not be kept or understood. */
  readonly dropped: number
}

/** A stream that is being followed. */
export interface Follow {
  readonly state: string
  /** Where the last full investigation lies; it may not exist yet. */
  readonly caseFolder: string
  readonly listening: {
    readonly syslog?: { readonly udp: string; readonly tcp: string }
    readonly otlp?: string
  }
  status(): FollowStatus
  /** The newest answers, the latest revision of each, newest first. */
  recent(max: number): readonly FollowAnswer[]
  incidents(): readonly FollowIncident[]
  findings(): readonly FollowFinding[]
  /** Waits until all that has arrived so far is answered. */
  settled(): Promise<void>
  /** Investigates all files and all that was received, into `caseFolder`, in a process of its own. */
  investigate(): Promise<Summary>
  /** The stream has ended: reads to the end, half lines too, fits once more, investigates, and closes. */
  finish(): Promise<Summary>
  close(): Promise<void>
}
