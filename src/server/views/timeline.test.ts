import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateCase } from '../../../bench/timeline/generate-case.ts'
import { connectionLine } from '../../../test/journal-kit.ts'
import { bucketsPerTile, bucketUs, columnOf, lanesPerBlock, tileUs } from '../../base/time-tiles.ts'
import { investigate } from '../../pipeline/investigate.ts'
import { quietProgress } from '../../pipeline/progress.ts'
import { type CaseStore, openCaseStore } from '../../store/cases/case-store.ts'
import { endReaders } from '../../store/cases/readers.ts'
import { openJournal } from '../../store/journal.ts'
import type { Source } from '../sources.ts'
import {
  groupings,
  itemAnswer,
  seekAnswer,
  type Tile,
  type TimelineAnswer,
  tilesAnswer,
  timelineAnswer,
} from '../wire/timeline.ts'
import { oneItem, soughtItem, tilesOf, timelineOf } from './timeline.ts'

const evil = '</script><img src=x onerror=pwned()>\u202e__proto__'
const sizes = { calls: 4_000, events: 40_000, boxes: 50, seed: 3, evil }
const shapesOf = { call: 0, process: 0, incident: 0, alarm: 2, finding: 2 } as Readonly<
  Record<string, number>
>

let root = ''
let store: CaseStore
let source: Source
let grave: readonly string[] = []
const outline = new Map<string, TimelineAnswer>()

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'vigiles-timeline-'))
  const folder = join(root, 'case')
  grave = generateCase(folder, sizes)
  store = await openCaseStore({ folder, cache: join(root, 'cache') })
  source = {
    id: 'x',
    kind: 'case',
    folder,
    title: 'x',
    isLive: async () => false,
    caseFolder: async () => folder,
  }
  for (const by of groupings) outline.set(by, await timelineOf(store, source, by))
}, 120_000)
afterAll(() => {
  endReaders()
  rmSync(root, { recursive: true, force: true })
})

const opened = (one: CaseStore) => async () => one

/** Every tile of a level, with where it lies. */
async function tilesAt(by: 'box' | 'episode' | 'step' | 'tool', level: number) {
  const { version, fromUs, toUs, lanes } = outline.get(by)!
  const blocks = Array.from({ length: Math.ceil(lanes.label.length / lanesPerBlock) }, (_, i) => i)
  const found: { column: number; tile: Tile }[] = []
  for (let column = columnOf(level, fromUs); column <= columnOf(level, toUs); column++) {
    for (let at = 0; at < blocks.length; at += 20) {
      const asked = { version, grouping: by, level, column, blocks: blocks.slice(at, at + 20) }
      for (const tile of (await tilesOf(opened(store), source, asked)).tiles) found.push({ column, tile })
    }
  }
  return found
}

/** Numbers of the rows and their times, guests left out. */
function ownRows(
  column: number,
  level: number,
  { rows, block }: Tile,
): { item: number; us: number; lane: number }[] {
  let us = column * tileUs(level)
  return rows.item.flatMap((item, i) => {
    us += rows.from[i]!
    return i < rows.guests ? [] : [{ item, us, lane: block * lanesPerBlock + rows.lane[i]! }]
  })
}

