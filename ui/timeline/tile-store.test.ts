import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketUs, columnOf, levelFor, tileUs } from '../../src/base/time-tiles.ts'
import type { Tile } from '../../src/server/api.ts'
import { belongsTo } from './draw-items.ts'
import type { Part } from './source.ts'
import { type LoadedTile, loadTile } from './tile-columns.ts'
import { asksFor, type TileAsk, TileStore } from './tile-store.ts'
import { pictureOf } from './tiled-source.ts'

/** A tile with rows that begin at these times (µs), of a length each, and cells that count `counted` in its first bucket. */
function tile(
  block: number,
  level: number,
  column: number,
  rows: readonly number[],
  counted = 0,
): LoadedTile {
  let before = column * tileUs(level)
  const from = rows.map((us) => {
    const step = us - before
    before = us
    return step
  })
  const wire: Tile = {
    block,
    count: rows.length + counted,
    rows: {
      item: rows.map((us) => us),
      lane: rows.map(() => 0),
      row: rows.map(() => 0),
      from,
      length: rows.map(() => 10),
      tone: rows.map(() => 0),
      label: rows.map((us) => `at ${us}`),
      guests: 0,
    },
    cells:
      counted === 0
        ? { lane: [], bucket: [], tone: [], count: [], severity: [], p: [] }
        : { lane: [0], bucket: [0], tone: [4], count: [counted], severity: [5], p: [900] },
    links: { row: [], p: [], item: [], lane: [], callRow: [], from: [], length: [], tone: [] },
  }
  return loadTile(wire, level, column, () => 0)
}

/** A server that never runs dry: what is asked of it is kept, and answered when told to. */
function server(make: (ask: TileAsk) => readonly LoadedTile[]) {
  const asked: { ask: TileAsk; signal: AbortSignal; answer: () => void; fail: () => void }[] = []
  const failures: unknown[] = []
  let loaded = 0
  const store = new TileStore({
    waitMs: 0,
    tilesMax: 20,
    load: (ask, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ ask, signal, answer: () => resolve(make(ask)), fail: () => reject(new Error('no')) })
      }),
    onLoaded: () => {
      loaded++
    },
    onFailed: (error) => failures.push(error),
  })
  const turn = () => new Promise((done) => setTimeout(done, 5))
  return { store, asked, failures, turn, loaded: () => loaded }
}

const empty = (ask: TileAsk) => ask.blocks.map((block) => tile(block, ask.level, ask.column, []))

describe('tiles of a page', () => {
  it('are asked for once, a few lanes at a time, in the order they are wanted', async () => {
    const { store, asked, turn } = server(empty)
    const wanted = [0, 1, 2, 3, 4, 5].map((block) => ({ level: 10, column: 7, block }))
    store.want(wanted)
    store.want(wanted)
    await turn()
    store.want(wanted)
    await turn()
    expect(asked.map(({ ask }) => ask.blocks)).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ])
    for (const { answer } of asked) answer()
    await turn()
    store.want(wanted)
    await turn()
    expect(asked).toHaveLength(2)
    store.close()
  })

  it('are no longer asked for when nobody looks there any more', async () => {
    const { store, asked, turn } = server(empty)
    store.want([{ level: 10, column: 1, block: 0 }])
    await turn()
    store.want([{ level: 12, column: 1, block: 0 }])
    await turn()
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false])
    // What was given up and comes all the same is not taken in.
    asked[0]!.answer()
    await turn()
    expect(store.size).toBe(0)
    store.close()
    expect(asked[1]!.signal.aborted).toBe(true)
  })

  it('are bounded: those used last stay', async () => {
    const { store, asked, turn } = server(empty)
    for (let column = 0; column < 50; column++) {
      store.want([{ level: 10, column, block: 0 }])
      await turn()
      asked.at(-1)!.answer()
      await turn()
      store.get(10, 0, 0)
    }
    expect(store.size).toBe(20)
    expect(store.get(10, 0, 0)).toBeDefined()
    expect(store.get(10, 1, 0)).toBeUndefined()
    store.close()
  })

  it('that failed are told of and not asked for again at once', async () => {
    const { store, asked, failures, turn } = server(empty)
    const wanted = [{ level: 10, column: 1, block: 0 }]
    store.want(wanted)
    await turn()
    asked[0]!.fail()
    await turn()
    store.want(wanted)
    await turn()
    expect([asked.length, failures.length]).toEqual([1, 1])
    store.close()
  })

  it('of one span go into one request, whatever their order', () => {
    const keys = fc.array(fc.record({ level: fc.nat(3), column: fc.nat(3), block: fc.nat(40) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(keys, (list) => {
        const asks = asksFor(list)
        expect(asks.every(({ blocks }) => blocks.length > 0 && blocks.length <= 4)).toBe(true)
        const flat = asks.flatMap(({ level, column, blocks }) =>
          blocks.map((block) => ({ level, column, block })),
        )
        const text = (key: object) => JSON.stringify(key)
        expect(flat.map(text).sort()).toEqual(list.map(text).sort())
      }),
    )
  })
})

