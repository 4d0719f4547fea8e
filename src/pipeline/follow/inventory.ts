// Which files there are, which of them are known under another name, which are new, and which are copies.

import { closeSync, openSync, type Stats, statSync } from 'node:fs'
import { OperatorError } from '../../base/errors.ts'
import { findInputs } from '../inputs.ts'
import type { FollowLimits, FollowProblem } from './api.ts'
import { type Candidate, idOf, inodeOf, isThere, message, placeOf } from './file-names.ts'
import {
  type Fingerprint,
  fingerprintOf,
  headOnly,
  likeness,
  likenessFolded,
  stillThere,
} from './fingerprints.ts'
import { type Checkpoint, FollowedFile, modeOf } from './followed-file.ts'
import { type Look, lookAt } from './recognise-file.ts'
import { type FileRecord, recordsMax } from './records.ts'

/** A file that no importer takes is looked at again when it has grown; it is told of once it has kept still so long. */
const stillMs = 3_000
/** A shorter copy of what is known may be a copy that is being made. */
const copyMs = 10_000

interface Unknown {
  size: number
  since: number
  told: boolean
  /** Since when it looks like a copy in the making; 0 = it does not. */
  partly: number
}

export interface InventoryOptions {
  readonly paths: readonly string[]
  /** Our own folder below a followed one is no input. */
  readonly except: string
  readonly limits: FollowLimits
  readonly records: readonly FileRecord[]
  /** Where a file of this id is to be read on. */
  readonly onFile: (file: FollowedFile) => void
  readonly onProblem: (problem: FollowProblem) => void
  readonly now: () => number
}

export class Inventory {
  readonly files = new Map<string, FollowedFile>()
  readonly #options: InventoryOptions
  readonly #byInode = new Map<string, FollowedFile>()
  readonly #prints = new Map<string, Fingerprint>()
  /** Records of files that were known and are not being followed. */
  readonly #past = new Map<string, FileRecord>()
  readonly #unknown = new Map<string, Unknown>()
  /** Inodes that hold what is read from elsewhere, by the id of that; and those that hold what has been read. */
  readonly #copies = new Map<string, string>()
  readonly #passed = new Set<string>()
  readonly #told = new Set<string>()
  #next = 0
  /** Set whenever something is to be kept in the state file at once. */
  changed = false

  constructor(options: InventoryOptions) {
    this.#options = options
    for (const record of options.records) this.#past.set(record.id, record)
  }

