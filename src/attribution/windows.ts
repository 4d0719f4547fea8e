// When a call may have caused something: its corrected window, with what the trace leaves open filled in.

import { type CallColumns, callFlags } from './api.ts'

export interface CallWindows {
  readonly start: Float64Array
  readonly end: Float64Array
  /** How far the start may be off, µs. */
  readonly slack: Float64Array
  /** Last instant of work left behind, for calls that leave some; otherwise the end. */
  readonly until: Float64Array
  readonly withoutEnd: number
  readonly turnedRound: number
  readonly withoutTime: number
}

const unknownEndUs = 600_000_000
const lonelyEndUs = 60_000_000
const leftBehindMaxUs = 86_400_000_000
const leftBehindMinUs = 600_000_000

/** `box` and `offset` (µs to subtract) by call; `boxTo` the end of each box on the reference clock. */
export function callWindows(
  calls: CallColumns,
  box: Uint32Array,
  offset: (clock: number, us: number) => number,
  boxTo: Float64Array,
): CallWindows {
  const n = calls.n
  const start = new Float64Array(n)
  const end = new Float64Array(n)
  const slack = new Float64Array(n)
  let withoutEnd = 0
  let turnedRound = 0
  let withoutTime = 0
  for (let j = 0; j < n; j++) {
    const s = calls.startUs[j]!
    const e = calls.endUs[j]!
    const u = calls.uncertaintyUs[j]!
    slack[j] = u > 0 && Number.isFinite(u) ? u : 0
    const clock = calls.clock[j]!
    if (Number.isFinite(s)) {
      start[j] = s - offset(clock, s)
      if (Number.isFinite(e) && e < s) turnedRound++
      end[j] = Number.isFinite(e) ? Math.max(start[j]!, e - offset(clock, e)) : Number.NaN
    } else if (Number.isFinite(e)) {
      start[j] = e - offset(clock, e)
      end[j] = start[j]!
      slack[j] = Math.max(slack[j]!, lonelyEndUs)
    } else {
      withoutTime++
      start[j] = Number.POSITIVE_INFINITY
      end[j] = Number.POSITIVE_INFINITY
    }
  }
  // Backwards in time: a call without an end ends when the next one of its episode begins.
  const order = new Uint32Array(n)
  for (let j = 0; j < n; j++) order[j] = j
  order.sort((a, b) => compare(start[b]!, start[a]!) || b - a)
  const nextStart = new Map<string, number>()
  for (const j of order) {
    const key = `${box[j]}|${calls.episode[j]}`
    if (Number.isNaN(end[j]!)) {
      withoutEnd++
      const next = nextStart.get(key)
      end[j] = next === undefined ? start[j]! + lonelyEndUs : Math.min(next, start[j]! + unknownEndUs)
    }
    if (Number.isFinite(start[j]!)) nextStart.set(key, start[j]!)
  }
  const until = end.slice()
  const leftBehind = new Map<number, number>()
  for (let j = 0; j < n; j++) {
    if ((calls.flags[j]! & callFlags.background) !== 0) {
      leftBehind.set(box[j]!, (leftBehind.get(box[j]!) ?? 0) + 1)
    }
  }
  for (let j = 0; j < n; j++) {
    if ((calls.flags[j]! & callFlags.background) === 0) continue
    // Where everything is started in the background, reach is shortened so that work stays bounded.
    const crowd = Math.max(1, leftBehind.get(box[j]!)! / 20)
    const reach = Math.max(leftBehindMinUs, leftBehindMaxUs / crowd)
    until[j] = Math.max(end[j]!, Math.min(end[j]! + reach, boxTo[box[j]!]! + 5_000_000))
  }
  return { start, end, slack, until, withoutEnd, turnedRound, withoutTime }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
