// Bars, ticks and alarms; what findings rest on lies above the rest, what is chosen above all.

import { rowHeight } from './layout.ts'
import { clip, fitted, type Scene, xOf, yOf, zonesOf } from './scene.ts'
import type { Item } from './types.ts'

export function drawItems(scene: Scene, shown: Uint32Array, marks: boolean): void {
  const { context, model, layout, view, frame, theme } = scene
  const { top, bottom, pinned } = zonesOf(frame, layout)
  context.save()
  clip(
    context,
    frame.gutter,
    marks ? pinned : top,
    frame.width - frame.gutter,
    marks ? layout.pinnedHeight : bottom - top,
  )
  context.font = `11px ${theme.font}`
  // One bar a pixel and row is enough: what lies under it would not be seen.
  const paintedTo = new Map<string, number>()
  const paint = (index: number, chosen: boolean) => {
    const item = model.items[index]!
    const x = xOf(item.fromUs, view, frame)
    const y = yOf(model, index, layout, view, frame)
    if (y + rowHeight < top || y > frame.height) return
    const right = Math.max(x + 2, xOf(item.toUs, view, frame))
    const key = `${item.lane} ${layout.row[index]} ${item.tone} ${item.shape}`
    if (!chosen && right <= (paintedTo.get(key) ?? Number.NEGATIVE_INFINITY)) return
    paintedTo.set(key, right)
    if (item.shape === 'bar') drawBar(scene, item, x, right, y, chosen)
    else drawMark(scene, item, x, y, chosen)
  }
  const above: number[] = []
  for (const index of shown) {
    const item = model.items[index]!
    if (Boolean(model.lanes[item.lane]?.pinned) !== marks) continue
    if (item.tone === 'grave') above.push(index)
    else paint(index, false)
  }
  for (const index of above) paint(index, false)
  for (const index of [frame.hovered, frame.selected]) {
    const item = index === undefined ? undefined : model.items[index]
    if (index === undefined || item === undefined) continue
    if (Boolean(model.lanes[item.lane]?.pinned) === marks) paint(index, true)
  }
  context.restore()
}

function drawBar(scene: Scene, item: Item, x: number, right: number, y: number, chosen: boolean): void {
  const { context, frame, theme } = scene
  const left = Math.max(x, frame.gutter - 4)
  const width = Math.min(right, frame.width + 4) - left
  context.fillStyle = theme.tones[item.tone]
  context.globalAlpha = item.tone === 'plain' ? 0.85 : 1
  context.beginPath()
  context.roundRect(left, y, Math.max(2, width - (width > 6 ? 1 : 0)), rowHeight - 2, width > 8 ? 2 : 0)
  context.fill()
  context.globalAlpha = 1
  if (chosen) {
    context.strokeStyle = theme.ink
    context.lineWidth = 2
    context.stroke()
  }
  if (width > 44) {
    context.fillStyle = item.tone === 'plain' ? theme.ink : theme.background
    context.fillText(fitted(context, item.label, width - 10), left + 5, y + rowHeight / 2 - 0.5)
  }
}

function drawMark(scene: Scene, item: Item, x: number, y: number, chosen: boolean): void {
  const { context, theme } = scene
  context.fillStyle = theme.tones[item.tone]
  const size = chosen ? 8 : 6
  const middle = y + 8
  context.beginPath()
  if (item.shape === 'alarm') {
    context.moveTo(x, middle - size)
    context.lineTo(x + size, middle)
    context.lineTo(x, middle + size)
    context.lineTo(x - size, middle)
    context.closePath()
  } else {
    context.rect(x - (chosen ? 2 : 1), middle - 6, chosen ? 4 : 2, 12)
  }
  context.fill()
  context.strokeStyle = chosen ? theme.ink : theme.band
  context.lineWidth = chosen ? 2 : 1
  if (item.shape === 'alarm' || chosen) context.stroke()
}
