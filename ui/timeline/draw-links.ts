// Lines from cause to effect: the heavier the more probable, dashed below one half.

import { rowHeight } from './layout.ts'
import { clip, clockHeight, type Scene, xOf, yOf, zonesOf } from './scene.ts'

/** Most links painted at once; the weakest are left out first. */
const linksMax = 800

export function drawLinks(scene: Scene): void {
  const { context, model, layout, view, frame } = scene
  const focus = frame.selected ?? frame.hovered
  const own = new Set(
    focus === undefined ? [] : layout.links.subarray(layout.linkStart[focus]!, layout.linkStart[focus + 1]!),
  )
  const inView: number[] = []
  for (const [i, link] of model.links.entries()) {
    const to = model.items[link.to]!
    const from = model.items[link.from]!
    if (own.has(i)) continue
    if (Math.max(to.toUs, from.toUs) < view.fromUs || Math.min(to.fromUs, from.fromUs) > view.toUs) continue
    inView.push(i)
  }
  if (inView.length > linksMax) {
    const weight = (i: number) =>
      model.links[i]!.p + (model.items[model.links[i]!.to]!.tone === 'grave' ? 1 : 0)
    inView.sort((a, b) => weight(b) - weight(a))
    inView.length = linksMax
  }
  const { top } = zonesOf(frame, layout)
  context.save()
  clip(context, frame.gutter, top, frame.width - frame.gutter, frame.height - top - clockHeight(frame))
  // Crowds fade, so that a burst stays a shape instead of a blot.
  const crowd = Math.min(1, 60 / Math.max(1, inView.length))
  for (const i of inView) drawLink(scene, i, focus === undefined ? crowd : 0.25 * crowd, false)
  for (const i of own) drawLink(scene, i, 1, true)
  context.restore()
}

function drawLink(scene: Scene, index: number, strength: number, own: boolean): void {
  const { context, model, layout, view, frame, theme } = scene
  const link = model.links[index]!
  const from = model.items[link.from]!
  const to = model.items[link.to]!
  const { top, bottom } = zonesOf(frame, layout)
  const x2 = xOf(to.fromUs, view, frame)
  const y2 = yOf(model, link.to, layout, view, frame) + 2
  // The line leaves the call at the moment of the alarm, if the call was running then.
  const x1 = xOf(Math.min(Math.max(to.fromUs, from.fromUs), from.toUs), view, frame)
  const y1 = Math.min(bottom, Math.max(top, yOf(model, link.from, layout, view, frame) + rowHeight - 3))
  context.strokeStyle =
    to.tone === 'grave' && link.p >= 0.5
      ? theme.tones.grave
      : link.p >= 0.9
        ? theme.tones.cause
        : link.p >= 0.5
          ? theme.tones.likely
          : theme.quiet
  context.globalAlpha = Math.max(
    own ? 0.5 : 0.05,
    Math.min(1, (0.1 + 0.65 * link.p) * strength + (own ? 0.3 : 0)),
  )
  context.lineWidth = (own ? 1 : 0.6) + 1.6 * link.p
  context.setLineDash(link.p < 0.5 ? [4, 4] : [])
  context.beginPath()
  context.moveTo(x1, y1)
  const bend = (y2 - y1) * 0.5
  context.bezierCurveTo(x1, y1 + bend, x2, y2 - bend, x2, y2)
  context.stroke()
  context.setLineDash([])
  context.globalAlpha = 1
}