describe('the picture', () => {
  const usPerPixel = 4
  const level = levelFor(usPerPixel * 2)
  const width = tileUs(level)
  const bounds = { fromUs: 0, toUs: 64 * width }
  const window = (from: number, to: number) => ({
    fromUs: from * width,
    toUs: to * width,
    usPerPixel,
    lanes: [0],
  })

  async function filled(tiles: readonly LoadedTile[]) {
    const { store, asked, turn } = server((ask) =>
      tiles.filter((one) => one.level === ask.level && one.column === ask.column),
    )
    for (const { level: at, column, block } of tiles) {
      store.want([{ level: at, column, block }])
      await turn()
      asked.at(-1)!.answer()
      await turn()
    }
    asked.length = 0
    return { store, asked, turn }
  }

  /** Times of what would be painted. */
  function painted(parts: readonly Part[]): number[] {
    return parts.flatMap((part) =>
      Array.from({ length: part.end - part.start }, (_, i) => part.start + i)
        .filter((i) => belongsTo(part, i))
        .map((i) => part.columns.fromUs[i]!),
    )
  }

  it('needs nothing finer where a coarser tile holds every item', async () => {
    const us = [3 * width + 5, 4 * width, 5 * width - 1]
    const { store, asked, turn } = await filled([tile(0, level + 3, 0, us)])
    const picture = pictureOf(store, window(3.2, 4.9), bounds, 32)
    expect(picture.waiting).toBe(false)
    expect(painted(picture.parts)).toEqual(us)
    await turn()
    expect(asked.filter(({ ask }) => ask.level === level)).toEqual([])
    store.close()
  })

  it('shows the coarser counts until the finer tiles have come, then these and nothing twice', async () => {
    const coarse = tile(0, level + 1, 1, [], 9)
    const { store } = await filled([coarse])
    const before = pictureOf(store, window(2.1, 3.9), bounds, 32)
    expect(before.waiting).toBe(true)
    expect(
      before.parts.filter(({ columns }) => columns.cells).map(({ fromUs, toUs }) => [fromUs, toUs]),
    ).toEqual([[2 * width, 4 * width]])
    const fine = await filled([coarse, tile(0, level, 2, [2 * width + 8]), tile(0, level, 3, [3 * width])])
    const after = pictureOf(fine.store, window(2.1, 3.9), bounds, 32)
    expect(after.waiting).toBe(false)
    expect(painted(after.parts)).toEqual([2 * width + 8, 3 * width])
    store.close()
    fine.store.close()
  })

  it('paints each item of any tiles once, wherever one looks', async () => {
    const items = Array.from({ length: 40 }, (_, i) => i * (width / 5) + (i % 3))
    const tiles = Array.from({ length: 8 }, (_, column) =>
      tile(
        0,
        level,
        column,
        items.filter((us) => columnOf(level, us) === column),
      ),
    )
    const { store } = await filled(tiles)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 6, noNaN: true }), (from) => {
        const { parts } = pictureOf(store, window(from, from + 1.9), bounds, 32)
        const found = painted(parts)
        expect(new Set(found).size).toBe(found.length)
        const inside = items.filter((us) => us >= from * width && us <= (from + 1.9) * width)
        expect(found).toEqual(expect.arrayContaining(inside))
      }),
    )
    store.close()
  })

  it('asks ahead: on both sides and wider, but for nothing outside the case', async () => {
    const tiles = [tile(0, level, 0, [], 1), tile(0, level, 1, [], 1)]
    const { store, asked, turn } = await filled(tiles)
    pictureOf(store, window(0.1, 1.5), bounds, 32)
    await turn()
    expect(asked.map(({ ask }) => [ask.level, ask.column])).toEqual([
      [level, 2],
      [level + 3, 0],
    ])
    store.close()
  })
})

describe('levels', () => {
  it('have buckets at least as wide as asked, less than twice, and tiles that meet', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e12, noNaN: true }),
        fc.integer({ min: -1e15, max: 2e15 }),
        (us, at) => {
          const level = levelFor(us)
          expect(bucketUs(level)).toBeGreaterThanOrEqual(us)
          expect(bucketUs(level)).toBeLessThan(us * 2)
          const column = columnOf(level, at)
          expect(at).toBeGreaterThanOrEqual(column * tileUs(level))
          expect(at).toBeLessThan((column + 1) * tileUs(level))
        },
      ),
    )
  })
})
