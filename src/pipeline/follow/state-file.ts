// What is needed to go on after a restart, written in one move so that it is never half there.

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { count, type FileRecord, object, readRecord, text } from './records.ts'

export interface FollowState {
  readonly files: readonly FileRecord[]
  /** By file, how many of its events were answered. */
  readonly answered: ReadonlyMap<string, number>
  /** What was paged for, oldest first. */
  readonly paged: readonly string[]
}

const nothing: FollowState = { files: [], answered: new Map(), paged: [] }

/** Where a stream of these paths is kept below the state folder of Vigiles. */
export function followFolder(base: string, paths: readonly string[], listens: readonly string[]): string {
  const names = [...paths.map((path) => resolve(path)), ...listens].sort().join('\n')
  return join(base, 'follow', createHash('sha256').update(names).digest('hex').slice(0, 16))
}

/** What fingerprints of secrets are made with: the same for one stream, another for every other. */
export function streamKey(folder: string): string {
  const path = join(folder, 'key')
  try {
    const key = readFileSync(path, 'utf8')
    if (/^[0-9a-f]{64}$/.test(key)) return key
  } catch {
    // The first time.
  }
  const key = randomBytes(32).toString('hex')
  writeFileSync(path, key, { mode: 0o600 })
  return key
}

/** The state as it was left; empty where there is none. `broken` says that there was one and it can't be read. */
export function readState(folder: string): { state: FollowState; broken: boolean } {
  let written: string
  try {
    written = readFileSync(pathOf(folder), 'utf8')
  } catch {
    return { state: nothing, broken: false }
  }
  try {
    const row = object(JSON.parse(written))
    if (row?._schema !== schema) return { state: nothing, broken: true }
    const list = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [])
    return {
      state: {
        files: list(row.files).flatMap((one) => readRecord(one) ?? []),
        answered: new Map(Object.entries(object(row.answered) ?? {}).map(([id, n]) => [id, count(n)])),
        paged: list(row.paged).map(text),
      },
      broken: false,
    }
  } catch {
    return { state: nothing, broken: true }
  }
}

/** Throws what the system throws when it can't be written. */
export function writeState(folder: string, { files, answered, paged }: FollowState): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = pathOf(folder)
  const row = { _schema: schema, files, answered: Object.fromEntries(answered), paged }
  writeFileSync(`${path}.new`, JSON.stringify(row), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

const schema = 'vigiles/follow-state/v1'

function pathOf(folder: string): string {
  return join(folder, 'state.json')
}
