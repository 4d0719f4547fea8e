// How a check is written: one file, its question before its judgement, told facts and nothing else.

import type {
  ImprovementId,
  Readiness,
  ReadinessEvidence,
  ReadinessOdds,
  ReadinessTodo,
  ReadinessVerdict,
} from '../../schema/readiness.ts'
import type { InputSummary } from '../../schema/summary.ts'
import type { LogFacts } from './log-facts.ts'
import type { Setting } from './setting.ts'
import type { TraceFacts } from './trace-facts.ts'

export interface RejectReason {
  readonly reason: string
  readonly count: number
  readonly examples: readonly { readonly file: string; readonly line: number; readonly text: string }[]
}

export interface ClockFact {
  readonly domain: string
  readonly zone: 'utc' | 'naive' | 'uptime'
  readonly side: 'network' | 'agent'
  readonly offsetMs: number
  readonly sdMs: number
  readonly aligned: boolean
  readonly note: string
  /** Events it stamped. */
  readonly events: number
}

export interface TopologyFacts {
  readonly boxes: number
  /** Boxes that are sandboxes, not the machines listed beside them. */
  readonly sandboxes: readonly string[]
  /** Sandboxes of which calls are recorded. */
  readonly traced: number
  readonly withoutPeriod: number
  /** Addresses that stand for several sandboxes at a time, with how many. */
  readonly sharedAddresses: readonly { readonly ip: string; readonly boxes: number; readonly line: number }[]
}

export interface TimeFacts {
  readonly log: { readonly fromUs: number; readonly toUs: number }
  readonly calls: { readonly fromUs: number; readonly toUs: number }
  /** Share of events more than ten minutes from any call, and of calls more than ten minutes from any event. */
  readonly untoldShare: number
  readonly unheardShare: number
  /** The longest time in which calls ran and no log wrote anything. */
  readonly silence: { readonly fromUs: number; readonly toUs: number } | undefined
}

export interface Odds {
  readonly today: ReadinessOdds | null
  readonly best: ReadinessOdds
  /** With one thing put right, each alone. */
  readonly improved: ReadonlyMap<ImprovementId, ReadinessOdds>
  /** What to put right first, and what then; the odds are with all up to there. */
  readonly path: readonly { readonly id: ImprovementId; readonly odds: ReadinessOdds }[]
}

/** Everything a check may look at. No file, no clock. */
export interface Facts {
  readonly inputs: readonly InputSummary[]
  readonly rejects: readonly RejectReason[]
  readonly logs: LogFacts | undefined
  readonly traces: TraceFacts | undefined
  readonly topology: TopologyFacts
  readonly clocks: readonly ClockFact[]
  /** Undefined when logs or traces are missing. */
  readonly times: TimeFacts | undefined
  /** Calls that repeat others from another input. */
  readonly echoes: number
  readonly settings: readonly Setting[]
  /** Undefined when there are no calls. */
  readonly odds: Odds | undefined
  /** What attribution named of the records that simulated alarms are like. */
  readonly observed: Readiness['observed']
}

export interface Judgement {
  readonly verdict: ReadinessVerdict
  readonly found: string
  readonly cost?: string
  readonly todo?: readonly ReadinessTodo[]
  readonly evidence?: readonly ReadinessEvidence[]
}

export interface Check {
  readonly id: string
  readonly question: string
  readonly judged: string
  /** What the simulation changes when this is put right. */
  readonly improves?: ImprovementId
  /** Undefined when the question does not arise for these inputs. */
  readonly look: (facts: Facts) => Judgement | undefined
}

export function defineCheck(check: Check): Check {
  return check
}

/** At most so many pieces of evidence are shown of one check. */
export const evidenceMax = 8
