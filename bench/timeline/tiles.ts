// How long a tile takes on the server, and how many bytes it is: the requests that a person's panning and zooming makes.

import { gzipSync } from 'node:zlib'
import { columnOf, lanesPerBlock, levelFor } from '../../src/base/time-tiles.ts'
import type { Source } from '../../src/server/sources.ts'
import { tilesOf, timelineOf } from '../../src/server/views/timeline.ts'
import { openCaseStore } from '../../src/store/cases/case-store.ts'
import { randomFrom } from '../speed/generate.ts'

export interface TileFigures {
  readonly openS: number
  readonly firstS: number
  readonly groupingS: number
  readonly rssMb: number
  readonly ms: readonly number[]
  readonly bytes: readonly number[]
  readonly gzip: readonly number[]
  readonly slowest: string
}

export async function measureTiles(folder: string, cache: string, requests: number): Promise<TileFigures> {
  let began = performance.now()
  const store = await openCaseStore({ folder, cache })
  const openS = seconds(began)
  const source: Source = { ...fixed(folder), isLive: async () => false, caseFolder: async () => folder }
  began = performance.now()
  const outline = await timelineOf(store, source, 'box')
  const firstS = seconds(began)
  began = performance.now()
  await timelineOf(store, source, 'episode')
  const groupingS = seconds(began)
  const random = randomFrom(11)
  const span = outline.toUs - outline.fromUs
  const blocks = Math.ceil(outline.lanes.label.length / lanesPerBlock)
  const ms: number[] = []
  const bytes: number[] = []
  const gzip: number[] = []
  let slowest = ''
  for (let i = 0; i < requests; i++) {
    // From the whole down to a millisecond a view, the pinned block and one or two of the others.
    const level = levelFor((span / 600) * 2 ** -Math.floor(random() * 24))
    const column = columnOf(level, outline.fromUs + random() * span)
    const block = 1 + Math.floor(random() * (blocks - 1))
    const asked = {
      version: outline.version,
      grouping: 'box' as const,
      level,
      column,
      blocks: [0, block, block + 1],
    }
    began = performance.now()
    const text = JSON.stringify(await tilesOf(async () => store, source, asked))
    const took = performance.now() - began
    if (took > Math.max(0, ...ms)) slowest = `level ${level}, ${text.length} bytes`
    ms.push(took)
    bytes.push(text.length)
    gzip.push(gzipSync(text).length)
  }
  return { openS, firstS, groupingS, rssMb: process.memoryUsage().rss / 1e6, ms, bytes, gzip, slowest }
}

function fixed(folder: string) {
  return { id: 'bench', kind: 'case' as const, folder, title: 'bench' }
}

function seconds(began: number): number {
  return (performance.now() - began) / 1000
}
