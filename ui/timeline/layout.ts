// Where each item stands: lanes become rows, overlapping bars are stacked within their lane.

import type { TimelineModel } from './types.ts'

export const rowHeight = 15
const lanePadding = 5
const pinnedHeight = 26
/** Bars beyond this many at once share the last row of their lane. */
const rowsMax = 6

export interface LaneBox {
  /** From the top of the scrolling part, or of the pinned part. */
  readonly top: number
  readonly height: number
  readonly rows: number
}

export interface Layout {
  readonly lanes: readonly LaneBox[]
  /** Row of each item within its lane. */
  readonly row: Uint8Array
  /** Items by their beginning, and the longest item, so that a view finds its own quickly. */
  readonly order: Uint32Array
  readonly longestUs: number
  readonly scrollHeight: number
  readonly pinnedHeight: number
  readonly fromUs: number
  readonly toUs: number
  /** Links of each item, both ways: `links[linkStart[i] … linkStart[i + 1])`. */
  readonly linkStart: Uint32Array
  readonly links: Uint32Array
}

export function layOut(model: TimelineModel): Layout {
  const { items, lanes } = model
  const order = Uint32Array.from(items.keys()).sort((a, b) => items[a]!.fromUs - items[b]!.fromUs || a - b)
  const row = new Uint8Array(items.length)
  const freeFrom = lanes.map(() => [] as number[])
  let longestUs = 0
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = Number.NEGATIVE_INFINITY
  for (const i of order) {
    const item = items[i]!
    longestUs = Math.max(longestUs, item.toUs - item.fromUs)
    fromUs = Math.min(fromUs, item.fromUs)
    toUs = Math.max(toUs, item.toUs)
    const free = freeFrom[item.lane]
    if (free === undefined || item.shape !== 'bar') continue
    let at = free.findIndex((us) => us <= item.fromUs)
    if (at < 0) at = Math.min(free.length, rowsMax - 1)
    free[at] = Math.max(free[at] ?? 0, item.toUs)
    row[i] = at
  }
  let scrollHeight = 0
  let pinned = 0
  const boxes = lanes.map((lane, i) => {
    const rows = Math.max(1, freeFrom[i]?.length ?? 1)
    const height = lane.pinned ? pinnedHeight : rows * rowHeight + 2 * lanePadding
    const top = lane.pinned ? pinned : scrollHeight
    if (lane.pinned) pinned += height
    else scrollHeight += height
    return { top, height, rows }
  })
  if (!(toUs >= fromUs)) [fromUs, toUs] = [0, 1]
  return {
    lanes: boxes,
    row,
    order,
    longestUs,
    scrollHeight,
    pinnedHeight: pinned,
    fromUs,
    toUs: Math.max(toUs, fromUs + 1),
    ...linksByItem(model),
  }
}

/** Top of an item's row within its lane. */
export function rowTop(layout: Layout, lane: number, row: number): number {
  return (layout.lanes[lane]?.top ?? 0) + lanePadding + row * rowHeight
}

function linksByItem({ items, links }: TimelineModel): { linkStart: Uint32Array; links: Uint32Array } {
  const start = new Uint32Array(items.length + 1)
  for (const link of links) {
    start[link.from + 1]!++
    start[link.to + 1]!++
  }
  for (let i = 0; i < items.length; i++) start[i + 1]! += start[i]!
  const next = start.slice()
  const byItem = new Uint32Array(links.length * 2)
  for (const [index, link] of links.entries()) {
    byItem[next[link.from]!++] = index
    byItem[next[link.to]!++] = index
  }
  return { linkStart: start, links: byItem }
}

/** First position in `order` whose item begins at or after `us`. */
export function firstFrom(model: TimelineModel, layout: Layout, us: number): number {
  let low = 0
  let high = layout.order.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (model.items[layout.order[middle]!]!.fromUs < us) low = middle + 1
    else high = middle
  }
  return low
}
