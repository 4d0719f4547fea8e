// Where each lane stands: hidden ones take no room, those of a folded group share one strip.

import type { Lane } from './types.ts'

export const rowHeight = 15
const lanePadding = 5
const pinnedHeight = 26
const foldedHeight = 22

export interface Layout {
  /** By lane: from the top of the scrolling part, or of the pinned part. */
  readonly top: Float64Array
  /** 0: hidden. */
  readonly height: Float64Array
  readonly pinned: Uint8Array
  /** Lanes of a folded group; all rows are one. */
  readonly folded: Uint8Array
  /** Shown scrolling lanes from above; of a folded group only the first. */
  readonly order: Uint32Array
  readonly pinnedOrder: Uint32Array
  readonly scrollHeight: number
  readonly pinnedHeight: number
}

export interface Choice {
  readonly shown: ((lane: Lane) => boolean) | undefined
  /** Groups that are folded. */
  readonly folded: ReadonlySet<string>
}

export const everything: Choice = { shown: undefined, folded: new Set() }

export function layOut(lanes: readonly Lane[], rows: ArrayLike<number>, { shown, folded }: Choice): Layout {
  const top = new Float64Array(lanes.length)
  const height = new Float64Array(lanes.length)
  const pinned = new Uint8Array(lanes.length)
  const isFolded = new Uint8Array(lanes.length)
  const order: number[] = []
  const pinnedOrder: number[] = []
  const headOf = new Map<string, number>()
  let scrolling = 0
  let fixed = 0
  for (const [i, lane] of lanes.entries()) {
    if (shown && !shown(lane)) continue
    if (lane.pinned) {
      pinned[i] = 1
      top[i] = fixed
      height[i] = pinnedHeight
      fixed += pinnedHeight
      pinnedOrder.push(i)
      continue
    }
    const foldedInto = lane.group !== undefined && folded.has(lane.group) ? lane.group : undefined
    const head = foldedInto === undefined ? undefined : headOf.get(foldedInto)
    isFolded[i] = foldedInto === undefined ? 0 : 1
    if (head !== undefined) {
      top[i] = top[head]!
      height[i] = foldedHeight
      continue
    }
    if (foldedInto !== undefined) headOf.set(foldedInto, i)
    top[i] = scrolling
    height[i] =
      foldedInto === undefined ? Math.max(1, rows[i] ?? 1) * rowHeight + 2 * lanePadding : foldedHeight
    scrolling += height[i]!
    order.push(i)
  }
  return {
    top,
    height,
    pinned,
    folded: isFolded,
    order: Uint32Array.from(order),
    pinnedOrder: Uint32Array.from(pinnedOrder),
    scrollHeight: scrolling,
    pinnedHeight: fixed,
  }
}

/** Top of an item's row, as its lane's top is counted. */
export function rowTop(layout: Layout, lane: number, row: number): number {
  const top = layout.top[lane] ?? 0
  return layout.folded[lane] ? top + 4 : top + lanePadding + row * rowHeight
}

/** Place in `order` of the lane at this height, or where it would be. */
export function placeAt({ order, top }: Layout, y: number): number {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (top[order[middle]!]! <= y) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** Lanes between two heights of the scrolling part, folded ones included, and all pinned ones; ascending. */
export function lanesIn(layout: Layout, from: number, to: number): number[] {
  const { order, pinnedOrder, top, folded, height } = layout
  const found: number[] = [...pinnedOrder]
  for (let at = placeAt(layout, from); at < order.length && top[order[at]!]! < to; at++) {
    const lane = order[at]!
    found.push(lane)
    if (!folded[lane]) continue
    // The others of a folded group follow their first, hidden ones between them.
    for (let i = lane + 1; i < top.length; i++) {
      if (height[i] === 0) continue
      if (!folded[i] || top[i] !== top[lane]) break
      found.push(i)
    }
  }
  return found.sort((a, b) => a - b)
}
