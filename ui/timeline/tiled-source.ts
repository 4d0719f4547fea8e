// A case that is too large for the page: what is in view is asked for as tiles, and what is coarser is shown until then.

import { visible } from '../../src/base/terminal.ts'
import { columnOf, lanesPerBlock, levelFor, levelMax, tileUs } from '../../src/base/time-tiles.ts'
import type { Tile, TimelineAnswer, TimelineItem, TimelineItemAnswer } from '../../src/server/api.ts'
import type { Arc, Density, Part, Picture, Seek, TimelineSource, Window } from './source.ts'
import { type LoadedTile, loadTile, toItem, toSpot } from './tile-columns.ts'
import { type TileAsk, type TileKey, TileStore } from './tile-store.ts'
import { type Item, type Lane, shapes } from './types.ts'

/** A bucket is at least this many pixels wide, and less than twice as many. */
const bucketPixels = 2
/** How much wider the tiles are that are loaded ahead for a fast pan: 2^3. */
const coarserBy = 3
const knownMax = 200
/** Lines drawn for what is in view; of more, those to findings and alarms go first. The chosen item has all of its own. */
const arcsMax = 160

export type FoundItem = NonNullable<TimelineItemAnswer['found']>

/** Questions to the server. */
export interface TileTransport {
  tiles(ask: TileAsk, signal: AbortSignal): Promise<readonly Tile[]>
  seek(wanted: {
    readonly lane?: number
    readonly item?: number
    readonly us?: number
    readonly direction: number
  }): Promise<TimelineItem | null>
  item(id: string): Promise<FoundItem | null>
}

export interface TiledSource extends TimelineSource {
  /** All that is known of an item; asked once. */
  details(id: string): Promise<FoundItem | null>
}

export function tiledSource(
  outline: TimelineAnswer,
  transport: TileTransport,
  onFailed: (error: unknown) => void,
): TiledSource {
  const lanes = lanesOf(outline)
  const shapeOf = (lane: number) => shapeOfKind[outline.lanes.kind[lane] ?? ''] ?? shapes.indexOf('tick')
  const bounds = { fromUs: outline.fromUs, toUs: outline.toUs }
  const known = new Map<string, Promise<FoundItem | null>>()
  const arcs = new Map<string, readonly Arc[]>()
  let density: Density | undefined
  let inPicture: readonly Arc[] = []

  const store = new TileStore({
    load: async (ask, signal) =>
      (await transport.tiles(ask, signal)).map((tile) => loadTile(tile, ask.level, ask.column, shapeOf)),
    onLoaded: () => source.onChange?.(),
    onFailed,
  })

  const source: TiledSource = {
    bounds,
    lanes,
    rows: outline.lanes.rows,
    clocks: outline.clocks.map(({ name, offsetUs }) => ({ name: visible(name), offsetUs })),
    onChange: undefined,
    density(wide) {
      if (density?.calls.length !== wide) {
        density = {
          calls: resampled(outline.density.calls, wide),
          grave: resampled(outline.density.grave, wide),
        }
      }
      return density
    },
    picture(window): Picture {
      const picture = pictureOf(store, window, bounds, lanes.length)
      inPicture = picture.arcs
      return picture
    },
    arcsOf(id) {
      return arcs.get(id) ?? inPicture.filter(({ from, to }) => from.id === id || to.id === id)
    },
    details(id) {
      const before = known.get(id)
      if (before) return before
      const asked = transport.item(id)
      known.set(id, asked)
      for (const oldest of known.keys()) {
        if (known.size <= knownMax) break
        known.delete(oldest)
        arcs.delete(oldest)
      }
      asked.then(
        (found) => {
          if (found === null) return
          arcs.set(`#${found.item.item}`, arcsOf(found))
          known.set(found.uid, asked)
          source.onChange?.()
        },
        () => known.delete(id),
      )
      return asked
    },
    async locate(id) {
      const found = await source.details(id)
      return found === null ? undefined : toItem(found.item)
    },
    async seek({ lane, item, us, direction }: Seek): Promise<Item | undefined> {
      const number = item === undefined ? undefined : numberOf(item.id)
      const found = await transport.seek({
        direction,
        ...(lane !== undefined && { lane }),
        ...(number !== undefined && { item: number }),
        ...(us !== undefined && { us: Math.round(us) }),
      })
      return found === null ? undefined : toItem(found)
    },
    close: () => store.close(),
  }
  return source
}

