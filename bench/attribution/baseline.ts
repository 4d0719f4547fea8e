// What a join on "the latest call that had started" answers: one candidate, always sure.

import type { AttributionCase, AttributionResult } from '../../src/attribution/api.ts'

/** The nearest-start answer in the form of a result, on the corrected clocks and within the event's own box. */
export function nearestStart(input: AttributionCase, result: AttributionResult): AttributionResult {
  const n = input.events.n
  const byBox = new Map<number, number[]>()
  const all: number[] = []
  for (let j = 0; j < input.calls.n; j++) all.push(j)
  all.sort((a, b) => result.callStartUs[a]! - result.callStartUs[b]!)
  for (const j of all) {
    const own = byBox.get(input.calls.box[j]!)
    if (own) own.push(j)
    else byBox.set(input.calls.box[j]!, [j])
  }
  const candStart = new Uint32Array(n + 1)
  const candCall: number[] = []
  const pNone = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const list = result.eventBox[i] !== 0 ? (byBox.get(result.eventBox[i]!) ?? []) : all
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (result.callStartUs[list[middle]!]! <= result.eventUs[i]!) low = middle + 1
      else high = middle
    }
    const j = list[low - 1]
    const near = j !== undefined && result.eventUs[i]! <= result.callEndUs[j]! + 3e6
    if (near) candCall.push(j)
    else pNone[i] = 1
    candStart[i + 1] = candCall.length
  }
  return {
    ...result,
    candStart,
    candCall: Uint32Array.from(candCall),
    candP: new Float64Array(candCall.length).fill(1),
    pNone,
    pOther: new Float64Array(n),
  }
}
