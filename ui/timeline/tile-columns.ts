// A tile as it comes over the wire, made into columns that can be painted.

import { visible } from '../../src/base/terminal.ts'
import { bucketUs, lanesPerBlock, tileUs } from '../../src/base/time-tiles.ts'
import type { Tile, TimelineItem } from '../../src/server/api.ts'
import type { Arc, Columns, Spot } from './source.ts'
import { type Item, shapes, tones } from './types.ts'

export interface LoadedTile {
  readonly level: number
  readonly column: number
  readonly block: number
  readonly rows: Columns
  readonly cells: Columns
  readonly arcs: readonly Arc[]
  /** Everything in it is a row: a finer tile would tell nothing new. */
  readonly isWhole: boolean
}

/** `shapeOf` gives the place in `shapes` of what a lane holds. */
export function loadTile(
  tile: Tile,
  level: number,
  column: number,
  shapeOf: (lane: number) => number,
): LoadedTile {
  const first = tile.block * lanesPerBlock
  const rows = rowsOf(tile, column * tileUs(level), first, shapeOf)
  return {
    level,
    column,
    block: tile.block,
    rows,
    cells: cellsOf(tile, column * tileUs(level), bucketUs(level), first, shapeOf),
    arcs: arcsOf(tile, rows),
    isWhole: tile.cells.count.length === 0,
  }
}

function rowsOf({ rows }: Tile, fromUs: number, first: number, shapeOf: (lane: number) => number): Columns {
  const length = rows.item.length
  const from = new Float64Array(length)
  let us = fromUs
  for (let i = 0; i < length; i++) {
    us += rows.from[i]!
    from[i] = us
  }
  const labels = new Array<string | undefined>(length)
  return {
    length,
    lane: Uint32Array.from(rows.lane, (lane) => first + lane),
    row: Uint8Array.from(rows.row),
    fromUs: from,
    toUs: Float64Array.from(rows.length, (span, i) => from[i]! + span),
    tone: Uint8Array.from(rows.tone),
    shape: Uint8Array.from(rows.lane, (lane) => shapeOf(first + lane)),
    count: new Uint32Array(length).fill(1),
    cells: false,
    id: (i) => `#${rows.item[i]}`,
    // Made when first drawn: most never are.
    label(i) {
      labels[i] ??= visible(rows.label[i] ?? '')
      return labels[i]
    },
  }
}

function cellsOf(
  { cells }: Tile,
  fromUs: number,
  bucket: number,
  first: number,
  shapeOf: (lane: number) => number,
): Columns {
  const length = cells.lane.length
  const from = Float64Array.from(cells.bucket, (at) => fromUs + at * bucket)
  const severities = ['', 'informational', 'low', 'medium', 'high', 'critical']
  return {
    length,
    lane: Uint32Array.from(cells.lane, (lane) => first + lane),
    row: new Uint8Array(length),
    fromUs: from,
    toUs: Float64Array.from(from, (us) => us + bucket),
    tone: Uint8Array.from(cells.tone),
    shape: Uint8Array.from(cells.lane, (lane) => shapeOf(first + lane)),
    count: Uint32Array.from(cells.count),
    cells: true,
    id: () => '',
    label(i) {
      const severity = severities[cells.severity[i] ?? 0] ?? ''
      const p = (cells.p[i] ?? 0) / 1000
      return [severity === '' ? '' : `worst: ${severity}`, p > 0 ? `p up to ${p.toFixed(2)}` : '']
        .filter((part) => part !== '')
        .join(', ')
    },
  }
}

function arcsOf({ links }: Tile, rows: Columns): readonly Arc[] {
  return links.row.map((row, i) => ({
    from: {
      id: `#${links.item[i]}`,
      lane: links.lane[i]!,
      row: links.callRow[i]!,
      fromUs: links.from[i]!,
      toUs: links.from[i]! + links.length[i]!,
      tone: tones[links.tone[i]!] ?? 'plain',
    },
    to: {
      id: rows.id(row),
      lane: rows.lane[row]!,
      row: rows.row[row]!,
      fromUs: rows.fromUs[row]!,
      toUs: rows.toUs[row]!,
      tone: tones[rows.tone[row]!] ?? 'plain',
    },
    p: links.p[i]! / 1000,
  }))
}

export function toItem({ item, lane, from, length, tone, shape, label }: TimelineItem): Item {
  return {
    id: `#${item}`,
    lane,
    fromUs: from,
    toUs: from + length,
    label: visible(label),
    tone: tones[tone] ?? 'plain',
    shape: shapes[shape] ?? 'tick',
  }
}

export function toSpot({ item, lane, row, from, length, tone }: TimelineItem): Spot {
  return { id: `#${item}`, lane, row, fromUs: from, toUs: from + length, tone: tones[tone] ?? 'plain' }
}
