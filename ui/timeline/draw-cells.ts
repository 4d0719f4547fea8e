// A histogram in the lane, where there are more items than pixels: the higher the more, the worst in front.

import { laneY, type Scene, xOf, zonesOf } from './scene.ts'
import type { Part } from './source.ts'
import { shapes } from './types.ts'

const barShape = shapes.indexOf('bar')

/** Heights are equal for equal counts in every tile, so that none shows a border. 1,024 and more fill the lane. */
function share(count: number): number {
  return Math.min(1, (3 + Math.floor(Math.log2(count) * 2) / 2) / 13)
}

/** Cells come by lane, then time, then tone: neighbours of one height become one rectangle. */
export function drawCells(scene: Scene, part: Part, marks: boolean): void {
  const { context, layout, view, frame, theme } = scene
  const { lane: lanes, fromUs, toUs, tone: toneOf, count, shape } = part.columns
  const { top, bottom } = zonesOf(frame, layout)
  const perUs = (frame.width - frame.gutter) / (view.toUs - view.fromUs)
  let lane = -1
  let skip = true
  let floor = 0
  let tall = 0
  for (let i = part.start; i < part.end; i++) {
    if (lanes[i] !== lane) {
      lane = lanes[i]!
      const y = laneY(lane, layout, view, frame)
      const high = layout.height[lane]!
      skip = high === 0 || (layout.pinned[lane] === 1) !== marks || (!marks && (y > bottom || y + high < top))
      floor = y + high - 3
      tall = high - (shape[i] === barShape ? 8 : 6)
    }
    if (skip) continue
    const from = fromUs[i]!
    if (from < part.fromUs || from >= part.toUs || toUs[i]! < view.fromUs || from > view.toUs) continue
    const tone = toneOf[i]!
    const height = Math.max(3, Math.round(tall * share(count[i]!)))
    let end = toUs[i]!
    while (
      i + 1 < part.end &&
      lanes[i + 1] === lane &&
      toneOf[i + 1] === tone &&
      fromUs[i + 1] === end &&
      end < part.toUs &&
      Math.max(3, Math.round(tall * share(count[i + 1]!))) === height
    ) {
      i++
      end = toUs[i]!
    }
    const x = xOf(from, view, frame)
    context.fillStyle = theme.byTone[tone]!
    context.fillRect(x, floor - height, Math.max(1, (end - from) * perUs), height)
  }
}
