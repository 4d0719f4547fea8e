// The grid, the axis, the axis of a clock that ran differently, and the strip with the whole case.

import {
  axisHeight,
  clip,
  clockHeight,
  type Frame,
  fitted,
  mapHeight,
  type Scene,
  type Theme,
  xOf,
  zonesOf,
} from './scene.ts'
import type { Density, TimelineSource } from './source.ts'
import { partsOf, type Tick, ticks, zoneName } from './time-text.ts'
import type { SourceClock } from './types.ts'
import type { View } from './view.ts'

export function drawGrid(scene: Scene): void {
  const { context, layout, view, frame, theme } = scene
  context.fillStyle = theme.line
  context.globalAlpha = 0.7
  const { top } = zonesOf(frame, layout)
  for (const tick of axisTicks(view, frame)) {
    const x = xOf(tick.us, view, frame)
    if (x > frame.gutter) context.fillRect(Math.round(x), top, 0.75, frame.height - top)
  }
  context.globalAlpha = 1
}

export function drawAxis(scene: Scene): void {
  const { context, view, frame, theme } = scene
  context.fillStyle = theme.background
  context.fillRect(0, mapHeight, frame.width, axisHeight)
  context.fillStyle = theme.line
  context.fillRect(0, mapHeight + axisHeight - 1, frame.width, 1)
  context.font = `11px ${theme.font}`
  const middle = mapHeight + axisHeight / 2
  for (const tick of axisTicks(view, frame)) {
    const x = xOf(tick.us, view, frame)
    if (x < frame.gutter || x > frame.width - 20) continue
    context.fillStyle = theme.line
    context.fillRect(Math.round(x), mapHeight + axisHeight - 6, 1, 6)
    context.fillStyle = theme.quiet
    context.fillText(tick.text, x + 4, middle)
  }
  context.fillStyle = theme.ink
  const { date } = partsOf(view.fromUs, frame.zone)
  const zone = frame.zone === 'local' ? 'local' : zoneName(view.fromUs, frame.zone)
  context.fillText(`${date} ${zone}`, 10, middle)
  if (frame.clock) drawClockAxis(scene, frame.clock)
}

/** The same moments as the source's clock showed them. */
function drawClockAxis(scene: Scene, clock: SourceClock): void {
  const { context, view, frame, theme } = scene
  const top = frame.height - clockHeight(frame)
  context.fillStyle = theme.background
  context.fillRect(0, top, frame.width, frame.height - top)
  context.fillStyle = theme.line
  context.fillRect(0, top, frame.width, 1)
  context.font = `11px ${theme.font}`
  const middle = top + (frame.height - top) / 2 + 1
  context.fillStyle = theme.ink
  context.save()
  clip(context, 0, top, frame.gutter - 6, frame.height - top)
  context.fillText(fitted(context, clock.name, frame.gutter - 20), 10, middle)
  context.restore()
  context.fillStyle = theme.quiet
  const max = (frame.width - frame.gutter) / 95
  for (const tick of ticks(view.fromUs + clock.offsetUs, view.toUs + clock.offsetUs, max, frame.zone)) {
    const x = xOf(tick.us - clock.offsetUs, view, frame)
    if (x < frame.gutter || x > frame.width - 20) continue
    context.fillRect(Math.round(x), top, 1, 5)
    context.fillText(tick.text, x + 4, middle)
  }
}

function axisTicks(view: View, frame: Frame): readonly Tick[] {
  return ticks(view.fromUs, view.toUs, (frame.width - frame.gutter) / 95, frame.zone)
}

/** What the range leaves out is dimmed. */
export function drawBrush({ context, view, frame, layout, theme }: Scene): void {
  if (frame.brush === undefined) return
  const { top } = zonesOf(frame, layout)
  const left = Math.max(frame.gutter, Math.min(frame.width, xOf(frame.brush.fromUs, view, frame)))
  const right = Math.max(frame.gutter, Math.min(frame.width, xOf(frame.brush.toUs, view, frame)))
  context.fillStyle = theme.background
  context.globalAlpha = 0.6
  context.fillRect(frame.gutter, top, left - frame.gutter, frame.height - top)
  context.fillRect(right, top, frame.width - right, frame.height - top)
  context.globalAlpha = 1
  context.fillStyle = theme.accent
  context.fillRect(left - 1, top, 1.5, frame.height - top)
  context.fillRect(right, top, 1.5, frame.height - top)
}

/** The whole case as a thin strip with the part in view marked. */
export function drawMap(scene: Scene): void {
  const { context, source, view, frame, theme } = scene
  context.drawImage(mapPicture(scene), 0, 0, frame.width, mapHeight)
  const { fromUs, toUs } = source.bounds
  const xIn = (us: number) => ((us - fromUs) / (toUs - fromUs)) * frame.width
  if (frame.brush !== undefined) {
    const from = xIn(frame.brush.fromUs)
    context.fillStyle = theme.accent
    context.fillRect(from, mapHeight - 3, Math.max(2, xIn(frame.brush.toUs) - from), 3)
  }
  const left = Math.max(0, xIn(view.fromUs))
  const right = Math.min(frame.width, xIn(view.toUs))
  context.globalAlpha = 0.12
  context.fillStyle = theme.accent
  context.fillRect(left, 0, Math.max(3, right - left), mapHeight)
  context.globalAlpha = 1
  context.strokeStyle = theme.accent
  context.lineWidth = 1.5
  context.strokeRect(left + 0.75, 0.75, Math.max(3, right - left) - 1.5, mapHeight - 1.5)
}

interface MapPicture {
  readonly density: Density
  readonly theme: Theme
  readonly ratio: number
  readonly canvas: HTMLCanvasElement
}
const mapPictures = new WeakMap<TimelineSource, MapPicture>()

/** The density as a picture: it changes with the size and the theme only, and a thousand small bars a frame add up. */
function mapPicture({ source, frame, theme }: Scene): HTMLCanvasElement {
  const columns = Math.max(1, Math.floor(frame.width / 3))
  const density = source.density(columns)
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1)
  const known = mapPictures.get(source)
  if (known?.density === density && known.theme === theme && known.ratio === ratio) return known.canvas
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(frame.width * ratio))
  canvas.height = Math.round(mapHeight * ratio)
  const context = canvas.getContext('2d')
  if (context !== null) {
    context.scale(ratio, ratio)
    drawDensity(context, density, columns, frame.width, theme)
  }
  mapPictures.set(source, { density, theme, ratio, canvas })
  return canvas
}

function drawDensity(
  context: CanvasRenderingContext2D,
  { calls, grave }: Density,
  columns: number,
  width: number,
  theme: Theme,
): void {
  const height = mapHeight - 8
  const mostCalls = Math.sqrt(most(calls))
  const mostGrave = Math.sqrt(most(grave))
  context.fillStyle = theme.band
  context.fillRect(0, 0, width, mapHeight)
  for (let i = 0; i < columns; i++) {
    context.fillStyle = theme.tones.plain
    const tall = (Math.sqrt(calls[i] ?? 0) / mostCalls) * height
    if (tall > 0) context.fillRect(i * 3, mapHeight - 2 - tall, 2, tall)
    context.fillStyle = theme.tones.grave
    const red = (Math.sqrt(grave[i] ?? 0) / mostGrave) * height * 0.8
    if (red > 0) context.fillRect(i * 3, mapHeight - 2 - red, 2, red)
  }
}

function most(values: ArrayLike<number>): number {
  let found = 1
  for (let i = 0; i < values.length; i++) found = Math.max(found, values[i]!)
  return found
}
