// The processes that read for the server: one a database, started when asked, ended when they rest, only a few at once.

import { OperatorError } from '../../base/errors.ts'
import { type AskOptions, ChildError, DatabaseProcess } from './child-process.ts'
import type { RowsAsk } from './messages.ts'

const readersMax = 6
const restMs = 120_000
const lookMs = 15_000

const readers = new Map<string, DatabaseProcess>()
let looking: NodeJS.Timeout | undefined

/** One that was killed while it rested is replaced unnoticed; one that dies over this very statement is told. */
export async function askReader(database: string, ask: RowsAsk, options: AskOptions): Promise<unknown> {
  return await readerOf(database).ask(ask, options)
}

/** Ends the processes, for a server that stops. */
export function endReaders(): void {
  clearInterval(looking)
  looking = undefined
  for (const reader of readers.values()) reader.kill()
  readers.clear()
}

/** Ids of the processes that run now, by database. */
export function readerPids(): ReadonlyMap<string, number | undefined> {
  return new Map([...readers].filter(([, { gone }]) => !gone).map(([path, { pid }]) => [path, pid]))
}

function readerOf(database: string): DatabaseProcess {
  const there = readers.get(database)
  if (there && !there.gone) return there
  readers.delete(database)
  makeRoom()
  const reader = new DatabaseProcess('read', [database])
  readers.set(database, reader)
  looking ??= setInterval(endResting, lookMs)
  looking.unref()
  return reader
}

function makeRoom(): void {
  for (const [path, { gone }] of readers) if (gone) readers.delete(path)
  while (readers.size >= readersMax) {
    const resting = [...readers]
      .filter(([, { busy }]) => busy === 0)
      .sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs)[0]
    if (!resting) {
      throw new OperatorError('environment', {
        what: 'Too many cases are being read at once.',
        why: `${readersMax} may be.`,
        fix: 'Ask again in a moment.',
        cause: new ChildError('limit', 'readers'),
      })
    }
    resting[1].kill()
    readers.delete(resting[0])
  }
}

function endResting(): void {
  const now = performance.now()
  for (const [path, reader] of readers) {
    if (!reader.gone && (reader.busy > 0 || now - reader.lastUsedMs < restMs)) continue
    reader.kill()
    readers.delete(path)
  }
  if (readers.size > 0) return
  clearInterval(looking)
  looking = undefined
}
