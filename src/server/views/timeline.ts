// What the page is told of a case's timeline: the lanes and the whole in outline, then tiles.

import { existsSync } from 'node:fs'
import type { CaseStore } from '../../store/cases/case-store.ts'
import { Problem } from '../problem.ts'
import type { Source } from '../sources.ts'
import type { ItemAnswer, SeekAnswer, TilesAnswer, TimelineAnswer } from '../wire/timeline.ts'
import { type CaseTimeline, caseTimeline, type Grouping, knownTimeline } from './timeline/case-timeline.ts'
import { itemOf } from './timeline/details.ts'
import { encodeItem, encodeTile } from './timeline/encode.ts'
import { labelsOf } from './timeline/labels.ts'
import { usOf } from './timeline/load-items.ts'
import { seek } from './timeline/seek.ts'
import { cutTile } from './timeline/tile.ts'

/** A clock closer than this is not worth a second axis. */
const skewShownMs = 250
const incidentsMax = 40
const clocksMax = 12

export async function timelineOf(
  store: CaseStore,
  source: Source,
  by: Grouping,
  signal?: AbortSignal,
): Promise<TimelineAnswer> {
  const { items, summary, lanes: lanesBy } = await caseTimeline(store, source)
  const { lanes } = await lanesBy(by)
  const [clocks, incidents] = await Promise.all([
    store.rows(
      `SELECT domain, offset_ms FROM clocks WHERE aligned AND abs(offset_ms) >= ${skewShownMs}
       ORDER BY abs(offset_ms) DESC LIMIT ${clocksMax}`,
      [],
      { signal, textMax: 300 },
    ),
    store.rows(
      `SELECT uid, title, severity, first_time, last_time FROM incidents ORDER BY severity DESC, first_time LIMIT ${incidentsMax}`,
      [],
      { signal, textMax: 300 },
    ),
  ])
  return {
    version: store.key,
    grouping: by,
    fromUs: summary.fromUs,
    toUs: summary.toUs,
    lanes: {
      label: lanes.map(({ label }) => label.slice(0, 200)),
      note: lanes.map(({ note }) => note),
      group: lanes.map(({ group }) => group),
      kind: lanes.map(({ kind }) => kind),
      rows: lanes.map(({ rows }) => rows),
      items: lanes.map(({ start, end }) => end - start),
    },
    clocks: clocks.map((row) => ({ name: String(row.domain), offsetUs: Number(row.offset_ms) * 1000 })),
    density: summary.density,
    incidents: incidents.flatMap((row) => {
      const fromUs = usOf(row.first_time)
      if (Number.isNaN(fromUs)) return []
      const toUs = Math.max(fromUs, usOf(row.last_time) || fromUs)
      return [
        { uid: String(row.uid), title: String(row.title), severity: String(row.severity), fromUs, toUs },
      ]
    }),
    counts: summary.counts,
    withoutTime: items.withoutTime,
    leftOut: items.leftOut,
  }
}

/** Opens the case as it is now. */
type OpenStore = () => Promise<CaseStore>

export interface TilesWanted {
  readonly version: string
  readonly grouping: Grouping
  readonly level: number
  readonly column: number
  readonly blocks: readonly number[]
}

export async function tilesOf(
  open: OpenStore,
  source: Source,
  wanted: TilesWanted,
  signal?: AbortSignal,
): Promise<TilesAnswer> {
  const { store, items, lanes } = await opened(open, source, wanted)
  const { level, column, blocks } = wanted
  const cut = blocks.map((block) => ({ block, tile: cutTile(items, lanes, level, column, block) }))
  const labels = await labelsOf(
    store,
    items,
    cut.flatMap(({ tile }) => tile.labelled),
    signal,
  )
  return { tiles: cut.map(({ block, tile }) => encodeTile(items, lanes, block, tile, labels)) }
}

export interface SeekWanted {
  readonly version: string
  readonly grouping: Grouping
  readonly lane?: number | undefined
  readonly item?: number | undefined
  readonly us?: number | undefined
  readonly direction: number
}

export async function soughtItem(
  open: OpenStore,
  source: Source,
  wanted: SeekWanted,
  signal?: AbortSignal,
): Promise<SeekAnswer> {
  const { store, items, lanes } = await opened(open, source, wanted)
  const { lane, item, us, direction } = wanted
  const start = item !== undefined && item < items.length ? item : undefined
  const found = seek(items, lanes, { lane, item: start, us, direction })
  if (found === undefined) return { found: null }
  const labels = await labelsOf(store, items, [found], signal)
  return { found: encodeItem(items, lanes, found, labels.get(found) ?? '') }
}

export async function oneItem(
  open: OpenStore,
  source: Source,
  wanted: { readonly version: string; readonly grouping: Grouping; readonly id: string },
  signal?: AbortSignal,
): Promise<ItemAnswer> {
  const { store, items, lanes } = await opened(open, source, wanted)
  return { found: await itemOf(store, items, lanes, wanted.id, signal) }
}

/** Throws a Problem (409) when the case has changed since the page asked for its lanes, and what it showed is gone. */
async function opened(
  open: OpenStore,
  source: Source,
  { version, grouping }: { readonly version: string; readonly grouping: Grouping },
) {
  const known = await knownTimeline(source, version)
  // Of an older version, the cache may have made room for others.
  const isThere = known !== undefined && existsSync(known.store.database)
  const { store, items, lanes } = isThere ? known : await anew(open, source, version)
  return { store, items, lanes: await lanes(grouping) }
}

async function anew(open: OpenStore, source: Source, version: string): Promise<CaseTimeline> {
  const store = await open()
  if (store.key !== version) {
    throw new Problem(409, { what: 'The case has changed.', fix: 'Load the timeline again.' })
  }
  return await caseTimeline(store, source)
}
