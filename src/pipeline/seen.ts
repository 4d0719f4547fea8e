// The case as one stream in the order of corrected times: what detections listen to.

import type { AttributionResult } from '../attribution/api.ts'
import { orderOf } from '../base/order.ts'
import type { Seen } from '../detections/api.ts'
import type { Case } from './case.ts'
import { causeOf } from './case-lines.ts'

/** Indexes by a time, ties by the given order: the same whatever the order of inputs. */
export function orderByTime(times: Float64Array): Uint32Array {
  return orderOf(times)
}

/** A call stands before an event of the same time: cause before effect. */
export function* seenInOrder(
  theCase: Case,
  result: AttributionResult,
  eventOrder: Uint32Array,
): Generator<Seen> {
  const callOrder = orderByTime(result.callStartUs).filter((j) => theCase.echoOf[j]! < 0)
  let c = 0
  for (const i of eventOrder) {
    const us = result.eventUs[i]!
    while (c < callOrder.length && result.callStartUs[callOrder[c]!]! <= us)
      yield seenCall(theCase, result, callOrder[c++]!)
    yield seenEvent(theCase, result, i)
  }
  while (c < callOrder.length) yield seenCall(theCase, result, callOrder[c++]!)
}

function seenEvent(theCase: Case, result: AttributionResult, i: number): Seen {
  const event = theCase.event(i)
  const us = result.eventUs[i]!
  const cause = causeOf(result, i)
  const box = theCase.text(result.eventBox[i]!) || (cause >= 0 ? theCase.text(theCase.callBox[cause]!) : '')
  const dstName = theCase.text(result.dstName[i]!)
  return {
    type: 'event',
    index: i,
    event,
    us,
    ...(event.endTime ? { endUs: us + Math.max(0, event.endTime.us - event.time.us) } : {}),
    ...(box === '' ? {} : { box }),
    ...(cause < 0 ? {} : { cause: { call: cause, p: result.candP[result.candStart[i]!]! } }),
    ...(dstName === '' ? {} : { dstName }),
  }
}

function seenCall(theCase: Case, result: AttributionResult, j: number): Seen {
  const box = theCase.text(theCase.callBox[j]!)
  return {
    type: 'call',
    index: j,
    call: theCase.call(j),
    us: result.callStartUs[j]!,
    endUs: Number.isNaN(theCase.merged.calls.endUs[j]!) ? result.callStartUs[j]! : result.callEndUs[j]!,
    ...(box === '' ? {} : { box }),
  }
}