  /** Looks at all paths. Resolves when every file that is there is known, or known to be none of ours. */
  async scan(): Promise<void> {
    const seen = new Set<string>()
    for (const candidate of this.#candidates()) {
      const key = inodeOf(candidate.stats)
      seen.add(key)
      try {
        const known = this.#byInode.get(key)
        if (known) await this.#again(known, candidate)
        else if (!this.#isCopyStill(key)) await this.#meet(candidate)
      } catch (error) {
        this.#problem(candidate.path, `it can't be read: ${message(error)}`)
      }
    }
    for (const [key, file] of this.#byInode) {
      if (seen.has(key) || file.over) continue
      // Gone from where it was: what is left of it is read as long as it is open.
      if (file.fd === undefined) this.#retire(file)
    }
  }

  /** Looks at one known file. True when there is something to read; `last`: also what is to be read later. */
  async refresh(file: FollowedFile, last: boolean): Promise<boolean> {
    if (file.over) return false
    let stats: Stats | undefined
    try {
      stats = statSync(file.absolute)
    } catch {
      // It was moved or deleted: the next scan knows more.
    }
    if (stats && inodeOf(stats) === inodeOf(file.identity)) {
      await this.#again(file, { path: file.path, absolute: file.absolute, stats })
    } else file.refreshOpen()
    return !file.over && file.hasMore(last ? Number.POSITIVE_INFINITY : this.#options.now())
  }

  /** What has been read of a file: to be called after every reading. */
  noteRead(file: FollowedFile): void {
    if (file.mode === 'whole') {
      if (file.size === 0) return
      const fd = openSync(file.absolute, 'r')
      this.#prints.set(file.id, headOnly(fd, file.size))
      closeSync(fd)
    } else if (file.fd !== undefined && file.offset > 0) {
      // Until this is kept, the file is known by its name alone.
      if (!this.#prints.has(file.id)) this.changed = true
      this.#prints.set(file.id, fingerprintOf(file.fd, file.offset))
    }
  }

  /** No more will come of it. */
  retireIfGone(file: FollowedFile): void {
    try {
      if (inodeOf(statSync(file.absolute)) === inodeOf(file.identity)) return
    } catch {
      // Deleted.
    }
    if (file.size <= file.offset) this.#retire(file)
  }

  *records(resumeOf: (file: FollowedFile) => Checkpoint): Generator<FileRecord> {
    for (const file of this.files.values()) yield this.#record(file, resumeOf(file))
    for (const record of this.#past.values()) if (!this.files.has(record.id)) yield record
  }

  #record(file: FollowedFile, resume: Checkpoint): FileRecord {
    const { id, identity, path, absolute, lines, over } = file
    const fingerprint = this.#prints.get(id) ?? { headBytes: 0, head: '', offset: 0, tail: '' }
    return { id, ...identity, path, absolute, fingerprint, lines, events: file.sink.events, resume, over }
  }

  *#candidates(): Generator<Candidate> {
    const { paths, except, limits } = this.#options
    const there = paths.filter((path) => {
      const exists = isThere(path)
      if (!exists) this.#problem(path, 'there is no such file or folder yet; it is waited for')
      return exists
    })
    let found: ReturnType<typeof findInputs>
    try {
      found = findInputs(there, except)
    } catch (error) {
      this.#problem(paths.join(' '), error instanceof OperatorError ? error.message : message(error))
      return
    }
    for (const { path, note } of found.unreadable) this.#problem(path, note)
    for (const { path, absolute } of found.files.slice(0, limits.files)) {
      try {
        yield { path, absolute, stats: statSync(absolute) }
      } catch {
        // It vanished meanwhile.
      }
    }
    if (found.files.length > limits.files) {
      this.#problem(
        paths.join(' '),
        `${found.files.length} files; the first ${limits.files} by name are followed`,
      )
    }
  }

  /** A known inode: renamed, grown, or holding another content. */
  async #again(file: FollowedFile, { path, absolute, stats }: Candidate): Promise<void> {
    if (file.path !== path) {
      file.path = path
      file.absolute = absolute
      this.changed = true
    }
    const touched = Math.round(stats.mtimeMs * 1000) !== file.modifiedUs || stats.size !== file.size
    file.size = stats.size
    file.modifiedUs = Math.round(stats.mtimeMs * 1000)
    if (!touched || file.mode === 'whole') return
    const print = this.#prints.get(file.id)
    const same = stats.size >= file.offset && (!print || stillThere(file.open(), print))
    if (!same) await this.#cutOff(file, { path, absolute, stats })
  }

