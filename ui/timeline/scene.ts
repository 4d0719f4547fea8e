// What one frame is painted from, and where things stand on the canvas.

import { type Layout, rowTop } from './layout.ts'
import type { Picture, TimelineSource } from './source.ts'
import { type Item, type Range, type SourceClock, type Tone, tones, type Zone } from './types.ts'
import type { View } from './view.ts'

export const axisHeight = 26

export const mapHeight = 30

export interface Theme {
  readonly background: string
  readonly band: string
  readonly line: string
  readonly ink: string
  readonly quiet: string
  readonly accent: string
  readonly tones: Readonly<Record<Tone, string>>
  /** The same in the order of `tones`. */
  readonly byTone: readonly string[]
  readonly font: string
}

export interface Frame {
  readonly width: number
  readonly height: number
  /** Width of the column of lane names. */
  readonly gutter: number
  readonly zone: Zone
  readonly clock: SourceClock | undefined
  readonly selected: Item | undefined
  readonly hovered: Item | undefined
  readonly brush: Range | undefined
}

/** Everything a painter may look at; nothing in it changes while a frame is painted. */
export interface Scene {
  readonly context: CanvasRenderingContext2D
  readonly source: TimelineSource
  readonly picture: Picture
  readonly layout: Layout
  readonly view: View
  readonly frame: Frame
  readonly theme: Theme
}

/** Reads the page's custom properties, so that light and dark need no second palette here. */
export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element)
  const property = (name: string) => style.getPropertyValue(name).trim() || '#888'
  const byMeaning: Readonly<Record<Tone, string>> = {
    plain: property('--bar'),
    cause: property('--cause'),
    likely: property('--likely'),
    grave: property('--critical'),
    open: property('--quiet'),
  }
  return {
    background: property('--panel'),
    band: property('--band'),
    line: property('--line'),
    ink: property('--ink'),
    quiet: property('--quiet'),
    accent: property('--accent'),
    tones: byMeaning,
    byTone: tones.map((tone) => byMeaning[tone]),
    font: style.fontFamily,
  }
}

export function clockHeight(frame: Pick<Frame, 'clock'>): number {
  return frame.clock ? 20 : 0
}

/** Where the scrolling lanes begin and end, and where the pinned ones begin. */
export function zonesOf(frame: Frame, layout: Layout): { top: number; bottom: number; pinned: number } {
  const pinned = frame.height - layout.pinnedHeight - clockHeight(frame)
  return { top: mapHeight + axisHeight, bottom: Math.max(mapHeight + axisHeight, pinned), pinned }
}

export function xOf(us: number, view: View, frame: Frame): number {
  return frame.gutter + ((us - view.fromUs) / (view.toUs - view.fromUs)) * (frame.width - frame.gutter)
}

/** Top of a row on the canvas. */
export function yOf(lane: number, row: number, layout: Layout, view: View, frame: Frame): number {
  const { top, pinned } = zonesOf(frame, layout)
  const y = rowTop(layout, lane, row)
  return layout.pinned[lane] ? pinned + y : top + y - view.scroll
}

/** Top of a lane on the canvas. */
export function laneY(lane: number, layout: Layout, view: View, frame: Frame): number {
  const { top, pinned } = zonesOf(frame, layout)
  const y = layout.top[lane] ?? 0
  return layout.pinned[lane] ? pinned + y : top + y - view.scroll
}

export function clip(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.beginPath()
  context.rect(x, y, Math.max(0, width), Math.max(0, height))
  context.clip()
}

/** What was measured of texts, so that a pan measures nothing twice. Emptied when it is full. */
const cuts = new Map<string, string>()
const cutsMax = 6_000

/** The beginning of a text that fits, the cut shown. */
export function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (width < 8) return ''
  const key = `${Math.floor(width)} ${context.font} ${text}`
  const known = cuts.get(key)
  if (known !== undefined) return known
  if (cuts.size >= cutsMax) cuts.clear()
  const cut = cutToFit(context, text.slice(0, 200), width)
  cuts.set(key, cut)
  return cut
}

function cutToFit(context: CanvasRenderingContext2D, short: string, width: number): string {
  if (context.measureText(short).width <= width) return short
  let low = 0
  let high = short.length
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (context.measureText(`${short.slice(0, middle)}…`).width <= width) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${short.slice(0, low)}…`
}
