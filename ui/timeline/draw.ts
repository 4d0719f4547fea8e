// Paints one frame. Knows no input and keeps no state.

import { drawAxis, drawGrid, drawMap } from './draw-axes.ts'
import { drawItems } from './draw-items.ts'
import { drawLanes, drawNames } from './draw-lanes.ts'
import { drawLinks } from './draw-links.ts'
import { firstFrom, type Layout } from './layout.ts'
import type { Scene } from './scene.ts'
import type { TimelineModel } from './types.ts'
import type { View } from './view.ts'

export function draw(scene: Scene): void {
  const { context, model, layout, view, frame, theme } = scene
  context.fillStyle = theme.background
  context.fillRect(0, 0, frame.width, frame.height)
  context.textBaseline = 'middle'
  drawLanes(scene)
  drawGrid(scene)
  const shown = visibleItems(model, layout, view)
  drawItems(scene, shown, false)
  drawLinks(scene)
  drawItems(scene, shown, true)
  drawNames(scene)
  drawAxis(scene)
  drawMap(scene)
}

function visibleItems(model: TimelineModel, layout: Layout, view: View): Uint32Array {
  const from = firstFrom(model, layout, view.fromUs - layout.longestUs)
  const to = firstFrom(model, layout, view.toUs)
  return layout.order.subarray(from, to)
}