  /** Its content was cut off or exchanged: what it held may go on in a copy, what it holds now is another file. */
  async #cutOff(file: FollowedFile, candidate: Candidate): Promise<void> {
    this.#byInode.delete(inodeOf(candidate.stats))
    this.#unknown.delete(inodeOf(candidate.stats))
    this.#retire(file)
    // Its own print is older than what stands there now and must not be found in it.
    await this.#meet(candidate)
  }

  #retire(file: FollowedFile): void {
    file.over = true
    file.close()
    this.changed = true
  }

  #isCopyStill(key: string): boolean {
    if (this.#passed.has(key)) return true
    const id = this.#copies.get(key)
    return id !== undefined && this.files.get(id)?.over !== true
  }

  async #meet(candidate: Candidate): Promise<void> {
    const { path, absolute, stats } = candidate
    if (stats.size === 0 || !this.#isDue(candidate)) return
    const like = this.#likeOf(candidate)
    if (like === 'wait') return
    const look = await lookAt(absolute, path)
    if (like) {
      this.#goOn(like, candidate, look)
      return
    }
    if (look.folded && (await this.#wasRead(candidate))) return
    if (!look.found) {
      const about = this.#unknown.get(inodeOf(stats))
      if (about && !about.told && this.#options.now() - about.since > stillMs) {
        about.told = true
        this.#problem(path, look.note)
      }
      return
    }
    const identity = { dev: stats.dev, ino: stats.ino, generation: this.#generation(stats) }
    const mode = modeOf(look.found, look.folded)
    this.#add(
      new FollowedFile(
        this.#next++,
        idOf(identity, absolute),
        identity,
        look.found,
        mode,
        placeOf(candidate),
      ),
      candidate,
    )
  }

  #isDue({ stats }: Candidate): boolean {
    const key = inodeOf(stats)
    const now = this.#options.now()
    const known = this.#unknown.get(key)
    if (!known || known.size !== stats.size) {
      if (this.#unknown.size > this.#options.limits.files) this.#unknown.clear()
      this.#unknown.set(key, { size: stats.size, since: now, told: false, partly: 0 })
      return true
    }
    return known.partly > 0 || (!known.told && now - known.since > stillMs)
  }

  /** A content that is known: read before a restart, or from a file that has since been moved by copying. */
  #likeOf({ stats, path, absolute }: Candidate): FileRecord | 'wait' | undefined {
    const isOwn = (record: FileRecord) => record.dev === stats.dev && record.ino === stats.ino
    const records = [...this.#allRecords()].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
    let partly = false
    const fd = openSync(absolute, 'r')
    try {
      for (const record of records) {
        // Of those that are read as a whole only the beginning is known: the place has to be the same too.
        if (record.fingerprint.offset === 0 && !isOwn(record) && record.path !== path) continue
        // Seen and never read, as far as was kept: its name says what it began with.
        const named = record.fingerprint.headBytes === 0 && isOwn(record) && !record.over
        if (named && idOf(record, absolute) === record.id) return record
        const like = likeness(fd, stats.size, record.fingerprint)
        if (like === 'yes') return record
        if (like === 'begins' && !isOwn(record)) partly = true
      }
    } finally {
      closeSync(fd)
    }
    const about = this.#unknown.get(inodeOf(stats))
    if (!partly || !about) return undefined
    about.partly ||= this.#options.now()
    return this.#options.now() - about.partly < copyMs ? 'wait' : undefined
  }

  *#allRecords(): Generator<FileRecord> {
    for (const file of this.files.values()) yield this.#record(file, { offset: 0, lines: 0, events: 0 })
    for (const record of this.#past.values()) if (!this.files.has(record.id)) yield record
  }

  #goOn(record: FileRecord, candidate: Candidate, look: Look): void {
    const key = inodeOf(candidate.stats)
    const live = this.files.get(record.id)
    if (live && !live.over && live.mode !== 'whole') {
      // The original is still there: should it be cut off, its end may stand here.
      this.#copies.set(key, record.id)
      return
    }
    this.changed = true
    this.#copies.delete(key)
    if (live) {
      live.over = false
      live.path = candidate.path
      live.absolute = candidate.absolute
      live.size = candidate.stats.size
      live.modifiedUs = placeOf(candidate).modifiedUs
      for (const [inode, file] of this.#byInode) if (file === live) this.#byInode.delete(inode)
      this.#byInode.set(key, live)
      return
    }
    if (!look.found) return
    // After a restart: the same file under the same id, read on from where the window began.
    const { dev, ino } = candidate.stats
    const make = (from?: Checkpoint) =>
      new FollowedFile(
        this.#next,
        record.id,
        { dev, ino, generation: record.generation },
        look.found!,
        modeOf(look.found!, look.folded),
        placeOf(candidate),
        from,
      )
    const fresh = make()
    this.#prints.set(record.id, record.fingerprint)
    this.#add(fresh.resumable ? make(record.resume) : fresh, candidate)
    this.#next++
  }

  /** A compressed file of what was read while it was not: passed over. */
  async #wasRead(candidate: Candidate): Promise<boolean> {
    const known = [...this.#allRecords()].filter(({ fingerprint }) => fingerprint.offset > 0)
    if (known.length === 0) return false
    const prints = known.map(({ fingerprint }) => fingerprint)
    const { match, bytes } = await likenessFolded(candidate.absolute, prints)
    const record = known[match]
    // What goes on further holds something that was never read.
    if (!record || bytes > record.fingerprint.offset) return false
    this.#passed.add(inodeOf(candidate.stats))
    return true
  }

  #generation(stats: Stats): number {
    let generation = 0
    for (const record of this.#allRecords()) {
      if (record.dev === stats.dev && record.ino === stats.ino)
        generation = Math.max(generation, record.generation + 1)
    }
    return generation
  }

  #add(file: FollowedFile, candidate: Candidate): void {
    file.size = candidate.stats.size
    this.files.set(file.id, file)
    this.#byInode.set(inodeOf(candidate.stats), file)
    this.#unknown.delete(inodeOf(candidate.stats))
    this.changed = true
    while (this.#past.size > recordsMax) {
      const [oldest] = this.#past.keys()
      this.#past.delete(oldest!)
    }
    this.#options.onFile(file)
  }

  #problem(where: string, what: string): void {
    const key = `${where} ${what}`
    if (this.#told.has(key)) return
    if (this.#told.size > this.#options.limits.files) this.#told.clear()
    this.#told.add(key)
    this.#options.onProblem({ where, what })
  }
}
