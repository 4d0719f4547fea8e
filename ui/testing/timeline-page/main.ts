// The timeline and nothing else, against the real server: for tests and measurements. `?by=episode` chooses the lanes.

import type {
  SeekAnswer,
  SourceList,
  TilesAnswer,
  TimelineAnswer,
  TimelineItemAnswer,
} from '../../../src/server/api.ts'
import { type TiledSource, tiledSource } from '../../timeline/tiled-source.ts'
import { createTimeline } from '../../timeline/timeline.ts'
import type { Item, Range, Timeline } from '../../timeline/types.ts'
import './page.css'

export interface Trial {
  readonly timeline: Timeline
  readonly source: TiledSource
  readonly outline: TimelineAnswer
  /** What was asked of the server for tiles. */
  readonly asked: string[]
  ended: number
  selected: Item | undefined
  /** How often something was chosen. */
  picked: number
  brush: Range | undefined
  failed: unknown
}

declare global {
  var trial: Trial | undefined
}

async function start(): Promise<void> {
  const { sources } = await get<SourceList>('/sources')
  const grouping = new URLSearchParams(location.search).get('by') ?? 'box'
  const base = `/sources/${sources[0]?.id}/timeline`
  const outline = await get<TimelineAnswer>(`${base}?grouping=${grouping}`)
  const of = `version=${outline.version}&grouping=${grouping}`
  const asked: string[] = []
  const source = tiledSource(
    outline,
    {
      async tiles({ level, column, blocks }, signal) {
        const query = `level=${level}&column=${column}&blocks=${blocks.join(',')}`
        asked.push(query)
        try {
          return (await get<TilesAnswer>(`${base}/tiles?${of}&${query}`, signal)).tiles
        } catch (error) {
          if (signal.aborted) trial.ended++
          throw error
        }
      },
      async seek(wanted) {
        const query = Object.entries(wanted).map(([name, value]) => `&${name}=${value}`)
        return (await get<SeekAnswer>(`${base}/seek?${of}${query.join('')}`)).found
      },
      async item(id) {
        return (await get<TimelineItemAnswer>(`${base}/item?${of}&id=${encodeURIComponent(id)}`)).found
      },
    },
    (error) => {
      trial.failed = error
    },
  )
  const host = document.getElementById('timeline')
  if (!host) return
  const timeline = createTimeline(host, source, {
    zone: 'utc',
    label: 'Timeline',
    fills: true,
    announces: true,
    onSelect(item) {
      trial.selected = item
      trial.picked++
      if (item && item.id !== '') void source.details(item.id)
    },
    onBrush(range) {
      trial.brush = range
    },
    describe: (item) => [item.count === undefined ? item.label : `${item.count} items`],
  })
  const trial: Trial = {
    timeline,
    source,
    outline,
    asked,
    ended: 0,
    selected: undefined,
    picked: 0,
    brush: undefined,
    failed: undefined,
  }
  globalThis.trial = trial
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`/api/v1${path}`, signal ? { signal } : {})
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

void start()
