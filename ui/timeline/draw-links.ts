// Lines from cause to effect: the heavier the more probable, dashed below one half.

import { rowHeight } from './layout.ts'
import { clip, clockHeight, type Scene, xOf, yOf, zonesOf } from './scene.ts'
import type { Arc } from './source.ts'

/** Most links painted at once; the weakest are left out first. */
const linksMax = 800

export function drawLinks(scene: Scene): void {
  const { context, source, picture, layout, frame } = scene
  const focus = frame.selected ?? frame.hovered
  const own = focus === undefined || focus.id === '' ? [] : source.arcsOf(focus.id)
  const mine = new Set(own)
  let others = picture.arcs.filter(
    (arc) => !mine.has(arc) && layout.height[arc.from.lane] !== 0 && layout.height[arc.to.lane] !== 0,
  )
  if (others.length > linksMax) {
    const weight = ({ p, to }: Arc) => p + (to.tone === 'grave' ? 1 : 0)
    others = others.toSorted((a, b) => weight(b) - weight(a)).slice(0, linksMax)
  }
  const { top } = zonesOf(frame, layout)
  context.save()
  clip(context, frame.gutter, top, frame.width - frame.gutter, frame.height - top - clockHeight(frame))
  // Crowds fade, so that a burst stays a shape instead of a blot.
  const crowd = Math.min(1, 60 / Math.max(1, others.length))
  for (const arc of others) drawLink(scene, arc, focus === undefined ? crowd : 0.25 * crowd, false)
  for (const arc of own.slice(0, linksMax)) drawLink(scene, arc, 1, true)
  context.restore()
}

function drawLink(scene: Scene, { from, to, p }: Arc, strength: number, own: boolean): void {
  const { context, layout, view, frame, theme } = scene
  const { top, bottom } = zonesOf(frame, layout)
  const x2 = xOf(to.fromUs, view, frame)
  const y2 = layout.pinned[to.lane]
    ? yOf(to.lane, to.row, layout, view, frame) + 2
    : Math.min(bottom, Math.max(top, yOf(to.lane, to.row, layout, view, frame) + 2))
  // The line leaves the call at the moment of the alarm, if the call was running then.
  const x1 = xOf(Math.min(Math.max(to.fromUs, from.fromUs), from.toUs), view, frame)
  const y1 = Math.min(bottom, Math.max(top, yOf(from.lane, from.row, layout, view, frame) + rowHeight - 3))
  context.strokeStyle =
    to.tone === 'grave' && p >= 0.5
      ? theme.tones.grave
      : p >= 0.9
        ? theme.tones.cause
        : p >= 0.5
          ? theme.tones.likely
          : theme.quiet
  context.globalAlpha = Math.max(own ? 0.5 : 0.05, Math.min(1, (0.1 + 0.65 * p) * strength + (own ? 0.3 : 0)))
  context.lineWidth = (own ? 1 : 0.6) + 1.6 * p
  context.setLineDash(p < 0.5 ? [4, 4] : [])
  context.beginPath()
  context.moveTo(x1, y1)
  const bend = (y2 - y1) * 0.5
  context.bezierCurveTo(x1, y1 + bend, x2, y2 - bend, x2, y2)
  context.stroke()
  context.setLineDash([])
  context.globalAlpha = 1
}
