// The grid, the axis, the axis of a clock that ran differently, and the strip with the whole case.

import {
  axisHeight,
  clip,
  clockHeight,
  type Frame,
  fitted,
  mapHeight,
  type Scene,
  xOf,
  zonesOf,
} from './scene.ts'
import { momentText, type Tick, ticks } from './time-text.ts'
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
  const [date = ''] = momentText(view.fromUs, frame.zone).split(' ')
  context.fillText(`${date} ${frame.zone === 'utc' ? 'UTC' : 'local'}`, 10, middle)
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

/** The whole case as a thin strip with the part in view marked. */
export function drawMap(scene: Scene): void {
  const { context, model, layout, view, frame, theme } = scene
  const columns = Math.max(1, Math.floor(frame.width / 3))
  const calls = new Float64Array(columns)
  const alarms = new Float64Array(columns)
  const whole = layout.toUs - layout.fromUs
  for (const item of model.items) {
    const at = Math.min(
      columns - 1,
      Math.max(0, Math.floor(((item.fromUs - layout.fromUs) / whole) * columns)),
    )
    if (item.shape === 'bar') calls[at]!++
    if (item.tone === 'grave') alarms[at]!++
  }
  const height = mapHeight - 8
  const mostCalls = Math.sqrt(Math.max(1, ...calls))
  const mostAlarms = Math.sqrt(Math.max(1, ...alarms))
  context.fillStyle = theme.band
  context.fillRect(0, 0, frame.width, mapHeight)
  for (let i = 0; i < columns; i++) {
    context.fillStyle = theme.tones.plain
    const tall = (Math.sqrt(calls[i]!) / mostCalls) * height
    if (tall > 0) context.fillRect(i * 3, mapHeight - 2 - tall, 2, tall)
    context.fillStyle = theme.tones.grave
    const red = (Math.sqrt(alarms[i]!) / mostAlarms) * height * 0.8
    if (red > 0) context.fillRect(i * 3, mapHeight - 2 - red, 2, red)
  }
  const left = Math.max(0, ((view.fromUs - layout.fromUs) / whole) * frame.width)
  const right = Math.min(frame.width, ((view.toUs - layout.fromUs) / whole) * frame.width)
  context.globalAlpha = 0.12
  context.fillStyle = theme.accent
  context.fillRect(left, 0, Math.max(3, right - left), mapHeight)
  context.globalAlpha = 1
  context.strokeStyle = theme.accent
  context.lineWidth = 1.5
  context.strokeRect(left + 0.75, 0.75, Math.max(3, right - left) - 1.5, mapHeight - 1.5)
}
