// Tiles that were loaded, the ones used last kept; and the asking for what is missing: gathered for a moment, a few at a
// time, ended when nobody looks there any more.

import type { LoadedTile } from './tile-columns.ts'

export interface TileKey {
  readonly level: number
  readonly column: number
  readonly block: number
}

/** One request: blocks of one span. */
export interface TileAsk {
  readonly level: number
  readonly column: number
  readonly blocks: readonly number[]
}

export interface TileStoreOptions {
  readonly load: (ask: TileAsk, signal: AbortSignal) => Promise<readonly LoadedTile[]>
  readonly onLoaded: () => void
  /** Of a request that failed; it is asked again after a while as long as it is wanted. */
  readonly onFailed: (error: unknown) => void
  /** Tiles kept; a tile is 10 to 300 kB. */
  readonly tilesMax?: number
  readonly waitMs?: number
}

/** Requests under way at once, and blocks of one. */
const asksMax = 4
const blocksMax = 4
const againAfterMs = 3_000
const zoomWaitMsMax = 300

interface Running {
  readonly ask: TileAsk
  readonly keys: readonly string[]
  readonly control: AbortController
}

export class TileStore {
  readonly #options: Required<TileStoreOptions>
  readonly #tiles = new Map<string, LoadedTile>()
  readonly #running = new Set<Running>()
  readonly #failedAt = new Map<string, number>()
  #wanted: readonly TileKey[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerSince = 0
  #level = -1
  #closed = false

  constructor(options: TileStoreOptions) {
    this.#options = { tilesMax: 400, waitMs: 50, ...options }
  }

  get size(): number {
    return this.#tiles.size
  }

  get(level: number, column: number, block: number): LoadedTile | undefined {
    const key = keyOf({ level, column, block })
    const tile = this.#tiles.get(key)
    if (tile === undefined) return undefined
    this.#tiles.delete(key)
    this.#tiles.set(key, tile)
    return tile
  }

  has(key: TileKey): boolean {
    return this.#tiles.has(keyOf(key))
  }

  /** What the picture lacks, most urgent first; replaces what was wanted before. */
  want(wanted: readonly TileKey[]): void {
    this.#wanted = wanted
    const names = new Set(wanted.map(keyOf))
    for (const running of [...this.#running]) {
      if (running.keys.some((key) => names.has(key))) continue
      running.control.abort()
      this.#running.delete(running)
    }
    const level = wanted[0]?.level ?? this.#level
    const isZooming = level !== this.#level
    this.#level = level
    if (this.#timer !== undefined) {
      // Levels that are only passed through are not asked for, unless it goes on for long.
      if (!isZooming || performance.now() - this.#timerSince > zoomWaitMsMax) return
      clearTimeout(this.#timer)
    } else this.#timerSince = performance.now()
    if (this.#closed || wanted.length === 0) {
      this.#timer = undefined
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#askForMissing()
    }, this.#options.waitMs)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const { control } of this.#running) control.abort()
    this.#running.clear()
    this.#tiles.clear()
  }

  #askForMissing(): void {
    const now = performance.now()
    const underWay = new Set([...this.#running].flatMap(({ keys }) => keys))
    const missing = this.#wanted.filter((key) => {
      const name = keyOf(key)
      const failed = this.#failedAt.get(name)
      return !this.has(key) && !underWay.has(name) && (failed === undefined || now - failed > againAfterMs)
    })
    for (const ask of asksFor(missing)) {
      if (this.#running.size >= asksMax) break
      void this.#load(ask)
    }
  }

  async #load(ask: TileAsk): Promise<void> {
    const keys = ask.blocks.map((block) => keyOf({ ...ask, block }))
    const running: Running = { ask, keys, control: new AbortController() }
    this.#running.add(running)
    try {
      const tiles = await this.#options.load(ask, running.control.signal)
      if (running.control.signal.aborted) return
      for (const tile of tiles) this.#keep(tile)
      for (const key of keys) this.#failedAt.delete(key)
      this.#options.onLoaded()
    } catch (error) {
      if (running.control.signal.aborted) return
      const now = performance.now()
      if (this.#failedAt.size > this.#options.tilesMax) this.#failedAt.clear()
      for (const key of keys) this.#failedAt.set(key, now)
      setTimeout(() => this.want(this.#wanted), againAfterMs + 100)
      this.#options.onFailed(error)
    } finally {
      this.#running.delete(running)
      if (!this.#closed) this.#askForMissing()
    }
  }

  #keep(tile: LoadedTile): void {
    this.#tiles.set(keyOf(tile), tile)
    for (const oldest of this.#tiles.keys()) {
      if (this.#tiles.size <= this.#options.tilesMax) break
      this.#tiles.delete(oldest)
    }
  }
}

/** Neighbouring lanes of one span go into one request. The order of what is wanted is kept. */
export function asksFor(missing: readonly TileKey[]): readonly TileAsk[] {
  const asks: { level: number; column: number; blocks: number[] }[] = []
  for (const { level, column, block } of missing) {
    const open = asks.find(
      (ask) => ask.level === level && ask.column === column && ask.blocks.length < blocksMax,
    )
    if (open) open.blocks.push(block)
    else asks.push({ level, column, blocks: [block] })
  }
  return asks
}

function keyOf({ level, column, block }: TileKey): string {
  return `${block} ${level} ${column}`
}
