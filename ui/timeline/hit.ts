// Which item lies under a point: the nearest mark or bar within a few pixels, chosen ones first.

import { firstFrom, rowHeight } from './layout.ts'
import { type Scene, xOf, yOf, zonesOf } from './scene.ts'

const reach = 6

/** Index of the item at (x, y) of the canvas, or undefined. */
export function itemAt(scene: Omit<Scene, 'context' | 'theme'>, x: number, y: number): number | undefined {
  const { model, layout, view, frame } = scene
  if (x < frame.gutter) return undefined
  const { top, bottom, pinned } = zonesOf(frame, layout)
  if (y < top) return undefined
  const usPerPixel = (view.toUs - view.fromUs) / (frame.width - frame.gutter)
  const us = view.fromUs + (x - frame.gutter) * usPerPixel
  const from = firstFrom(model, layout, us - layout.longestUs - reach * usPerPixel)
  const to = firstFrom(model, layout, us + reach * usPerPixel + 1)
  let best: number | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const index of layout.order.subarray(from, to)) {
    const item = model.items[index]!
    const inPinned = model.lanes[item.lane]?.pinned === true
    if (inPinned !== y >= pinned || (!inPinned && y > bottom)) continue
    const above = yOf(model, index, layout, view, frame)
    const height = item.shape === 'bar' ? rowHeight : 18
    if (y < above - 2 || y > above + height) continue
    const left = xOf(item.fromUs, view, frame)
    const right = Math.max(left, xOf(item.toUs, view, frame))
    const distance = x < left ? left - x : x > right ? x - right : 0
    // Alarms lie over ticks, and what means something over what does not.
    const rank = distance - (item.shape === 'alarm' ? 2 : 0) - (item.tone === 'plain' ? 0 : 0.5)
    if (distance <= reach && rank < bestDistance) {
      best = index
      bestDistance = rank
    }
  }
  return best
}
