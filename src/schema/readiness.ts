// Could an alarm be attributed with this set-up, and what would make it better? What `vigiles audit` answers.

export const readinessVerdicts = ['missing', 'weak', 'unknown', 'good'] as const
export type ReadinessVerdict = (typeof readinessVerdicts)[number]

/** Where something was seen: a line of an input or of a configuration. `line` is null for the whole file. */
export interface ReadinessEvidence {
  readonly file: string
  readonly line: number | null
  readonly text: string
}

export interface ReadinessTodo {
  readonly do: string
  /** Exactly what to write, and where, when the product is known. */
  readonly config?: string
  readonly where?: string
}

/** What simulated alarms came to; see docs/audit.md. */
export interface ReadinessOdds {
  /** Alarms that were simulated. */
  readonly draws: number
  /** Share of them that one call alone explains, 0 … 1, after `recorded`. */
  readonly share: number
  /** Of those drawn: decided by address and time; else by what the call names. */
  readonly byTime: number
  readonly byName: number
  /** Calls that run at the alarm's time behind the alarm's address, the right one included: mean and median. */
  readonly sharedMean: number
  readonly sharedMedian: number
  /** Share of sandboxes and times of which calls are recorded at all. */
  readonly recorded: number
}

export const improvementIds = [
  'addresses',
  'stamps',
  'clocks',
  'call-times',
  'box-names',
  'names',
  'recording',
] as const
export type ImprovementId = (typeof improvementIds)[number]

export interface ReadinessCheck {
  readonly id: string
  readonly question: string
  /** How the verdict comes about. */
  readonly judged: string
  readonly verdict: ReadinessVerdict
  /** What was found, in one sentence with its numbers. */
  readonly found: string
  /** What it costs when an alarm comes; empty when it costs nothing. */
  readonly cost: string
  readonly todo: readonly ReadinessTodo[]
  readonly evidence: readonly ReadinessEvidence[]
  /** The same alarms with this one thing put right; null where that can't be computed. */
  readonly gain: ReadinessOdds | null
}

export interface ReadinessInput {
  readonly path: string
  readonly kind: 'log' | 'trace' | 'topology' | 'configuration' | 'unread'
  /** Importer or product. */
  readonly product: string
}

export interface Readiness {
  readonly _schema: 'vigiles/readiness/v1'
  readonly version: string
  /** The answer in two sentences. */
  readonly answer: string
  readonly inputs: readonly ReadinessInput[]
  /** Null when logs or traces are missing. */
  readonly today: ReadinessOdds | null
  /** With everything put right that can be computed. */
  readonly best: ReadinessOdds | null
  readonly improvements: readonly { readonly id: ImprovementId; readonly odds: ReadinessOdds }[]
  /** What an investigation of these very inputs names, to hold the estimate against. */
  readonly observed: {
    readonly of: 'alarms' | 'connections'
    readonly events: number
    readonly attributed: number
  } | null
  /** Worst first. */
  readonly checks: readonly ReadinessCheck[]
}
