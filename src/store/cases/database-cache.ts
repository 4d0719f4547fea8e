// Databases made of cases, kept for the next start. All of it can be made again: it may be deleted at any time.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../base/errors.ts'
import { quietly, succeeds } from '../../base/quietly.ts'

export interface CacheLimits {
  readonly databasesMax: number
  readonly bytesMax: number
}

const defaults: CacheLimits = { databasesMax: 24, bytesMax: 16 * 1024 ** 3 }
/** What a build left behind that was killed. */
const halfBuiltMs = 3_600_000
const named = /^case-[0-9a-f]{24}\.duckdb$/
const ours = /^case-[0-9a-f]{24}\./

export class DatabaseCache {
  readonly folder: string
  readonly #limits: CacheLimits

  constructor(folder: string, limits: Partial<CacheLimits> = {}) {
    this.folder = folder
    this.#limits = { ...defaults, ...limits }
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (cause) {
      throw new OperatorError('environment', {
        what: `${folder}: this folder can't be made.`,
        why: cause instanceof Error ? cause.message : String(cause),
        fix: 'Cases are turned into databases there; choose a cache folder that you may write to.',
        cause,
      })
    }
  }

  path(key: string): string {
    return join(this.folder, `case-${key}.duckdb`)
  }

  /** The database of that key, marked as used; undefined when it has to be made. */
  find(key: string): string | undefined {
    const path = this.path(key)
    if (!existsSync(path)) return undefined
    const now = new Date()
    quietly(() => utimesSync(path, now, now))
    return path
  }

  /** Where to build; `keep` gives it its name. */
  newPath(key: string): string {
    return join(this.folder, `case-${key}.${process.pid}-${randomBytes(4).toString('hex')}`)
  }

  keep(built: string, key: string): string {
    const path = this.path(key)
    renameSync(built, path)
    this.prune(path)
    return path
  }

  discard(built: string): void {
    for (const suffix of ['', '.wal', '.raw', '.raw.wal', '.jsonl', '.tmp']) {
      quietly(() => rmSync(`${built}${suffix}`, { force: true, recursive: true }))
    }
  }

  /** Removes what was used longest ago until the limits hold. One that is open on Windows stays until the next time. */
  prune(except: string): void {
    const files = this.#files()
    const now = Date.now()
    for (const { path, name, mtimeMs } of files) {
      if (!named.test(name) && now - mtimeMs > halfBuiltMs) quietly(() => rmSync(path, { recursive: true }))
    }
    const kept = files.filter(({ name }) => named.test(name)).sort((a, b) => b.mtimeMs - a.mtimeMs)
    let bytes = 0
    let count = 0
    for (const { path, size } of kept) {
      if (
        path !== except &&
        (count + 1 > this.#limits.databasesMax || bytes + size > this.#limits.bytesMax)
      ) {
        if (succeeds(() => rmSync(path))) continue
      }
      bytes += size
      count++
    }
  }

  #files() {
    return readdirSync(this.folder)
      .filter((name) => ours.test(name))
      .flatMap((name) => {
        const path = join(this.folder, name)
        const stats = quietly(() => statSync(path))
        return stats ? [{ path, name, size: stats.size, mtimeMs: stats.mtimeMs }] : []
      })
  }
}
