// Which item lies under a point: the nearest mark or bar within a few pixels, chosen ones first.

import { belongsTo } from './draw-items.ts'
import { lanesIn, rowHeight } from './layout.ts'
import { laneY, type Scene, xOf, yOf, zonesOf } from './scene.ts'
import type { Columns, Part } from './source.ts'
import { type Item, shapes, tones } from './types.ts'

const reach = 6
const barShape = shapes.indexOf('bar')
const alarmShape = shapes.indexOf('alarm')
const plainTone = tones.indexOf('plain')

type Place = Omit<Scene, 'context' | 'theme'>

/** The item at (x, y) of the canvas, or undefined. */
export function itemAt(place: Place, x: number, y: number): Item | undefined {
  const { layout, frame, picture } = place
  if (x < frame.gutter) return undefined
  const { top, bottom, pinned } = zonesOf(frame, layout)
  if (y < top || (y >= bottom && y < pinned)) return undefined
  // Of a hundred thousand items in the picture, only those of the lanes under the pointer are looked at.
  const near = lanesNear(place, y)
  const least = Math.min(...near)
  const most = Math.max(...near)
  let best: { columns: Columns; index: number } | undefined
  let bestRank = Number.POSITIVE_INFINITY
  for (const part of picture.parts) {
    const { lane } = part.columns
    for (let i = part.start; i < part.end; i++) {
      if (lane[i]! < least || lane[i]! > most) continue
      const rank = part.columns.cells
        ? rankOfCell(place, part, i, x, y, y >= pinned)
        : rankOf(place, part, i, x, y, y >= pinned)
      if (rank < bestRank) [best, bestRank] = [{ columns: part.columns, index: i }, rank]
    }
  }
  return best && itemOf(best.columns, best.index)
}

/** Lanes within reach of a height; those of a folded group stand at the same one. */
function lanesNear({ layout, view, frame }: Place, y: number): number[] {
  const { top, bottom } = zonesOf(frame, layout)
  return lanesIn(layout, view.scroll, view.scroll + bottom - top).filter((lane) => {
    const above = laneY(lane, layout, view, frame)
    return y >= above - reach && y <= above + layout.height[lane]! + reach
  })
}

export function itemOf(columns: Columns, i: number): Item {
  const count = columns.count[i]!
  return {
    id: columns.id(i),
    lane: columns.lane[i]!,
    fromUs: columns.fromUs[i]!,
    toUs: columns.toUs[i]!,
    label: columns.label(i),
    tone: tones[columns.tone[i]!] ?? 'plain',
    shape: shapes[columns.shape[i]!] ?? 'tick',
    ...(columns.cells && { count }),
  }
}

/** How far it is away, in pixels, with what means something preferred; infinity beyond reach. */
function rankOf(place: Place, part: Part, i: number, x: number, y: number, onFoot: boolean): number {
  const { layout, view, frame } = place
  const { lane: lanes, row, fromUs, toUs, tone, shape } = part.columns
  const lane = lanes[i]!
  if ((layout.pinned[lane] === 1) !== onFoot || layout.height[lane] === 0) return Number.POSITIVE_INFINITY
  const above = yOf(lane, row[i]!, layout, view, frame)
  const height = shape[i] === barShape ? rowHeight : 18
  if (y < above - 2 || y > above + height) return Number.POSITIVE_INFINITY
  const left = xOf(fromUs[i]!, view, frame)
  const right = Math.max(left, xOf(toUs[i]!, view, frame))
  const distance = x < left ? left - x : x > right ? x - right : 0
  if (distance > reach || !belongsTo(part, i)) return Number.POSITIVE_INFINITY
  // Alarms lie over ticks, and what means something over what does not.
  return distance - (shape[i] === alarmShape ? 2 : 0) - (tone[i] === plainTone ? 0 : 0.5)
}

/** Cells come after anything that can be named; of one bucket, the worst tone wins. */
function rankOfCell(place: Place, part: Part, i: number, x: number, y: number, onFoot: boolean): number {
  const { layout, view, frame } = place
  const { lane: lanes, fromUs, toUs, tone } = part.columns
  const lane = lanes[i]!
  if ((layout.pinned[lane] === 1) !== onFoot || layout.height[lane] === 0) return Number.POSITIVE_INFINITY
  const above = laneY(lane, layout, view, frame)
  if (y < above || y > above + layout.height[lane]! || !belongsTo(part, i)) return Number.POSITIVE_INFINITY
  const left = xOf(fromUs[i]!, view, frame)
  const right = xOf(toUs[i]!, view, frame)
  const distance = x < left ? left - x : x > right ? x - right : 0
  return distance > 3 ? Number.POSITIVE_INFINITY : reach + distance + 1 - tone[i]! * 0.1
}
