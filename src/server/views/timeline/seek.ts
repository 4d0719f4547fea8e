// The next item of a lane, or the next alarm: what a key asks for.

import { type Items, kinds } from './items.ts'
import type { Lanes } from './lanes.ts'
import { firstFrom } from './tile.ts'

const alarm = kinds.indexOf('alarm')

export interface Wanted {
  /** Without it, all alarms are gone through, round and round. */
  readonly lane: number | undefined
  readonly item: number | undefined
  readonly us: number | undefined
  readonly direction: number
}

/** The number of an item, or undefined at the end of a lane. */
export function seek(items: Items, lanes: Lanes, { lane, item, us, direction }: Wanted): number | undefined {
  if (lane !== undefined) return inLane(items, lanes, lane, item, us, direction)
  const alarms = lanes.lanes.flatMap(({ kind }, i) => (kinds.indexOf(kind) === alarm ? [i] : []))
  const start = item !== undefined && items.kind[item] === alarm ? item : undefined
  const from = start === undefined ? (us ?? (direction > 0 ? -Infinity : Infinity)) : items.fromUs[start]!
  const next = alarms.map((one) => inLane(items, lanes, one, start, from, direction))
  const first = alarms.map((one) =>
    inLane(items, lanes, one, undefined, direction > 0 ? -Infinity : Infinity, direction),
  )
  return nearest(items, next, direction) ?? nearest(items, first, direction)
}

function inLane(
  items: Items,
  { lanes, order, from, laneOf }: Lanes,
  lane: number,
  item: number | undefined,
  us: number | undefined,
  direction: number,
): number | undefined {
  const box = lanes[lane]
  if (box === undefined) return undefined
  const { start, end } = box
  if (item === undefined) {
    const at = firstFrom(from, us ?? (direction > 0 ? -Infinity : Infinity), start, end)
    return direction > 0 ? (at < end ? order[at] : undefined) : at > start ? order[at - 1] : undefined
  }
  const itemUs = items.fromUs[item]!
  let at = firstFrom(from, itemUs, start, end)
  // Items of one instant go by their numbers, in their own lane and between lanes.
  const inOwn = laneOf[item] === lane
  while (at < end && from[at] === itemUs && (inOwn ? order[at] !== item : order[at]! < item)) at++
  if (direction > 0) {
    const next = inOwn ? at + 1 : at
    return next < end ? order[next] : undefined
  }
  return at > start ? order[at - 1] : undefined
}

function nearest(
  items: Items,
  found: readonly (number | undefined)[],
  direction: number,
): number | undefined {
  let best: number | undefined
  for (const item of found) {
    if (item === undefined) continue
    if (best === undefined || before(items, item, best) === direction > 0) best = item
  }
  return best
}

function before(items: Items, a: number, b: number): boolean {
  return items.fromUs[a]! < items.fromUs[b]! || (items.fromUs[a] === items.fromUs[b] && a < b)
}
