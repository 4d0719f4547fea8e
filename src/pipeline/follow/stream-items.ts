// Rows of a chunk as detections want to see them. They hold on to the chunk they came in, and to nothing else.

import type { SeenCall, SeenEvent } from '../../detections/api.ts'
import type { Event } from '../../schema/event.ts'
import type { ToolCall } from '../../schema/tool-call.ts'
import type { Case } from '../case.ts'

const last: { item?: SeenEvent; event?: Event } = {}

export class StreamEvent implements SeenEvent {
  readonly type = 'event'
  readonly index: number
  readonly us: number
  readonly box: string | undefined
  readonly cause: SeenEvent['cause']
  readonly dstName: string | undefined
  readonly #case: Case
  readonly #at: number

  constructor(
    theCase: Case,
    at: number,
    known: {
      readonly index: number
      readonly us: number
      readonly box: string | undefined
      readonly cause: SeenEvent['cause']
      readonly dstName: string | undefined
    },
  ) {
    this.#case = theCase
    this.#at = at
    this.index = known.index
    this.us = known.us
    this.box = known.box
    this.cause = known.cause
    this.dstName = known.dstName
  }

  /** All detections look at the same item in turn: only the last one is kept. */
  get event(): Event {
    if (last.item !== this || !last.event) {
      last.item = this
      last.event = this.#case.event(this.#at)
    }
    return last.event
  }

  get endUs(): number | undefined {
    const { fromUs, endUs } = this.#case.merged.events
    const end = endUs[this.#at]!
    return Number.isNaN(end) ? undefined : this.us + Math.max(0, end - fromUs[this.#at]!)
  }
}

export class StreamCall implements SeenCall {
  readonly type = 'call'
  readonly index: number
  readonly us: number
  readonly endUs: number
  readonly box: string | undefined
  readonly #case: Case
  readonly #at: number

  constructor(theCase: Case, at: number, index: number, us: number) {
    this.#case = theCase
    this.#at = at
    this.index = index
    this.us = us
    const { startUs, endUs } = theCase.merged.calls
    this.endUs = Number.isNaN(endUs[at]!) ? us : us + Math.max(0, endUs[at]! - startUs[at]!)
    const box = theCase.text(theCase.callBox[at]!)
    this.box = box === '' ? undefined : box
  }

  get call(): ToolCall {
    return this.#case.call(this.#at)
  }
}
