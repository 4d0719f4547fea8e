// Paints one frame. Knows no input and keeps no state.

import { drawAxis, drawBrush, drawGrid, drawMap } from './draw-axes.ts'
import { drawItems } from './draw-items.ts'
import { drawLanes, drawNames } from './draw-lanes.ts'
import { drawLinks } from './draw-links.ts'
import type { Scene } from './scene.ts'

export function draw(scene: Scene): void {
  const { context, frame, theme } = scene
  context.fillStyle = theme.background
  context.fillRect(0, 0, frame.width, frame.height)
  context.textBaseline = 'middle'
  drawLanes(scene)
  drawGrid(scene)
  drawItems(scene, false)
  drawLinks(scene)
  drawItems(scene, true)
  drawBrush(scene)
  drawNames(scene)
  drawAxis(scene)
  drawMap(scene)
}