/** What is there for a window, and the asking for what is not. */
export function pictureOf(
  store: TileStore,
  window: Window,
  bounds: { fromUs: number; toUs: number },
  lanes: number,
): Picture {
  const level = levelFor(window.usPerPixel * bucketPixels)
  const firstColumn = columnOf(level, Math.max(window.fromUs, bounds.fromUs))
  const lastColumn = columnOf(level, Math.min(window.toUs, bounds.toUs))
  const blocks = [...new Set(window.lanes.map((lane) => Math.floor(lane / lanesPerBlock)))]
  const inView = new Set(window.lanes)
  const parts: Part[] = []
  const arcs: Arc[] = []
  const missing: TileKey[] = []
  for (const block of blocks) {
    let before: { tile: LoadedTile; at: number } | undefined
    for (let column = firstColumn; column <= lastColumn; column++) {
      const key = { level, column, block }
      const { tile, isFinal } = bestFor(store, key)
      if (!isFinal) missing.push(key)
      if (tile === undefined) {
        before = undefined
        continue
      }
      const span = { fromUs: column * tileUs(level), toUs: (column + 1) * tileUs(level) }
      if (before?.tile === tile) {
        // The same coarser tile goes on: one part instead of two.
        for (const at of [before.at, before.at + 1]) parts[at] = { ...parts[at]!, toUs: span.toUs }
        continue
      }
      const first = column === firstColumn
      before = { tile, at: parts.length }
      for (const columns of [tile.cells, tile.rows]) {
        parts.push({ columns, start: 0, end: columns.length, first, ...span })
      }
      for (const arc of tile.arcs) {
        const { fromUs, lane } = arc.to
        if (fromUs >= window.fromUs && fromUs <= window.toUs && inView.has(lane)) arcs.push(arc)
      }
    }
  }
  store.want([
    ...missing,
    ...ahead(store, level, firstColumn, lastColumn, blocks, bounds, Math.ceil(lanes / lanesPerBlock)),
  ])
  return { parts, arcs: mostTelling(arcs), waiting: missing.length > 0 }
}

function mostTelling(arcs: readonly Arc[]): readonly Arc[] {
  if (arcs.length <= arcsMax) return arcs
  // Pinned lanes, where alarms are, come first of all: no sorting in every frame.
  const grave = arcs.filter(({ to }) => to.tone === 'grave').slice(0, arcsMax)
  if (grave.length === arcsMax) return grave
  const others = arcs.filter(({ to }) => to.tone !== 'grave').slice(0, arcsMax - grave.length)
  return [...grave, ...others]
}

/** The tile itself; else a coarser one in which everything is a row; else, to bridge the time, any coarser one. */
function bestFor(
  store: TileStore,
  { level, column, block }: TileKey,
): { tile?: LoadedTile; isFinal: boolean } {
  let bridge: LoadedTile | undefined
  for (let up = level; up <= levelMax; up++) {
    const tile = store.get(up, Math.floor(column / 2 ** (up - level)), block)
    if (tile === undefined) continue
    if (up === level || tile.isWhole) return { tile, isFinal: true }
    bridge ??= tile
  }
  return bridge === undefined ? { isFinal: false } : { tile: bridge, isFinal: false }
}

/** Neighbours on either side, above and below, and wider ones for whoever moves faster than they load. */
function ahead(
  store: TileStore,
  level: number,
  firstColumn: number,
  lastColumn: number,
  blocks: readonly number[],
  bounds: { fromUs: number; toUs: number },
  blocksCount: number,
): TileKey[] {
  const keys: TileKey[] = []
  const seen = new Set<number>()
  const wider = Math.min(levelMax, level + coarserBy)
  const add = (at: number, column: number, wanted = blocks) => {
    const inside = column * tileUs(at) <= bounds.toUs && (column + 1) * tileUs(at) > bounds.fromUs
    if (!inside) return
    for (const block of wanted) {
      const key = { level: at, column, block }
      if (!store.has(key) && !bestFor(store, key).isFinal) keys.push(key)
    }
  }
  add(level, lastColumn + 1)
  add(level, firstColumn - 1)
  // Pinned lanes are in the first block and always in view: the neighbours are those of the others.
  const scrolled = blocks.filter((block) => block > 0)
  const beside = [Math.max(0, ...scrolled) + 1, Math.min(...scrolled) - 1].filter(
    (block) => block > 0 && block < blocksCount && !blocks.includes(block),
  )
  for (let at = firstColumn; at <= lastColumn; at++) add(level, at, beside)
  for (let at = firstColumn; at <= lastColumn; at++) seen.add(Math.floor(at / 2 ** (wider - level)))
  for (const column of seen) add(wider, column)
  return keys
}

const shapeOfKind: Readonly<Record<string, number>> = {
  call: shapes.indexOf('bar'),
  process: shapes.indexOf('bar'),
  incident: shapes.indexOf('bar'),
  alarm: shapes.indexOf('alarm'),
  finding: shapes.indexOf('alarm'),
}

function lanesOf({ lanes }: TimelineAnswer): readonly Lane[] {
  return lanes.label.map((label, i) => {
    const group = lanes.group[i] ?? -1
    return {
      id: String(i),
      label: visible(label),
      kind: lanes.kind[i] ?? '',
      ...(group < 0 ? { pinned: true } : { note: visible(lanes.note[i] ?? ''), group: String(group) }),
    }
  })
}

function arcsOf({ item, links }: FoundItem): readonly Arc[] {
  const own = toSpot(item)
  return links.map(({ item: other, p, isCause }) =>
    isCause ? { from: toSpot(other), to: own, p } : { from: own, to: toSpot(other), p },
  )
}

function numberOf(id: string): number | undefined {
  return /^#\d+$/.test(id) ? Number(id.slice(1)) : undefined
}

function resampled(steps: readonly number[], wide: number): Float64Array {
  const sums = new Float64Array(wide)
  for (const [i, count] of steps.entries()) {
    // One step may be wider or narrower than a column.
    const from = (i / steps.length) * wide
    const to = ((i + 1) / steps.length) * wide
    for (let at = Math.floor(from); at < Math.min(wide, Math.max(to, Math.floor(from) + 1)); at++) {
      sums[at]! += (count * (Math.min(to, at + 1) - Math.max(from, at))) / (to - from)
    }
  }
  return sums
}
