// What can be looked at, and how to get at it. Looked for anew once a second, or as soon as a run begins: live runs appear and end.

import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { quietly } from '../base/quietly.ts'
import { readRunFile } from '../store/run-file.ts'
import { caseSummary } from './case-summary.ts'
import { type Found, findBelow } from './find-sources.ts'
import { Problem } from './problem.ts'
import { RecordingCases } from './recording-cases.ts'
import type { SourceRow } from './wire/sources.ts'

const lookAgainMs = 1_000
/** While a run is just beginning: its folder comes first, what is in it a moment later. */
const newMs = 3_000
const lookSoonMs = 100
const connectMs = 500

/** A case, a recording or a live run. */
export interface Source {
  readonly id: string
  readonly kind: SourceRow['kind']
  /** As it lies on the disk. */
  readonly folder: string
  readonly title: string
  /** Where a running sandbox takes orders; undefined for anything that is not a run. */
  readonly controlSocket?: string
  /** Whether it still goes on. */
  isLive(): Promise<boolean>
  /** A folder as `investigate` writes it: the case itself, or the one made of a recording. Throws a Problem. */
  caseFolder(): Promise<string>
}

export interface SourcesOptions {
  /** Folders given by name. */
  readonly paths: readonly string[]
  /** Where `vigiles run` puts its recordings by default; need not exist. */
  readonly runs: string
  /** A folder of ours for what can be made again. */
  readonly cache: string
}

export class Sources {
  readonly #options: SourcesOptions
  readonly #recordings: RecordingCases
  #found = new Map<string, Found>()
  #added = new Map<string, Source>()
  #all: readonly Source[] | undefined
  #lookedAt = 0

  constructor(options: SourcesOptions) {
    this.#options = options
    this.#recordings = new RecordingCases(join(options.cache, 'recordings'))
  }

  /** One that is made by the server itself, such as a followed stream. */
  add(source: Source): void {
    this.#added.set(source.id, source)
    this.#all = undefined
  }

  /** Those that can be used. The same list as long as none came or went. */
  all(): readonly Source[] {
    this.#look()
    this.#all ??= [
      ...this.#added.values(),
      ...[...this.#found.values()].filter(({ problem }) => !problem).map((found) => this.#open(found)),
    ]
    return this.#all
  }

  async list(): Promise<SourceRow[]> {
    const rows = await Promise.all([...this.all().map((source) => rowOf(source)), ...this.#unusableFolders()])
    return rows.sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1))
  }

  /** Those that can't be used, each with its problem. */
  unusable(): SourceRow[] {
    const cases = this.all().filter(({ kind }) => kind === 'case')
    return [...cases.map(caseRow).filter(({ state }) => state === 'unusable'), ...this.#unusableFolders()]
  }

  #unusableFolders(): SourceRow[] {
    this.#look()
    return [...this.#found.values()].filter(({ problem }) => problem).map(unusable)
  }

  /** Throws a Problem (404) when there is none of that id, or why it can't be used (422). */
  get(id: string): Source {
    const added = this.#added.get(id)
    if (added) return added
    this.#look()
    const found = this.#found.get(id)
    if (!found) {
      throw new Problem(404, {
        what: 'There is no such case or run any more.',
        fix: 'Choose one from the list; it may have been moved or removed.',
      })
    }
    if (found.problem) throw new Problem(422, found.problem)
    return this.#open(found)
  }

  #look(): void {
    const now = Date.now()
    const begunMs = now - (quietly(() => statSync(this.#options.runs).mtimeMs) ?? 0)
    if (now - this.#lookedAt < (begunMs < newMs ? lookSoonMs : lookAgainMs)) return
    this.#lookedAt = now
    const found = new Map<string, Found>()
    for (const path of this.#options.paths) {
      if (existsSync(path)) for (const one of findBelow(path)) found.set(one.id, one)
    }
    const { runs } = this.#options
    if (existsSync(runs)) {
      const root = realpathSync(runs)
      // That there are none yet is no problem.
      for (const one of findBelow(runs)) if (!one.problem || one.folder !== root) found.set(one.id, one)
    }
    const isSame =
      found.size === this.#found.size && [...found].every(([id, one]) => this.#found.get(id) === one)
    if (isSame) return
    this.#found = found
    this.#all = undefined
  }

  #open({ id, kind, folder, title }: Found): Source {
    if (kind === 'case') {
      return { id, kind, folder, title, isLive: async () => false, caseFolder: async () => folder }
    }
    const controlSocket = join(folder, 'control.sock')
    return {
      id,
      kind,
      folder,
      title,
      controlSocket,
      isLive: () => answers(controlSocket),
      caseFolder: () => this.#recordings.folderOf(id, folder),
    }
  }
}

function unusable({ id, kind, folder, title, problem }: Found): SourceRow {
  return {
    id,
    kind,
    folder,
    title,
    state: 'unusable',
    ...(problem && { problem }),
    startedAt: null,
    endedAt: null,
  }
}

function caseRow({ id, title, folder }: Source): SourceRow {
  const { problem, startedAt, endedAt } = caseSummary(folder)
  const base = { id, kind: 'case' as const, title, folder, startedAt, endedAt }
  return problem ? { ...base, state: 'unusable', problem } : { ...base, state: 'ready' }
}

/** Of recordings that have ended, with the time at which the folder's entries changed last. */
const endedRows = new Map<string, { readonly at: number; readonly row: SourceRow }>()
const endedRowsMax = 20_000

async function rowOf(source: Source): Promise<SourceRow> {
  const { id, kind, folder, title } = source
  if (kind === 'case') return caseRow(source)
  const at = quietly(() => statSync(folder).mtimeMs) ?? 0
  const before = endedRows.get(folder)
  if (before?.at === at) return before.row
  const isLive = await source.isLive()
  const run = kind === 'recording' ? readRunFile(folder) : undefined
  const row: SourceRow = {
    id,
    kind,
    folder,
    title,
    state: isLive ? 'live' : 'ready',
    startedAt: run?.startedAt ?? changedAt(folder),
    endedAt: run?.endedAt ?? null,
  }
  if (run?.endedAt !== undefined && !isLive) {
    if (endedRows.size >= endedRowsMax) endedRows.clear()
    endedRows.set(folder, { at, row })
  }
  return row
}

function changedAt(folder: string): string | null {
  try {
    return statSync(folder).birthtime.toISOString()
  } catch {
    return null
  }
}

/** A run that was killed leaves its socket behind: only one that is listened to counts. */
function answers(path: string): Promise<boolean> {
  // A link to another program's socket is not asked.
  if (quietly(() => lstatSync(path))?.isSocket() !== true) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (live: boolean) => {
      socket.destroy()
      resolve(live)
    }
    socket.setTimeout(connectMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
