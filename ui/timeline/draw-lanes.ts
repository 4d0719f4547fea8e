// Bands and names of the lanes.

import { lanesIn } from './layout.ts'
import { clip, fitted, laneY, mapHeight, type Scene, zonesOf } from './scene.ts'

/** Lanes on the canvas with the first of each folded group only. */
function visible({ layout, view, frame }: Scene): number[] {
  const { top, bottom } = zonesOf(frame, layout)
  let before = -1
  return lanesIn(layout, view.scroll, view.scroll + bottom - top).filter((lane) => {
    const isNext = !layout.folded[lane] || before < 0 || layout.top[lane] !== layout.top[before]
    before = layout.folded[lane] ? lane : -1
    return isNext
  })
}

export function drawLanes(scene: Scene): void {
  const { context, layout, frame, view, theme } = scene
  const { top, pinned, bottom } = zonesOf(frame, layout)
  for (const onFoot of [false, true]) {
    context.save()
    clip(context, 0, onFoot ? pinned : top, frame.width, onFoot ? layout.pinnedHeight : bottom - top)
    for (const lane of visible(scene)) {
      if (Boolean(layout.pinned[lane]) !== onFoot) continue
      const y = laneY(lane, layout, view, frame)
      context.fillStyle = onFoot || lane % 2 === 0 ? theme.band : theme.background
      context.fillRect(0, y, frame.width, layout.height[lane]!)
      context.fillStyle = theme.line
      context.fillRect(0, Math.round(y + layout.height[lane]!) - 1, frame.width, onFoot ? 1 : 0.5)
    }
    context.restore()
  }
  context.fillStyle = theme.line
  context.fillRect(0, Math.round(pinned) - 1, frame.width, 1.5)
}

export function drawNames(scene: Scene): void {
  const { context, source, layout, view, frame, theme } = scene
  const { top, pinned, bottom } = zonesOf(frame, layout)
  context.fillStyle = theme.line
  context.fillRect(frame.gutter - 1, mapHeight, 1, frame.height - mapHeight)
  for (const onFoot of [false, true]) {
    context.save()
    clip(context, 0, onFoot ? pinned : top, frame.gutter - 6, onFoot ? layout.pinnedHeight : bottom - top)
    for (const index of visible(scene)) {
      const lane = source.lanes[index]!
      if (Boolean(layout.pinned[index]) !== onFoot) continue
      const y = laneY(index, layout, view, frame)
      const height = layout.height[index]!
      const isHead = isGroupHead(scene, index)
      const left = lane.group === undefined ? 10 : 22
      if (isHead) chevron(scene, 11, y + Math.min(height / 2, 14), layout.folded[index] === 1)
      const showNote = lane.note !== undefined && height >= 34
      const middle = y + (showNote ? height / 2 - 7 : height / 2)
      context.fillStyle = lane.group === undefined || isHead ? theme.ink : theme.quiet
      context.font = `12px ${theme.font}`
      context.fillText(fitted(context, lane.label, frame.gutter - left - 10), left, middle)
      if (showNote && lane.note !== undefined) {
        context.fillStyle = theme.quiet
        context.font = `11px ${theme.font}`
        context.fillText(fitted(context, lane.note, frame.gutter - left - 10), left, y + height / 2 + 8)
      }
    }
    context.restore()
  }
}

/** Whether a lane names its group: the first of those that are shown. */
export function isGroupHead({ source, layout }: Pick<Scene, 'source' | 'layout'>, lane: number): boolean {
  const group = source.lanes[lane]?.group
  if (group === undefined) return false
  for (let i = lane - 1; i >= 0 && source.lanes[i]?.group === group; i--)
    if (layout.height[i]! > 0) return false
  return true
}

function chevron({ context, theme }: Scene, x: number, y: number, folded: boolean): void {
  context.fillStyle = theme.quiet
  context.beginPath()
  if (folded) {
    context.moveTo(x - 2, y - 4)
    context.lineTo(x + 3, y)
    context.lineTo(x - 2, y + 4)
  } else {
    context.moveTo(x - 4, y - 2)
    context.lineTo(x + 4, y - 2)
    context.lineTo(x, y + 3)
  }
  context.closePath()
  context.fill()
}