describe('the outline', () => {
  it('has lanes for what there is and for nothing else', () => {
    const { lanes, counts } = outline.get('box')!
    expect(counts).toEqual({
      call: 4_000,
      incident: 1,
      finding: counts.finding,
      alarm: counts.alarm,
      connection: counts.connection,
      dns: counts.dns,
    })
    expect(counts.alarm! + counts.connection! + counts.dns!).toBe(40_000)
    expect(Math.min(...lanes.items)).toBeGreaterThan(0)
    expect(new Set(lanes.kind)).toEqual(
      new Set(['incident', 'finding', 'alarm', 'call', 'connection', 'dns']),
    )
    expect(lanes.group.slice(0, 5)).toEqual([-1, -1, -1, -1, -1])
  })

  it('names each group once, accused ones first', () => {
    for (const by of groupings) {
      const { lanes } = timelineAnswer.parse(outline.get(by))
      const heads = lanes.label.filter(
        (_, i) => lanes.group[i]! >= 0 && lanes.group[i] !== lanes.group[i - 1],
      )
      expect(new Set(heads).size).toBe(heads.length)
      if (by === 'box') {
        const notes = lanes.note.filter((_, i) => lanes.kind[i] === 'call')
        const first = notes.findLastIndex((note) => note.includes('accused'))
        expect(notes.slice(0, first + 1).every((note) => note.includes('accused'))).toBe(true)
      }
    }
  })

  it('counts everything in its density', () => {
    const { density } = outline.get('box')!
    expect(density.calls.reduce((a, b) => a + b)).toBe(4_000)
    expect(density.grave.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(grave.length / 3)
  })
})

describe('tiles', () => {
  it('add up to everything, whatever the level and the grouping: nothing lost, nothing twice', async () => {
    for (const by of groupings) {
      const { lanes } = outline.get(by)!
      const total = lanes.items.reduce((a, b) => a + b)
      for (const level of by === 'box' ? [16, 18, 21, 24] : [20]) {
        const perLane = new Array<number>(lanes.items.length).fill(0)
        const rows = new Set<number>()
        let sum = 0
        for (const { column, tile } of await tilesAt(by, level)) {
          const base = tile.block * lanesPerBlock
          for (const { item, us } of ownRows(column, level, tile)) {
            expect(rows.has(item)).toBe(false)
            rows.add(item)
            expect(columnOf(level, us)).toBe(column)
          }
          for (let i = tile.rows.guests; i < tile.rows.item.length; i++) perLane[base + tile.rows.lane[i]!]!++
          for (const [i, count] of tile.cells.count.entries()) perLane[base + tile.cells.lane[i]!]! += count
          sum += tile.count
        }
        expect(sum).toBe(total)
        expect(perLane).toEqual(lanes.items)
      }
    }
  })

  it('count in each bucket what the database counts there', async () => {
    const level = 24
    const found = await tilesAt('tool', level)
    const perBucket = new Map<number, number>()
    let inCells = 0
    for (const { column, tile } of found) {
      const { lanes } = outline.get('tool')!
      for (const [i, count] of tile.cells.count.entries()) {
        if (lanes.kind[tile.block * lanesPerBlock + tile.cells.lane[i]!] !== 'alarm') continue
        const us = column * tileUs(level) + tile.cells.bucket[i]! * bucketUs(level)
        perBucket.set(us, (perBucket.get(us) ?? 0) + count)
        inCells += count
      }
      for (const { lane, us } of ownRows(column, level, tile)) {
        if (lanes.kind[lane] !== 'alarm') continue
        const bucket = Math.floor(us / bucketUs(level)) * bucketUs(level)
        perBucket.set(bucket, (perBucket.get(bucket) ?? 0) + 1)
      }
      expect(tile.cells.bucket.every((bucket) => bucket >= 0 && bucket < bucketsPerTile)).toBe(true)
    }
    const rows = await store.rows(
      `SELECT epoch_us(time) // ${bucketUs(level)} AS bucket, count(*) AS n FROM events
       WHERE rule IS NOT NULL OR severity IS NOT NULL GROUP BY 1`,
    )
    const counted = new Map(rows.map(({ bucket, n }) => [Number(bucket) * bucketUs(level), Number(n)]))
    expect(perBucket).toEqual(counted)
    expect(inCells).toBeGreaterThan(100)
  })

  it('tell worst severity and every tone of a bucket apart', async () => {
    const tones = new Set<number>()
    let severe = 0
    const rowTones = new Set<number>()
    for (const { tile } of await tilesAt('tool', 26)) {
      for (const tone of tile.rows.tone) rowTones.add(tone)
      for (const [i, tone] of tile.cells.tone.entries()) {
        tones.add(tone)
        if (tile.cells.severity[i] === 5) severe++
        if (tile.cells.severity[i]! > 2) expect(tone).toBe(4)
      }
    }
    expect(new Set([...tones, ...rowTones]).size).toBe(5)
    expect(tones.size).toBeGreaterThan(2)
    expect(severe).toBeGreaterThan(0)
  })

  it('bring in the bars that reach into them from before', async () => {
    const { version } = outline.get('box')!
    const [long] = await store.rows(
      `SELECT uid, epoch_us(start_time) AS from_us, epoch_us(end_time) AS to_us FROM calls
       ORDER BY end_time - start_time DESC LIMIT 1`,
    )
    const { found } = itemAnswer.parse(
      await oneItem(opened(store), source, { version, grouping: 'box', id: String(long?.uid) }),
    )
    const level = 14
    const middle = (Number(long?.from_us) + Number(long?.to_us)) / 2
    const block = Math.floor(found!.item.lane / lanesPerBlock)
    const [tile] = (
      await tilesOf(opened(store), source, {
        version,
        grouping: 'box',
        level,
        column: columnOf(level, middle),
        blocks: [block],
      })
    ).tiles
    expect(tile!.rows.item.slice(0, tile!.rows.guests)).toContain(found!.item.item)
  })

  it('link rows to the calls that caused them', async () => {
    const { version, fromUs, toUs, lanes } = outline.get('box')!
    const level = 13
    const asked = { version, grouping: 'box' as const, level, column: columnOf(level, (fromUs + toUs) / 2) }
    const { tiles } = await tilesOf(opened(store), source, { ...asked, blocks: [0, 1] })
    const links = tiles.flatMap(({ links: { item, lane, p } }) =>
      item.map((call, i) => ({ call, lane: lane[i]!, p: p[i]! })),
    )
    expect(links.length).toBeGreaterThan(3)
    for (const { lane, p } of links) {
      expect(lanes.kind[lane]).toBe('call')
      expect(p).toBeGreaterThanOrEqual(50)
    }
  })

  it('say nothing that their schema does not know, and refuse another version', async () => {
    const { version, fromUs } = outline.get('box')!
    const asked = { grouping: 'box' as const, level: 20, column: columnOf(20, fromUs), blocks: [0, 1, 9_999] }
    const answer = await tilesOf(opened(store), source, { ...asked, version })
    expect(tilesAnswer.parse(answer)).toEqual(answer)
    expect(answer.tiles[2]!.count).toBe(0)
    await expect(tilesOf(opened(store), source, { ...asked, version: 'other' })).rejects.toThrow(
      'has changed',
    )
    // What a page shows stays in reach while the case is read anew, but not by the address of another source.
    const moved: CaseStore = { ...store, key: 'newer' }
    expect((await tilesOf(opened(moved), source, { ...asked, version })).tiles).toEqual(answer.tiles)
    await expect(tilesOf(opened(moved), { ...source, id: 'y' }, { ...asked, version })).rejects.toThrow(
      'has changed',
    )
  })
})

describe('steps', () => {
  const next = async (wanted: { lane?: number; item?: number; us?: number; direction: number }) =>
    seekAnswer.parse(
      await soughtItem(opened(store), source, {
        version: outline.get('box')!.version,
        grouping: 'box',
        ...wanted,
      }),
    ).found ?? undefined

  it('go through all alarms once and come round', async () => {
    const { lanes } = outline.get('box')!
    const alarms = lanes.items.reduce((sum, n, i) => (lanes.kind[i] === 'alarm' ? sum + n : sum), 0)
    const seen = new Set<number>()
    let at = await next({ direction: 1 })
    const first = at?.item
    let before = Number.NEGATIVE_INFINITY
    while (at && !seen.has(at.item)) {
      expect(at.from).toBeGreaterThanOrEqual(before)
      before = at.from
      seen.add(at.item)
      at = await next({ item: at.item, direction: 1 })
    }
    expect(seen.size).toBe(alarms)
    expect(at?.item).toBe(first)
  }, 120_000)

  it('go along a lane and back, and end there', async () => {
    const lane = outline.get('box')!.lanes.kind.indexOf('call')
    const first = await next({ lane, direction: 1 })
    const second = await next({ lane, item: first!.item, direction: 1 })
    expect(second!.from).toBeGreaterThanOrEqual(first!.from)
    expect((await next({ lane, item: second!.item, direction: -1 }))!.item).toBe(first!.item)
    expect(await next({ lane, item: first!.item, direction: -1 })).toBeUndefined()
    expect((await next({ lane, us: second!.from, direction: 1 }))!.item).toBe(second!.item)
    expect(await next({ lane: 99_999, direction: 1 })).toBeUndefined()
  })
})

describe('one item', () => {
  const get = (id: string) =>
    oneItem(opened(store), source, { version: outline.get('box')!.version, grouping: 'box', id })

  it('is found by number and by uid, with its links both ways', async () => {
    const { found } = itemAnswer.parse(await get(grave[0]!))
    expect(found!.kind).toBe('alarm')
    const cause = found!.links.find(({ isCause }) => isCause)!
    const call = (await get(cause.uid)).found!
    expect({ ...call.item, label: '' }).toEqual({ ...cause.item, label: '' })
    expect(call.item.label).toContain(cause.item.label.slice(0, -1))
    expect(call.links.some(({ uid, isCause }) => uid === grave[0] && !isCause)).toBe(true)
    expect((await get(`#${found!.item.item}`)).found!.uid).toBe(grave[0])
    const finding = (await get('f0')).found!
    expect([finding.kind, finding.links.map(({ uid }) => uid)]).toEqual(['finding', [cause.uid, grave[0]]])
    expect((await get('i0')).found!.links.length).toBeGreaterThan(10)
    expect((await get('i0')).found!.item.length).toBeGreaterThan(0)
  })

  it('is not there for what is no item', async () => {
    for (const id of ['#999999999', 'nobody', '__proto__', "' OR 1=1 --"])
      expect((await get(id)).found).toBeNull()
  })

  it('has the shape and the label of its kind', async () => {
    for (const id of ['#0', grave[3]!, 'f1', 'i0']) {
      const { found } = await get(id)
      expect(found!.item.shape).toBe(shapesOf[found!.kind])
      expect(found!.item.label.length).toBeGreaterThan(0)
      expect(found!.item.label.length).toBeLessThanOrEqual(300)
    }
  })
})

describe('a recording', () => {
  it('brings its processes, from launch to exit, and what was done, in lanes of their own', async () => {
    const folder = join(root, 'recording')
    const journal = openJournal({ dir: folder })
    const actor = { toolCall: 'call_1', unit: 'exec-1', tier: 'identity' as const }
    const inBox = { box: 'run-1' }
    const call = { class: 'execute_tool' as const, ...inBox, toolCall: 'call_1', name: 'bash' }
    const shell = { pid: 7, name: 'sh', cmdLine: `sh -c 'curl' ${evil}` }
    const launch = { class: 'process_activity' as const, ...inBox, actor, activity: 'launch' as const }
    for (const line of [
      {
        ...call,
        activity: 'start' as const,
        command: 'sh -c curl',
        source: 'exec',
        tier: 'identity' as const,
      },
      { ...launch, process: shell },
      { ...launch, process: { pid: 8, name: 'curl' } },
      connectionLine(),
      { ...launch, activity: 'exit' as const, process: { pid: 8 }, exitCode: 6 },
      {
        class: 'api_activity' as const,
        ...inBox,
        operation: 'freeze',
        by: { uid: 0, via: 'control.sock' },
        ok: false,
      },
      { ...call, activity: 'end' as const, source: 'exec', tier: 'identity' as const },
    ]) {
      journal.append(line)
    }
    await journal.seal()
    const out = join(root, 'recorded-case')
    await investigate({
      paths: [folder],
      out,
      zones: [],
      controls: [],
      threads: 1,
      progress: quietProgress,
    })
    const mine = await openCaseStore({ folder: out, cache: join(root, 'cache') })
    const run: Source = { ...source, kind: 'recording', folder }
    const { version, counts, lanes } = timelineAnswer.parse(await timelineOf(mine, run, 'box'))
    expect(counts).toMatchObject({ call: 1, process: 2, response: 1, connection: 1 })
    const asked = { version, grouping: 'box' as const }
    const lane = lanes.kind.indexOf('process')
    const first = (await soughtItem(opened(mine), run, { ...asked, lane, direction: 1 })).found!
    const second = (await soughtItem(opened(mine), run, { ...asked, lane, item: first.item, direction: 1 }))
      .found!
    // One that never ended goes on to the end of the recording.
    expect(first.from + first.length).toBeGreaterThan(second.from + second.length)
    const { found } = await oneItem(opened(mine), run, { ...asked, id: `#${second.item}` })
    expect(found!.facts).toContainEqual({ label: 'Exit code', value: '6' })
    expect(found!.links.map(({ item, isCause }) => [lanes.kind[item.lane], isCause])).toEqual([
      ['call', true],
    ])
    const [response] = (
      await tilesOf(opened(mine), run, { ...asked, level: 30, column: columnOf(30, first.from), blocks: [0] })
    ).tiles
    expect(response!.rows.label).toContain('freeze: failed')
  }, 120_000)
})
