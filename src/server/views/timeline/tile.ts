// One tile of a block of lanes: rows while they are few, counts by bucket and tone where they are many.

import { bucketsPerTile, bucketUs, lanesPerBlock, tileUs } from '../../../base/time-tiles.ts'
import { longRowsMax, mixedRowsMax, tileRowsMax } from '../../wire/timeline.ts'
import { type Items, shape, shapeOf, tone } from './items.ts'
import { endsStep, type Lane, type Lanes } from './lanes.ts'

/** Bars of a counted tile that are at least this many buckets long are drawn each. */
const longBuckets = 6
/** A bar that is wide enough to be written on, a bucket being two pixels or more. */
const labelBuckets = 10
const tonesCount = Object.keys(tone).length

export interface Cells {
  readonly lane: number[]
  readonly bucket: number[]
  readonly tone: number[]
  readonly count: number[]
  readonly severity: number[]
  readonly p: number[]
}

export interface CutTile {
  /** Numbers of items; the first `guests` began before the tile. */
  readonly rows: readonly number[]
  readonly guests: number
  readonly cells: Cells
  readonly count: number
  readonly fromUs: number
  /** Those of the rows on which a label could be read. */
  readonly labelled: readonly number[]
}

export function cutTile(items: Items, lanes: Lanes, level: number, column: number, block: number): CutTile {
  const fromUs = column * tileUs(level)
  const toUs = fromUs + tileUs(level)
  const bucket = bucketUs(level)
  const first = block * lanesPerBlock
  const shown = lanes.lanes.slice(first, first + lanesPerBlock)
  const spans = shown.map((lane) => ({
    lane,
    start: firstFrom(lanes.from, fromUs, lane.start, lane.end),
    end: firstFrom(lanes.from, toUs, lane.start, lane.end),
  }))
  const count = spans.reduce((sum, { start, end }) => sum + end - start, 0)
  const asRows = lanesAsRows(spans.map(({ start, end }) => end - start))
  const rows: number[] = []
  const cells: Cells = { lane: [], bucket: [], tone: [], count: [], severity: [], p: [] }
  for (const [at, { lane, start }] of spans.entries()) {
    guests(items, lanes, lane, start, fromUs, asRows[at] ? 0 : bucket, rows)
  }
  const guestCount = rows.length
  let long = 0
  for (const [at, { lane, start, end }] of spans.entries()) {
    if (asRows[at]) {
      for (let k = start; k < end; k++) rows.push(lanes.order[k]!)
      continue
    }
    const keepsLong = shapeOf(lane.kind) === shape.bar
    const isKept = (item: number) =>
      keepsLong && long < longRowsMax && items.toUs[item]! - items.fromUs[item]! >= longBuckets * bucket
    const counter = new Counter()
    for (let k = start; k < end; k++) {
      const item = lanes.order[k]!
      if (isKept(item)) {
        rows.push(item)
        long++
      } else counter.add(items, item, Math.floor((lanes.from[k]! - fromUs) / bucket))
    }
    counter.write(at, cells)
  }
  const isWhole = cells.count.length === 0
  const labelled = isWhole
    ? rows
    : rows.filter((item) => items.toUs[item]! - items.fromUs[item]! >= labelBuckets * bucket)
  return { rows, guests: guestCount, cells, count, fromUs, labelled }
}

/** The emptier lanes come as rows, as many as there is room for: a crowded lane does not blur its neighbours. */
function lanesAsRows(counts: readonly number[]): readonly boolean[] {
  const total = counts.reduce((a, b) => a + b, 0)
  if (total <= tileRowsMax) return counts.map(() => true)
  const asRows = counts.map(() => false)
  let room = mixedRowsMax
  for (const at of counts.map((_, i) => i).sort((a, b) => counts[a]! - counts[b]! || a - b)) {
    room -= counts[at]!
    if (room < 0) break
    asRows[at] = true
  }
  return asRows
}

/** Bars that began earlier and reach in by more than `least`. Nearest first; of too many, the furthest are left out. */
function guests(
  items: Items,
  { order, ends }: Lanes,
  lane: Lane,
  start: number,
  fromUs: number,
  least: number,
  into: number[],
): void {
  if (shapeOf(lane.kind) !== shape.bar) return
  for (let k = start - 1; k >= lane.start && into.length < longRowsMax; k--) {
    const step = Math.floor(k / endsStep)
    if (ends[step]! <= fromUs) {
      k = step * endsStep
      continue
    }
    const item = order[k]!
    if (items.toUs[item]! > fromUs && items.toUs[item]! - items.fromUs[item]! >= least) into.push(item)
  }
}

/** Counts of one lane by bucket and tone. */
class Counter {
  readonly #count = new Uint32Array(bucketsPerTile * tonesCount)
  readonly #severity = new Uint8Array(bucketsPerTile * tonesCount)
  readonly #p = new Uint16Array(bucketsPerTile * tonesCount)

  add(items: Items, item: number, bucket: number): void {
    const at = Math.min(bucketsPerTile - 1, bucket) * tonesCount + items.tone[item]!
    this.#count[at]!++
    if (items.severity[item]! > this.#severity[at]!) this.#severity[at] = items.severity[item]!
    if (items.p[item]! > this.#p[at]!) this.#p[at] = items.p[item]!
  }

  write(lane: number, cells: Cells): void {
    for (let at = 0; at < this.#count.length; at++) {
      if (this.#count[at] === 0) continue
      cells.lane.push(lane)
      cells.bucket.push(Math.floor(at / tonesCount))
      cells.tone.push(at % tonesCount)
      cells.count.push(this.#count[at]!)
      cells.severity.push(this.#severity[at]!)
      cells.p.push(this.#p[at]!)
    }
  }
}

/** First place in [low, high) whose value is at least `us`, or `high`. */
export function firstFrom(values: Float64Array, us: number, low: number, high: number): number {
  let [a, b] = [low, high]
  while (a < b) {
    const middle = (a + b) >>> 1
    if (values[middle]! < us) a = middle + 1
    else b = middle
  }
  return a
}
