// The case as one stream in the order of corrected times: what detections listen to.

import type { AttributionResult } from '../attribution/api.ts'
import { orderOf } from '../base/order.ts'
import type { Seen, SeenCall, SeenEvent } from '../detections/api.ts'
import type { Event } from '../schema/event.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import { causeOf } from './case-lines.ts'
import type { CaseRows } from './merge.ts'

/** Indexes by a time, ties by the given order: the same whatever the order of inputs. */
export function orderByTime(times: Float64Array): Uint32Array {
  return orderOf(times)
}

/** What of a case is looked at. */
export interface SeenCase {
  readonly merged: CaseRows
  readonly callBox: Uint32Array
  readonly echoOf: Int32Array
  text(id: number): string
  event(i: number): Event
  call(j: number): ToolCall
}

/** What of its attribution is looked at. */
export type SeenResult = Pick<
  AttributionResult,
  'eventUs' | 'eventBox' | 'dstName' | 'callStartUs' | 'callEndUs' | 'candStart' | 'candCall' | 'candP'
>

/** A call stands before an event of the same time: cause before effect. */
export function* seenInOrder(
  theCase: SeenCase,
  result: SeenResult,
  eventOrder: Uint32Array,
  onRows: (rows: number) => void = () => {},
): Generator<Seen> {
  const callOrder = orderByTime(result.callStartUs).filter((j) => theCase.echoOf[j]! < 0)
  const source = new Source(theCase, result)
  let c = 0
  let told = 0
  for (let k = 0; k < eventOrder.length; k++) {
    const i = eventOrder[k]!
    if (k % rowsBetween === 0) {
      onRows(k + c - told)
      told = k + c
    }
    const us = result.eventUs[i]!
    while (c < callOrder.length && result.callStartUs[callOrder[c]!]! <= us)
      yield new CaseCall(source, callOrder[c++]!)
    yield new CaseEvent(source, i)
  }
  while (c < callOrder.length) yield new CaseCall(source, callOrder[c++]!)
  onRows(eventOrder.length + c - told)
}

/** Progress is told after so many events. */
const rowsBetween = 1_000

/** Makes objects of what is looked at, and keeps the last one: all detections look at the same item in turn. */
class Source {
  readonly theCase: SeenCase
  readonly result: SeenResult
  #eventIndex = -1
  #event: Event | undefined
  #callIndex = -1
  #call: ToolCall | undefined

  constructor(theCase: SeenCase, result: SeenResult) {
    this.theCase = theCase
    this.result = result
  }

  event(i: number): Event {
    if (this.#event !== undefined && this.#eventIndex === i) return this.#event
    this.#eventIndex = i
    this.#event = this.theCase.event(i)
    return this.#event
  }

  call(j: number): ToolCall {
    if (this.#call !== undefined && this.#callIndex === j) return this.#call
    this.#callIndex = j
    this.#call = this.theCase.call(j)
    return this.#call
  }
}

/** Holds an index only: detections keep a great many of these. */
class CaseEvent implements SeenEvent {
  readonly type = 'event'
  readonly index: number
  readonly #source: Source

  constructor(source: Source, index: number) {
    this.#source = source
    this.index = index
  }

  get event(): Event {
    return this.#source.event(this.index)
  }

  get us(): number {
    return this.#source.result.eventUs[this.index]!
  }

  get endUs(): number | undefined {
    const { fromUs, endUs } = this.#source.theCase.merged.events
    const end = endUs[this.index]!
    return Number.isNaN(end) ? undefined : this.us + Math.max(0, end - fromUs[this.index]!)
  }

  get box(): string | undefined {
    const { theCase, result } = this.#source
    const own = result.eventBox[this.index]!
    if (own !== 0) return theCase.text(own)
    const call = causeOf(result, this.index)
    return call < 0 || theCase.callBox[call] === 0 ? undefined : theCase.text(theCase.callBox[call]!)
  }

  get cause(): SeenEvent['cause'] {
    const { result } = this.#source
    const call = causeOf(result, this.index)
    return call < 0 ? undefined : { call, p: result.candP[result.candStart[this.index]!]! }
  }

  get dstName(): string | undefined {
    const id = this.#source.result.dstName[this.index]!
    return id === 0 ? undefined : this.#source.theCase.text(id)
  }
}

class CaseCall implements SeenCall {
  readonly type = 'call'
  readonly index: number
  readonly #source: Source

  constructor(source: Source, index: number) {
    this.#source = source
    this.index = index
  }

  get call(): ToolCall {
    return this.#source.call(this.index)
  }

  get us(): number {
    return this.#source.result.callStartUs[this.index]!
  }

  get endUs(): number {
    const { theCase, result } = this.#source
    return Number.isNaN(theCase.merged.calls.endUs[this.index]!) ? this.us : result.callEndUs[this.index]!
  }

  get box(): string | undefined {
    const { theCase } = this.#source
    const id = theCase.callBox[this.index]!
    return id === 0 ? undefined : theCase.text(id)
  }
}
