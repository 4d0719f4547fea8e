// A cut tile as it is sent: columns, times as differences, and where the causes of its rows stand.

import { lanesPerBlock } from '../../../base/time-tiles.ts'
import type { Tile, TimelineItem } from '../../wire/timeline.ts'
import { type Items, kinds, shapeOf } from './items.ts'
import type { Lanes } from './lanes.ts'
import type { CutTile } from './tile.ts'

/** Below this, a link is not worth a line; in thousandths. */
const linkLeast = 50

export function encodeTile(
  items: Items,
  lanes: Lanes,
  block: number,
  { rows, guests, cells, count, fromUs }: CutTile,
  labels: ReadonlyMap<number, string>,
): Tile {
  let before = fromUs
  const from = rows.map((item) => {
    const step = items.fromUs[item]! - before
    before = items.fromUs[item]!
    return step
  })
  const { laneOf, rowOf } = lanes
  return {
    block,
    count,
    rows: {
      item: [...rows],
      lane: rows.map((item) => laneOf[item]! - block * lanesPerBlock),
      row: rows.map((item) => rowOf[item]!),
      from,
      length: rows.map((item) => items.toUs[item]! - items.fromUs[item]!),
      tone: rows.map((item) => items.tone[item]!),
      label: rows.map((item) => labels.get(item) ?? ''),
      guests,
    },
    cells,
    links: linksOf(items, lanes, rows),
  }
}

function linksOf(items: Items, { laneOf, rowOf }: Lanes, rows: readonly number[]): Tile['links'] {
  const links: Tile['links'] = {
    row: [],
    p: [],
    item: [],
    lane: [],
    callRow: [],
    from: [],
    length: [],
    tone: [],
  }
  for (const [at, item] of rows.entries()) {
    const cause = items.cause[item]!
    if (cause < 0 || laneOf[cause]! < 0 || items.p[item]! < linkLeast) continue
    links.row.push(at)
    links.p.push(items.p[item]!)
    links.item.push(cause)
    links.lane.push(laneOf[cause]!)
    links.callRow.push(rowOf[cause]!)
    links.from.push(items.fromUs[cause]!)
    links.length.push(items.toUs[cause]! - items.fromUs[cause]!)
    links.tone.push(items.tone[cause]!)
  }
  return links
}

export function encodeItem(
  items: Items,
  { laneOf, rowOf }: Lanes,
  item: number,
  label: string,
): TimelineItem {
  return {
    item,
    lane: laneOf[item]!,
    row: rowOf[item]!,
    from: items.fromUs[item]!,
    length: items.toUs[item]! - items.fromUs[item]!,
    tone: items.tone[item]!,
    shape: shapeOf(kinds[items.kind[item]!]!),
    label,
  }
}
