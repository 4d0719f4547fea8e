// How a detection is written: metadata first, then a streaming state with a stated maximum.
//
// Events and calls arrive in the order of their corrected times. No clock, disk or network is in reach, so a
// replay gives the same findings as the live run.

import { BoundedMap } from '../base/bounded-map.ts'
import type { Invocation } from '../commands/parse.ts'
import type { Event, EventClass, Severity } from '../schema/event.ts'
import type { FindingKind } from '../schema/finding.ts'
import type { ToolCall } from '../schema/tool-call.ts'

/**
 * An event as the case knows it: clock corrected, sandbox resolved, cause computed. The pipeline makes its parts
 * when they are read, so whoever keeps one keeps little.
 */
export interface SeenEvent {
  readonly type: 'event'
  readonly index: number
  readonly event: Event
  /** µs on the reference clock. */
  readonly us: number
  readonly endUs?: number | undefined
  /** The sandbox, from exact keys or from the attributed call. */
  readonly box?: string | undefined
  /** The call it is attributed to (p ≥ 0.5). */
  readonly cause?: { readonly call: number; readonly p: number } | undefined
  /** That call came before it in this stream, for certain: nothing is gained by waiting for it. */
  readonly callSeen?: true
  /** The best name known for the destination: SNI, Host, DNS answer seen before. */
  readonly dstName?: string | undefined
}

export interface SeenCall {
  readonly type: 'call'
  readonly index: number
  readonly call: ToolCall
  readonly us: number
  readonly endUs: number
  readonly box?: string | undefined
}

export type StreamKind = EventClass | 'execute_tool'
type ItemOf<K extends StreamKind> = K extends 'execute_tool' ? SeenCall : SeenEvent
export type Seen = SeenEvent | SeenCall

/** What a detection returns; the engine fills in who, when and the detection's own metadata. */
export interface Hit {
  /** Names whom and what: `box-3 opened a reverse SSH tunnel to 198.51.100.7:443`. */
  readonly title: string
  /** One sentence: why this is what it is called. */
  readonly why: string
  /** The items it rests on, at most 100; the first is the one to show. */
  readonly evidences: readonly Seen[]
  readonly destinations?: readonly string[]
  /** Where this case differs from the detection's default. */
  readonly severity?: Severity
  readonly attack?: readonly string[]
  readonly kind?: FindingKind
  /** 0–1: how sure of the behaviour. Default: the detection's. */
  readonly confidence?: number
  /**
   * Which fact this is, where the first destination does not tell: hits of one detection with the same sandbox
   * and fact become one finding.
   */
  readonly fact?: string
}

/** What a call runs, read once for all detections. */
export interface CallReading {
  /** Its commands, those of scripts it runs (written by an earlier call of the same sandbox) included. */
  readonly invocations: readonly Invocation[]
  /** Program text it runs: interpreter tools, `python -c`, here-documents, scripts. */
  readonly code: readonly string[]
  /** Files it puts in place, by its tool or by redirects. */
  readonly writes: readonly { readonly path: string; readonly content: string }[]
}

/** What the engine lends to every detection of one run. */
export interface Shared {
  reading(item: SeenCall): CallReading
}

/** What an option may be: a number, a flag, a text or a list; never a function. */
export type OptionValue = number | boolean | string | readonly (number | string)[]

export interface StartContext<O> {
  readonly options: O
  boundedMap<K, V>(max: number): BoundedMap<K, V>
  /** What a call runs; cheap to ask several times for the same item. */
  reading(item: SeenCall): CallReading
}

type Answer = Hit | readonly Hit[] | undefined
export type Watcher<T> = ((item: T) => Answer) | { on(item: T): Answer; end(): Answer }

export interface Detection {
  readonly id: string
  readonly name: string
  readonly kind: FindingKind
  readonly severity: Severity
  readonly confidence: number
  readonly attack: readonly string[]
  readonly listensTo: readonly StreamKind[]
  /**
   * What stands in the text of every plain command (see `isPlainCommand`) that it has something to say of, or has to
   * remember: where no detection finds its own, the call is passed over. Case does not matter. Without it the
   * detection sees every call.
   */
  readonly needs?: RegExp
  /** Who trips it innocently. */
  readonly falsePositives: readonly string[]
  readonly blindSpots: readonly string[]
  /** What to do when it fires; at most three, imperative. */
  readonly response: readonly string[]
  readonly options: Readonly<Record<string, OptionValue>>
  /** Its later hits on the same fact say more than the first (counts): the newest title and reason stand. */
  readonly growing?: boolean
  start(shared: Shared): { on(item: Seen): readonly Hit[]; end(): readonly Hit[] }
}

export function defineDetection<const K extends StreamKind, O extends Record<string, OptionValue>>(
  spec: Omit<Detection, 'start' | 'listensTo' | 'options'> & {
    readonly listensTo: readonly K[]
    readonly options: O
    start(context: StartContext<O>): Watcher<ItemOf<K>>
  },
): Detection {
  return {
    ...spec,
    start(shared) {
      const watcher = spec.start({
        options: spec.options,
        boundedMap: (max) => new BoundedMap(max),
        reading: (item) => shared.reading(item),
      })
      const { on, end } = typeof watcher === 'function' ? { on: watcher, end: () => undefined } : watcher
      return {
        // The engine routes by `listensTo`, which is what K stands for.
        on: (item) => list(on(item as ItemOf<K>)),
        end: () => list(end()),
      }
    },
  }
}

const noHits: readonly Hit[] = []

function list(answer: Answer): readonly Hit[] {
  if (answer === undefined) return noHits
  return Array.isArray(answer) ? answer : [answer as Hit]
}
