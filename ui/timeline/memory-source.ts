// A case that fits into memory: every item is there from the start.

import { rowStacker } from '../../src/base/stack-rows.ts'
import type { Arc, Columns, Density, Part, Picture, Seek, Spot, TimelineSource, Window } from './source.ts'
import { type Item, shapes, type TimelineModel, tones } from './types.ts'

/** `order` is by time of beginning; columns are in this order, the model's items need not be. */
export function memorySource(model: TimelineModel): TimelineSource {
  const { items, lanes, clocks } = model
  const order = Uint32Array.from(items.keys()).sort((a, b) => items[a]!.fromUs - items[b]!.fromUs || a - b)
  const sorted = Array.from(order, (i) => items[i]!)
  const { columns, rows } = columnsOf(sorted, lanes.length)
  const placeOf = new Map(sorted.map((item, i) => [item.id, i]))
  const byLane = new Map<number | 'alarms', Item[]>()
  let longestUs = 0
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = Number.NEGATIVE_INFINITY
  for (const item of sorted) {
    longestUs = Math.max(longestUs, item.toUs - item.fromUs)
    fromUs = Math.min(fromUs, item.fromUs)
    toUs = Math.max(toUs, item.toUs)
    push(byLane, item.lane, item)
    if (item.shape === 'alarm') push(byLane, 'alarms', item)
  }
  if (!(toUs >= fromUs)) [fromUs, toUs] = [0, 1]
  const bounds = { fromUs, toUs: Math.max(toUs, fromUs + 1) }
  const { arcs, arcsOf } = arcsFrom(model, columns, placeOf)
  let density: Density | undefined

  return {
    bounds,
    lanes,
    rows,
    clocks,
    density(wide) {
      if (density?.calls.length !== wide) density = densityOf(columns, bounds.fromUs, bounds.toUs, wide)
      return density
    },
    picture(window): Picture {
      const part: Part = {
        columns,
        fromUs: Number.NEGATIVE_INFINITY,
        toUs: Number.POSITIVE_INFINITY,
        start: firstFrom(columns.fromUs, window.fromUs - longestUs),
        end: firstFrom(columns.fromUs, window.toUs),
        first: true,
      }
      return { parts: [part], arcs: arcs.filter((arc) => isIn(arc, window)), waiting: false }
    },
    arcsOf: (id) => arcsOf.get(id) ?? [],
    locate: async (id) => sorted[placeOf.get(id) ?? -1],
    seek: async ({ lane, item, us, direction }: Seek) => {
      const list = byLane.get(lane ?? 'alarms') ?? []
      const at = item === undefined ? -1 : list.findIndex(({ id }) => id === item.id)
      if (at >= 0) {
        const next = at + direction
        // Alarms go round; a lane ends.
        return lane === undefined ? list[(next + list.length) % list.length] : list[next]
      }
      if (us === undefined) return direction > 0 ? list[0] : list.at(-1)
      return direction > 0 ? list.find((one) => one.fromUs >= us) : list.findLast((one) => one.fromUs < us)
    },
    onChange: undefined,
    close() {},
  }
}

function push<K>(map: Map<K, Item[]>, key: K, item: Item): void {
  const list = map.get(key)
  if (list) list.push(item)
  else map.set(key, [item])
}

function columnsOf(items: readonly Item[], lanes: number): { columns: Columns; rows: Uint8Array } {
  const stackers = Array.from({ length: lanes }, rowStacker)
  const row = Uint8Array.from(items, (item) =>
    item.shape === 'bar' ? (stackers[item.lane]?.next(item.fromUs, item.toUs) ?? 0) : 0,
  )
  const columns: Columns = {
    length: items.length,
    lane: Uint32Array.from(items, (item) => item.lane),
    row,
    fromUs: Float64Array.from(items, (item) => item.fromUs),
    toUs: Float64Array.from(items, (item) => item.toUs),
    tone: Uint8Array.from(items, (item) => tones.indexOf(item.tone)),
    shape: Uint8Array.from(items, (item) => shapes.indexOf(item.shape)),
    count: Uint32Array.from(items, (item) => item.count ?? 1),
    cells: false,
    id: (i) => items[i]?.id ?? '',
    label: (i) => items[i]?.label ?? '',
  }
  return { columns, rows: Uint8Array.from(stackers, (stacker) => stacker.rows) }
}

function arcsFrom(
  { items, links }: TimelineModel,
  { row }: Columns,
  placeOf: ReadonlyMap<string, number>,
): { arcs: readonly Arc[]; arcsOf: ReadonlyMap<string, readonly Arc[]> } {
  const spot = (index: number): Spot => {
    const { id, lane, fromUs, toUs, tone } = items[index]!
    return { id, lane, fromUs, toUs, tone, row: row[placeOf.get(id) ?? 0] ?? 0 }
  }
  const arcs = links.map(({ from, to, p }): Arc => ({ from: spot(from), to: spot(to), p }))
  const arcsOf = new Map<string, Arc[]>()
  for (const arc of arcs) {
    for (const { id } of [arc.from, arc.to]) {
      const list = arcsOf.get(id)
      if (list) list.push(arc)
      else arcsOf.set(id, [arc])
    }
  }
  return { arcs, arcsOf }
}

function isIn({ from, to }: Arc, window: Window): boolean {
  return Math.max(to.toUs, from.toUs) >= window.fromUs && Math.min(to.fromUs, from.fromUs) <= window.toUs
}

function densityOf(
  { length, fromUs, tone, shape }: Columns,
  from: number,
  to: number,
  wide: number,
): Density {
  const calls = new Float64Array(wide)
  const grave = new Float64Array(wide)
  for (let i = 0; i < length; i++) {
    const at = Math.min(wide - 1, Math.max(0, Math.floor(((fromUs[i]! - from) / (to - from)) * wide)))
    if (shape[i] === 0) calls[at]!++
    if (tone[i] === tones.length - 1) grave[at]!++
  }
  return { calls, grave }
}

/** First index whose value is at least `us`; the values ascend. */
export function firstFrom(values: Float64Array, us: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < us) low = middle + 1
    else high = middle
  }
  return low
}
