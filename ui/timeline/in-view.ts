// What is in view, as a list: for whoever reads it instead of looking at it.

import { belongsTo } from './draw-items.ts'
import { itemOf } from './hit.ts'
import { lanesIn } from './layout.ts'
import { type Scene, zonesOf } from './scene.ts'
import type { Item } from './types.ts'

/** Gathered before the earliest are taken; beyond, what comes later in the picture is only counted. */
const gatheredMax = 20_000

/** The earliest `max` of what is in view. */
export function itemsIn(
  { layout, view, frame, picture }: Omit<Scene, 'context' | 'theme'>,
  max: number,
): { items: readonly Item[]; more: number; waiting: boolean } {
  const { top, bottom } = zonesOf(frame, layout)
  const lanes = new Set(lanesIn(layout, view.scroll, view.scroll + bottom - top))
  const items: Item[] = []
  let more = 0
  for (const part of picture.parts) {
    const { columns, start, end } = part
    for (let i = start; i < end; i++) {
      const inside = columns.toUs[i]! >= view.fromUs && columns.fromUs[i]! <= view.toUs
      if (!inside || !lanes.has(columns.lane[i]!) || !belongsTo(part, i)) continue
      if (items.length < gatheredMax) items.push(itemOf(columns, i))
      else more++
    }
  }
  items.sort((a, b) => a.fromUs - b.fromUs)
  const shown = items.slice(0, max)
  return { items: shown, more: more + items.length - shown.length, waiting: picture.waiting }
}
