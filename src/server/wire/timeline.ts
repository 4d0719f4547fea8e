// The timeline of a case that may have a million events: what lanes there are, and tiles of them.
//
// A tile is a span of time (base/time-tiles.ts) of 32 lanes. What begins in it is either a row or counted in a cell, and
// in no other tile: the rows that are not guests and the counts of the cells add up to everything that is drawn.
// Lists of one object are columns: index i is the same item in each. `from` of rows is written as differences.

import { z } from 'zod'
import { lanesPerBlock, levelMax } from '../../base/time-tiles.ts'

/** Tiles of one request. */
export const tilesMax = 24
/** Rows of a tile in which nothing is counted; where more begin, crowded lanes are counted in cells. */
export const tileRowsMax = 1_000
/** Rows of the emptier lanes of a tile whose crowded ones are counted. */
export const mixedRowsMax = 500
/** Bars of a counted tile that are long enough to be drawn each, and bars that reach in from earlier. */
export const longRowsMax = 400
/** Steps of the density over the whole case. */
export const densitySteps = 1_024

export const groupings = ['box', 'episode', 'step', 'tool'] as const
const grouping = z.enum(groupings).default('box')
const version = z.string().max(200)
const whole = z.coerce.number().int()
const numbers = z.array(z.number())

export const timelineQuery = z.strictObject({ grouping })

/** Of calls: `call`; of events that are no alarm: `connection`, `dns`, `api`; pinned: `alarm`, `finding`, `incident`, `response`. */
export const laneKind = z.enum([
  'call',
  'process',
  'connection',
  'dns',
  'api',
  'incident',
  'finding',
  'response',
  'alarm',
])

export const timelineAnswer = z.object({
  /** Changes with the case; tiles of another version are refused (409). */
  version,
  grouping,
  /** µs since 1970 on the reference clock. */
  fromUs: z.number(),
  toUs: z.number(),
  /** Columns: one entry a lane. */
  lanes: z.object({
    label: z.array(z.string()),
    note: z.array(z.string()),
    /** Lanes of one number are one group; -1 for pinned lanes. */
    group: numbers,
    kind: z.array(laneKind),
    /** Rows of stacked bars. */
    rows: numbers,
    items: numbers,
  }),
  /** Clocks that ran differently enough to be worth an axis, worst first; µs ahead of the reference. */
  clocks: z.array(z.object({ name: z.string(), offsetUs: z.number() })),
  /** Of calls and of what findings rest on, in equal steps from `fromUs` to `toUs`. */
  density: z.object({ calls: numbers, grave: numbers }),
  incidents: z.array(
    z.object({
      uid: z.string(),
      title: z.string(),
      severity: z.string(),
      fromUs: z.number(),
      toUs: z.number(),
    }),
  ),
  /** Everything that is drawn, by kind; kinds without any are left out. */
  counts: z.record(z.string(), z.number()),
  /** Records without a readable time, and records beyond the maximum: neither is drawn. */
  withoutTime: z.number(),
  leftOut: z.number(),
})
export type TimelineAnswer = z.infer<typeof timelineAnswer>

export const tilesQuery = z.strictObject({
  version,
  grouping,
  level: whole.min(0).max(levelMax),
  column: whole.min(-(2 ** 44)).max(2 ** 44),
  /** Numbers of blocks of 32 lanes, with commas. */
  blocks: z
    .string()
    .max(400)
    .regex(/^\d{1,6}(,\d{1,6})*$/)
    .transform((text) => [...new Set(text.split(',').map(Number))])
    .refine((list) => list.length <= tilesMax, `wants at most ${tilesMax} blocks`),
})

const rows = z.object({
  /** Number of the item; stable within a version. */
  item: numbers,
  /** Lane within the block. */
  lane: z.array(z.number().int().min(0).max(lanesPerBlock)),
  row: numbers,
  /** µs from the tile's beginning; each but the first as the difference to the one before. */
  from: numbers,
  /** µs. */
  length: numbers,
  /** Place in ui/timeline/types.ts: `plain`, `open`, `likely`, `cause`, `grave`. */
  tone: numbers,
  /** Empty for short bars and marks of a counted tile: whoever wants to read them comes closer. */
  label: z.array(z.string()),
  /** The first so many began before the tile and reach into it. */
  guests: z.number(),
})

const cells = z.object({
  lane: numbers,
  bucket: numbers,
  tone: numbers,
  count: numbers,
  /** Worst severity, 0 (none) to 5 (critical), and highest probability in thousandths. */
  severity: numbers,
  p: numbers,
})

/** A line from the call that caused a row of this tile; where the call stands is told, because it may be in another tile. */
const links = z.object({
  /** Index into the rows. */
  row: numbers,
  p: numbers,
  item: numbers,
  /** Index over all lanes. */
  lane: numbers,
  callRow: numbers,
  from: numbers,
  length: numbers,
  tone: numbers,
})

export const tile = z.object({
  block: z.number(),
  /** Everything that begins in it. */
  count: z.number(),
  rows,
  cells,
  links,
})
export type Tile = z.infer<typeof tile>

export const tilesAnswer = z.object({ tiles: z.array(tile) })
export type TilesAnswer = z.infer<typeof tilesAnswer>

export const seekQuery = z.strictObject({
  version,
  grouping,
  /** Of this lane; without it, of all alarms. */
  lane: whole.min(0).optional(),
  /** Next to this item. */
  item: whole.min(0).optional(),
  us: z.coerce.number().optional(),
  direction: z.enum(['1', '-1']).transform(Number),
})

export const timelineItem = z.object({
  item: z.number(),
  lane: z.number(),
  row: z.number(),
  from: z.number(),
  length: z.number(),
  tone: z.number(),
  shape: z.number(),
  label: z.string(),
})
export type TimelineItem = z.infer<typeof timelineItem>

export const seekAnswer = z.object({ found: timelineItem.nullable() })
export type SeekAnswer = z.infer<typeof seekAnswer>

export const itemQuery = z.strictObject({
  version,
  grouping,
  /** `#` and the number of an item, or the uid of a call, event, finding or incident. */
  id: z.string().min(1).max(500),
})

export const itemAnswer = z.object({
  found: z
    .object({
      item: timelineItem,
      kind: laneKind,
      uid: z.string(),
      title: z.string(),
      /** Label and value, in the order to be read. */
      facts: z.array(z.object({ label: z.string(), value: z.string() })),
      run: z.string().nullable(),
      episode: z.string().nullable(),
      episodeUid: z.string().nullable(),
      /** Everything it may have caused, or that may have caused it; most probable first. */
      links: z.array(z.object({ item: timelineItem, p: z.number(), uid: z.string(), isCause: z.boolean() })),
      moreLinks: z.number(),
    })
    .nullable(),
})
export type ItemAnswer = z.infer<typeof itemAnswer>
