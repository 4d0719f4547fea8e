// The times of spans that speak of their episodes, as columns: there may be as many as calls.

import { detached } from '../../../base/detached.ts'
import type { Time } from '../../../base/time.ts'

/** When the span of an episode began and ended. */
export interface EpisodeWindow {
  readonly start?: Time
  readonly end?: Time
  readonly line: number
  /** What stands in for the episode's id. */
  readonly trace?: string
}

/** Plain data, so that it can be handed to another thread. */
export interface WindowColumns {
  readonly startUs: Float64Array
  readonly endUs: Float64Array
  /** The last three digits of a stamp in ns; 1000 and more = the index of a time in `others`. */
  readonly startTail: Uint32Array
  readonly endTail: Uint32Array
  readonly line: Uint32Array
  readonly traces: readonly string[]
  readonly others: readonly Time[]
}

export class EpisodeWindows {
  readonly #startUs: number[] = []
  readonly #endUs: number[] = []
  readonly #startTail: number[] = []
  readonly #endTail: number[] = []
  readonly #line: number[] = []
  readonly #traces: string[] = []
  readonly #others: Time[] = []

  /** How many there are by now. */
  add({ start, end, line, trace = '' }: EpisodeWindow): number {
    this.#startUs.push(start ? start.us : Number.NaN)
    this.#startTail.push(this.#tail(start))
    this.#endUs.push(end ? end.us : Number.NaN)
    this.#endTail.push(this.#tail(end))
    this.#line.push(line)
    this.#traces.push(detached(trace))
    return this.#line.length
  }

  finish(): WindowColumns {
    return {
      startUs: Float64Array.from(this.#startUs),
      endUs: Float64Array.from(this.#endUs),
      startTail: Uint32Array.from(this.#startTail),
      endTail: Uint32Array.from(this.#endTail),
      line: Uint32Array.from(this.#line),
      traces: this.#traces,
      others: this.#others,
    }
  }

  #tail(time: Time | undefined): number {
    if (time === undefined) return 0
    const tail = Number(time.source.slice(-3))
    const plain =
      tail >= 0 && tail < 1000 && time.spanUs === 1 && time.kind === 'event' && time.zone === 'utc'
    if (plain && time.source === nanoText(time.us, tail)) return tail
    return 999 + this.#others.push({ ...time, source: detached(time.source) })
  }
}

/** Window `index`, as it was added. */
export function windowAt(columns: WindowColumns, index: number): EpisodeWindow {
  const start = timeAt(columns.startUs, columns.startTail, index, columns.others)
  const end = timeAt(columns.endUs, columns.endTail, index, columns.others)
  const trace = columns.traces[index]
  return {
    line: columns.line[index]!,
    ...(start && { start }),
    ...(end && { end }),
    ...(trace && { trace }),
  }
}

function timeAt(
  us: Float64Array,
  tails: Uint32Array,
  index: number,
  others: readonly Time[],
): Time | undefined {
  const at = us[index]!
  const tail = tails[index]!
  if (Number.isNaN(at)) return undefined
  if (tail >= 1000) return others[tail - 1000]
  return { us: at, spanUs: 1, kind: 'event', zone: 'utc', source: nanoText(at, tail) }
}

function nanoText(us: number, tail: number): string {
  return `${us}${String(tail).padStart(3, '0')}`
}
