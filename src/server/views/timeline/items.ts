// Everything that is drawn, as columns. An item's number is its place: calls first, then events, then the few others.

/** Kinds of items; their places are the codes in `kind`. */
export const kinds = [
  'call',
  'process',
  'connection',
  'dns',
  'api',
  'incident',
  'finding',
  'response',
  'alarm',
] as const
export type Kind = (typeof kinds)[number]

/** Most items of one case, 40 bytes each. What is beyond is counted as left out. */
export const limits = { calls: 500_000, events: 5_000_000, others: 100_000 } as const

export const tone = { plain: 0, open: 1, likely: 2, cause: 3, grave: 4 } as const
export const shape = { bar: 0, tick: 1, alarm: 2 } as const

/** What is neither a call nor an event of the tables. */
export interface Other {
  readonly kind: Kind
  readonly uid: string
  readonly label: string
  readonly fromUs: number
  readonly toUs: number
  readonly tone: number
  readonly severity: number
  readonly box: string | null
  /** uid of a call it belongs to. */
  readonly call: string | null
  readonly facts: readonly (readonly [string, string])[]
}

export interface Items {
  readonly length: number
  readonly calls: number
  readonly events: number
  /** µs; NaN for what has no readable time and is not drawn. */
  readonly fromUs: Float64Array
  readonly toUs: Float64Array
  readonly kind: Uint8Array
  readonly tone: Uint8Array
  /** 0 (none) to 5 (critical). */
  readonly severity: Uint8Array
  /** Of the most probable call, in thousandths. */
  readonly p: Uint16Array
  /** Of alarms, the verdict: 0 attributed, 1 likely, 2 no call found. */
  readonly verdict: Uint8Array
  /** Number of the call that most probably caused it; -1. */
  readonly cause: Int32Array
  /** Places in the lists of names; -1 where it has none. */
  readonly box: Int32Array
  readonly episode: Int32Array
  readonly step: Int32Array
  readonly tool: Int32Array
  readonly callUids: readonly string[]
  readonly others: readonly Other[]
  readonly names: {
    readonly box: readonly string[]
    readonly episode: readonly string[]
    readonly step: readonly string[]
    readonly tool: readonly string[]
  }
  readonly withoutTime: number
  readonly leftOut: number
}

export function emptyItems(
  sizes: { calls: number; events: number; others: readonly Other[] },
  given: Pick<Items, 'callUids' | 'names' | 'leftOut'>,
): Items & { withoutTime: number } {
  const length = sizes.calls + sizes.events + sizes.others.length
  const missing = () => new Int32Array(length).fill(-1)
  return {
    length,
    calls: sizes.calls,
    events: sizes.events,
    others: sizes.others,
    fromUs: new Float64Array(length).fill(Number.NaN),
    toUs: new Float64Array(length).fill(Number.NaN),
    kind: new Uint8Array(length),
    tone: new Uint8Array(length),
    severity: new Uint8Array(length),
    p: new Uint16Array(length),
    verdict: new Uint8Array(length),
    cause: missing(),
    box: missing(),
    episode: missing(),
    step: missing(),
    tool: missing(),
    withoutTime: 0,
    ...given,
  }
}

/** Shape of an item: calls, processes and incidents have a length. */
export function shapeOf(kind: Kind): number {
  if (kind === 'call' || kind === 'process' || kind === 'incident') return shape.bar
  return kind === 'alarm' || kind === 'finding' ? shape.alarm : shape.tick
}
