// Bars, ticks and alarms; what findings rest on lies above the rest, what is chosen above all.

import { drawCells } from './draw-cells.ts'
import { rowHeight } from './layout.ts'
import { clip, fitted, type Scene, xOf, yOf, zonesOf } from './scene.ts'
import type { Part } from './source.ts'
import { type Item, shapes, tones } from './types.ts'

const graveTone = tones.indexOf('grave')
const plainTone = tones.indexOf('plain')
const barShape = shapes.indexOf('bar')
const alarmShape = shapes.indexOf('alarm')

export function drawItems(scene: Scene, marks: boolean): void {
  const { context, layout, frame, theme, picture } = scene
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
  for (const part of picture.parts) if (part.columns.cells) drawCells(scene, part, marks)
  // One bar a pixel and row is enough: what lies under it would not be seen.
  const paintedTo = new Map<number, number>()
  for (const grave of [false, true]) {
    for (const part of picture.parts) {
      if (!part.columns.cells) drawPart(scene, part, marks, grave, paintedTo)
    }
  }
  for (const item of [frame.hovered, frame.selected]) {
    if (item !== undefined && Boolean(layout.pinned[item.lane]) === marks) drawChosen(scene, item)
  }
  context.restore()
}

/** Whether an item is painted by this part: it begins in its span, or reaches into the first. */
export function belongsTo(part: Part, index: number): boolean {
  const from = part.columns.fromUs[index]!
  if (from >= part.toUs) return false
  return from >= part.fromUs || (part.first && part.columns.toUs[index]! > part.fromUs)
}

function drawPart(
  scene: Scene,
  part: Part,
  marks: boolean,
  grave: boolean,
  paintedTo: Map<number, number>,
): void {
  const { layout, view, frame } = scene
  const { lane: lanes, row, fromUs, toUs, tone, shape } = part.columns
  const { top } = zonesOf(frame, layout)
  for (let i = part.start; i < part.end; i++) {
    const lane = lanes[i]!
    if ((tone[i] === graveTone) !== grave) continue
    if ((layout.pinned[lane] === 1) !== marks || layout.height[lane] === 0) continue
    if (toUs[i]! < view.fromUs || !belongsTo(part, i)) continue
    const y = yOf(lane, row[i]!, layout, view, frame)
    if (y + rowHeight < top || y > frame.height) continue
    const x = xOf(fromUs[i]!, view, frame)
    const right = Math.max(x + 2, xOf(toUs[i]!, view, frame))
    const key = ((lane * 8 + row[i]!) * 8 + tone[i]!) * 4 + shape[i]!
    if (right <= (paintedTo.get(key) ?? Number.NEGATIVE_INFINITY)) continue
    paintedTo.set(key, right)
    if (shape[i] === barShape) drawBar(scene, x, right, y, tone[i]!, part, i)
    else drawMark(scene, x, y, tone[i]!, shape[i]!, false)
  }
}

function drawBar(
  { context, frame, theme }: Scene,
  x: number,
  right: number,
  y: number,
  tone: number,
  part: Part,
  index: number,
): void {
  const left = Math.max(x, frame.gutter - 4)
  const width = Math.min(right, frame.width + 4) - left
  context.fillStyle = theme.byTone[tone]!
  if (tone === plainTone) context.globalAlpha = 0.85
  barPath(context, left, y, width)
  if (tone === plainTone) context.globalAlpha = 1
  if (width <= 44) return
  context.fillStyle = tone === plainTone ? theme.ink : theme.background
  const label = fitted(context, part.columns.label(index), width - 10)
  context.fillText(label, left + 5, y + rowHeight / 2 - 0.5)
}

/** Round corners only where they can be seen: a rectangle costs a tenth of a path. */
function barPath(context: CanvasRenderingContext2D, left: number, y: number, width: number): void {
  const painted = Math.max(2, width - (width > 6 ? 1 : 0))
  if (width <= 8) {
    context.fillRect(left, y, painted, rowHeight - 2)
    return
  }
  context.beginPath()
  context.roundRect(left, y, painted, rowHeight - 2, 2)
  context.fill()
}

function drawMark(
  { context, theme }: Scene,
  x: number,
  y: number,
  tone: number,
  shape: number,
  chosen: boolean,
): void {
  const middle = y + 8
  context.fillStyle = theme.byTone[tone]!
  if (shape !== alarmShape) {
    context.fillRect(x - (chosen ? 2 : 1), middle - 6, chosen ? 4 : 2, 12)
    if (!chosen) return
    context.strokeStyle = theme.ink
    context.lineWidth = 2
    context.strokeRect(x - 2, middle - 6, 4, 12)
    return
  }
  const size = chosen ? 8 : 6
  context.beginPath()
  context.moveTo(x, middle - size)
  context.lineTo(x + size, middle)
  context.lineTo(x, middle + size)
  context.lineTo(x - size, middle)
  context.closePath()
  context.fill()
  context.strokeStyle = chosen ? theme.ink : theme.band
  context.lineWidth = chosen ? 2 : 1
  context.stroke()
}

/** Again, above the others, with a frame. */
function drawChosen(scene: Scene, item: Item): void {
  const { context, layout, view, frame, theme, picture } = scene
  if (layout.height[item.lane] === 0) return
  const tone = tones.indexOf(item.tone)
  const row = rowOf(scene, item)
  const y = yOf(item.lane, row, layout, view, frame)
  const x = xOf(item.fromUs, view, frame)
  const right = Math.max(x + 2, xOf(item.toUs, view, frame))
  if (item.count !== undefined && item.count > 1) {
    context.strokeStyle = theme.ink
    context.lineWidth = 1
    const top = yOf(item.lane, 0, layout, view, frame)
    context.strokeRect(x - 0.5, top - 1, right - x + 1, layout.height[item.lane]! - 8)
    return
  }
  if (item.shape !== 'bar') {
    drawMark(scene, x, y, tone, shapes.indexOf(item.shape), true)
    return
  }
  const left = Math.max(x, frame.gutter - 4)
  const width = Math.min(right, frame.width + 4) - left
  if (width < 0) return
  context.fillStyle = theme.byTone[tone]!
  barPath(context, left, y, width)
  context.strokeStyle = theme.ink
  context.lineWidth = 2
  context.strokeRect(left, y, Math.max(2, width - (width > 6 ? 1 : 0)), rowHeight - 2)
  const part = picture.parts.find(({ columns }) => !columns.cells)
  if (width <= 44 || part === undefined) return
  context.fillStyle = item.tone === 'plain' ? theme.ink : theme.background
  context.fillText(fitted(context, item.label, width - 10), left + 5, y + rowHeight / 2 - 0.5)
}

/** The row an item is painted in; of one that is not among the loaded ones, the first. */
function rowOf({ picture }: Scene, item: Item): number {
  for (const { columns, start, end } of picture.parts) {
    if (columns.cells) continue
    for (let i = start; i < end; i++) {
      if (columns.fromUs[i] === item.fromUs && columns.lane[i] === item.lane && columns.id(i) === item.id) {
        return columns.row[i]!
      }
    }
  }
  return 0
}
