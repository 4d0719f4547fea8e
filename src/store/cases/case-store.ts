// A case as tables. The database is made of the folder's files once and kept; statements run in a process of its own.

import { OperatorError } from '../../base/errors.ts'
import { checkCaseFolder, unfinished } from './case-folder.ts'
import { ChildError, DatabaseProcess, readable } from './child-process.ts'
import { type CacheLimits, DatabaseCache } from './database-cache.ts'
import type { BuildAnswer, RowsAnswer, UnreadLines } from './messages.ts'
import { askReader } from './readers.ts'
import type { Parameter, Row } from './values.ts'

/** A million events take about a minute on two busy cores. */
const buildMs = 15 * 60_000
const rowsDefaults = { rowsMax: 10_000, timeoutMs: 20_000, textMax: 16_384 }
const bytesMax = 32 * 1024 * 1024

export interface OpenCaseOptions {
  /** What `investigate --out` has written. */
  readonly folder: string
  /** A folder of ours for databases; made when missing. */
  readonly cache: string
  readonly limits?: Partial<CacheLimits>
  /** Hears what is being made: `attributions`, `events`, `episodes`… Not called when the database is there already. */
  readonly onProgress?: (table: string) => void
}

export interface RowsOptions {
  /** More rows than this are an error: ask for a page. */
  readonly rowsMax?: number
  readonly timeoutMs?: number
  /** Longer texts are cut, which `…` shows. */
  readonly textMax?: number
  readonly signal?: AbortSignal | undefined
}

/** Holds nothing open itself: the process behind it is shared, starts with the first statement and ends when it rests. */
export interface CaseStore {
  readonly folder: string
  /** The same as long as the case's files are the same. */
  readonly key: string
  /** The DuckDB file, for `openQueryProcess`. */
  readonly database: string
  /**
   * Runs a statement of ours with bound parameters. Times are ISO 8601 in UTC, whole numbers beyond 2^53 texts.
   * Throws OperatorError when it takes too long, gives too much or its process was killed; the next call starts another.
   */
  rows(sql: string, parameters?: readonly Parameter[], options?: RowsOptions): Promise<readonly Row[]>
  /** Lines of the case's own files that are in no table, by file; empty for a whole case. */
  unread(): Promise<readonly UnreadLines[]>
}

/**
 * Opens a case, building its database when there is none for this state of the files. Throws OperatorError for a
 * folder that is no case, is being written, was cut off or is of a newer version.
 */
export async function openCaseStore(options: OpenCaseOptions): Promise<CaseStore> {
  const cache = new DatabaseCache(options.cache, options.limits)
  const { folder, key } = checkCaseFolder(options.folder)
  const found = cache.find(key)
  if (found !== undefined) return store(folder, key, found)
  const built = await once(cache.path(key), () => build(cache, options))
  return store(folder, built.key, built.database)
}

function store(folder: string, key: string, database: string): CaseStore {
  const rows: CaseStore['rows'] = async (sql, parameters = [], given = {}) => {
    const { rowsMax, timeoutMs, textMax, signal } = { ...rowsDefaults, ...given }
    const ask = { kind: 'rows' as const, sql, parameters, rowsMax, textMax, bytesMax }
    try {
      return ((await askReader(database, ask, { timeoutMs, signal })) as RowsAnswer).rows
    } catch (error) {
      throw readable(error)
    }
  }
  return {
    folder,
    key,
    database,
    rows,
    unread: async () =>
      (await rows('SELECT file, broken, cut_off, missing FROM unread')).map((row) => ({
        file: String(row.file),
        broken: Number(row.broken),
        cutOff: row.cut_off === true,
        missing: Number(row.missing),
      })),
  }
}

const building = new Map<string, Promise<{ key: string; database: string }>>()
/** One after the other: each takes a lot of memory. */
let turn: Promise<unknown> = Promise.resolve()

function once(path: string, make: () => Promise<{ key: string; database: string }>) {
  const going = building.get(path)
  if (going) return going
  const made = turn.then(make)
  turn = made.catch(() => {})
  building.set(path, made)
  const done = () => building.delete(path)
  made.then(done, done)
  return made
}

async function build(
  cache: DatabaseCache,
  { folder: given, onProgress }: OpenCaseOptions,
): Promise<{ key: string; database: string }> {
  const { folder, key, expected } = checkCaseFolder(given)
  const path = cache.newPath(key)
  const child = new DatabaseProcess('build', [])
  try {
    const ask = { kind: 'build' as const, folder, database: path, expected }
    ;(await child.ask(ask, { timeoutMs: buildMs, onPart: onProgress })) as BuildAnswer
    await child.end()
    if (checkCaseFolder(given).key !== key) throw unfinished(given, 'Its files changed while they were read.')
    return { key, database: cache.keep(path, key) }
  } catch (error) {
    await child.end()
    cache.discard(path)
    throw buildError(given, error)
  }
}

function buildError(given: string, error: unknown): unknown {
  if (!(error instanceof ChildError)) return error
  // What is wrong with the folder by now says more than what DuckDB made of it.
  checkCaseFolder(given)
  return new OperatorError('environment', {
    what: `${given}: this case could not be read.`,
    why: error.message.slice(0, 500),
    fix: /no space|disk/i.test(error.message)
      ? 'The disk of the cache folder is full: free some space.'
      : 'It may have been changed by another program. Investigate again.',
    cause: error,
  })
}
