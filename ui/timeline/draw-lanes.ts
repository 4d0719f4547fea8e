// Bands and names of the lanes.

import { clip, fitted, mapHeight, type Scene, zonesOf } from './scene.ts'

export function drawLanes(scene: Scene): void {
  const { context, model, layout, view, frame, theme } = scene
  const { top, pinned, bottom } = zonesOf(frame, layout)
  for (const [i, lane] of model.lanes.entries()) {
    const box = layout.lanes[i]!
    const y = lane.pinned ? pinned + box.top : top + box.top - view.scroll
    if (y > frame.height || y + box.height < top) continue
    context.save()
    clip(
      context,
      0,
      lane.pinned ? pinned : top,
      frame.width,
      lane.pinned ? layout.pinnedHeight : bottom - top,
    )
    context.fillStyle = lane.pinned || i % 2 === 0 ? theme.band : theme.background
    context.fillRect(0, y, frame.width, box.height)
    context.fillStyle = theme.line
    context.fillRect(0, Math.round(y + box.height) - 1, frame.width, lane.pinned ? 1 : 0.5)
    context.restore()
  }
  context.fillStyle = theme.line
  context.fillRect(0, Math.round(pinned) - 1, frame.width, 1.5)
}

export function drawNames(scene: Scene): void {
  const { context, model, layout, view, frame, theme } = scene
  const { top, pinned, bottom } = zonesOf(frame, layout)
  context.fillStyle = theme.line
  context.fillRect(frame.gutter - 1, mapHeight, 1, frame.height - mapHeight)
  for (const [i, lane] of model.lanes.entries()) {
    const box = layout.lanes[i]!
    const y = lane.pinned ? pinned + box.top : top + box.top - view.scroll
    if (y > bottom && !lane.pinned) continue
    context.save()
    clip(
      context,
      0,
      lane.pinned ? pinned : top,
      frame.gutter - 6,
      lane.pinned ? layout.pinnedHeight : bottom - top,
    )
    context.fillStyle = theme.ink
    context.font = `12px ${theme.font}`
    const middle = y + (lane.note === undefined || box.height < 34 ? box.height / 2 : box.height / 2 - 7)
    context.fillText(fitted(context, lane.label, frame.gutter - 20), 10, middle)
    if (lane.note !== undefined && box.height >= 34) {
      context.fillStyle = theme.quiet
      context.font = `11px ${theme.font}`
      context.fillText(fitted(context, lane.note, frame.gutter - 20), 10, y + box.height / 2 + 8)
    }
    context.restore()
  }
}
