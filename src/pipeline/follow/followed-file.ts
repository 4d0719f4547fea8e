// One file that may grow: how far it was read, by what reader, and how it is known again.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { LinesImporter } from '../../importers/api.ts'
import { openEnveloped } from '../../importers/enveloped.ts'
import { type ChunkReader, openPart } from '../../importers/read.ts'
import { FileSink, type NewRows } from './file-sink.ts'
import { peekOpenCalls } from './peek.ts'
import { type Recognised, readWhole } from './whole-file.ts'

/** Longest line; one that goes on for longer is handed on in pieces, which the importer refuses. */
const lineMax = 64 * 1024 * 1024
const readBytes = 1024 * 1024
/** Processor time spent on reading files anew is at most a quarter of all. */
const againRest = 3

/** Where a file may be read on from without what stands before. */
export interface Checkpoint {
  readonly offset: number
  readonly lines: number
  readonly events: number
}

export interface FileIdentity {
  readonly dev: number
  readonly ino: number
  /** Counts contents that one inode has held one after the other. */
  readonly generation: number
}

/**
 * How a file is read. `stream`: every line once. `session`: the same, and its end again for calls that run.
 * `whole`: from the beginning each time it changed.
 */
export type ReadMode = 'stream' | 'session' | 'whole'

export function modeOf({ importer, envelopes }: Recognised, folded: boolean): ReadMode {
  if (folded || importer.shape === 'bytes' || importer.shape === 'archive') return 'whole'
  if (importer.shape === 'json') return importer.splittable ? 'stream' : 'whole'
  const tellsOfCalls = importer.family === 'agent' || importer.id === 'vigiles-journal'
  if (!importer.splittable && tellsOfCalls) return envelopes.length > 0 ? 'whole' : 'session'
  return 'stream'
}

export class FollowedFile {
  readonly number: number
  /** Names the content, not the place: 16 hex digits. */
  readonly id: string
  readonly identity: FileIdentity
  readonly found: Recognised
  readonly mode: ReadMode
  readonly sink: FileSink
  /** Changed when the file is renamed. */
  path: string
  absolute: string
  modifiedUs: number
  offset: number
  lines: number
  size = 0
  note: string | null = null
  /** Undefined while it is not open. */
  fd: number | undefined
  /** It stands under no name any more, or its content was cut off: nothing more will come. */
  over = false
  #reader: ChunkReader | undefined
  #readSize = -1
  #readModified = -1
  #notBefore = 0

  constructor(
    number: number,
    id: string,
    identity: FileIdentity,
    found: Recognised,
    mode: ReadMode,
    place: { readonly path: string; readonly absolute: string; readonly modifiedUs: number },
    from: Checkpoint = { offset: 0, lines: 0, events: 0 },
  ) {
    this.number = number
    this.id = id
    this.identity = identity
    this.found = found
    this.mode = mode
    this.path = place.path
    this.absolute = place.absolute
    this.modifiedUs = place.modifiedUs
    this.offset = from.offset
    this.lines = from.lines
    this.sink = new FileSink(mode !== 'stream', from.events)
    this.sink.lineBase = from.lines
  }

  /** Each line stands alone: it can be read on from any line's beginning. */
  get resumable(): boolean {
    const { importer, envelopes } = this.found
    return (
      this.mode === 'stream' &&
      envelopes.length === 0 &&
      (importer.shape === 'lines' || importer.shape === 'json') &&
      importer.splittable === true
    )
  }

  open(): number {
    this.fd ??= openSync(this.absolute, 'r')
    return this.fd
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd)
    this.fd = undefined
  }

  /** Where it stands under no name any more, what is open still tells how long it is. */
  refreshOpen(): void {
    if (this.fd !== undefined) this.size = fstatSync(this.fd).size
  }

  /** Whether there is more to read than has been read. `now` in ms. */
  hasMore(now: number): boolean {
    if (this.mode !== 'whole') return this.size > this.offset
    return (this.size !== this.#readSize || this.modifiedUs !== this.#readModified) && now >= this.#notBefore
  }

  /**
   * Reads on, at most `budget` bytes. `last`: a line without an end is read too. Throws what the system throws when the
   * file can't be opened or read.
   */
  async read(budget: number, last: boolean): Promise<NewRows | undefined> {
    if (this.mode === 'whole') return this.#readAnew()
    const fd = this.open()
    this.size = fstatSync(fd).size
    const joins = this.#joins()
    let left = budget
    let grown = false
    while (left > 0 && this.offset < this.size) {
      const bytes = this.#complete(fd, Math.min(left, readBytes), last)
      if (bytes.length === 0) break
      if (joins) return this.#joinedPart(bytes)
      this.#reader ??= this.#start()
      this.#reader.chunk(bytes)
      this.#passed(bytes)
      left -= bytes.length
      grown = true
    }
    if (grown && this.mode === 'session') this.#peek(fd)
    return this.sink.take()
  }

  /** After the last byte: what the reader has kept back. */
  end(): NewRows | undefined {
    if (this.#reader) this.#reader.end()
    this.#reader = undefined
    this.close()
    return this.sink.take()
  }

  /** Rows of the file complete each other: it is read in parts that stand alone, and the parts are joined later. */
  #joins(): boolean {
    const { importer, envelopes } = this.found
    return importer.shape === 'json' && importer.join !== undefined && envelopes.length === 0
  }

  #joinedPart(bytes: Uint8Array): NewRows | undefined {
    const { importer } = this.found
    if (importer.shape !== 'json') return undefined
    const linesBefore = this.lines
    this.sink.lineBase = linesBefore
    const reader = openPart(importer, this.sink, this.#info(), this.offset === 0)
    reader.chunk(bytes)
    const rest = reader.end()
    this.#passed(bytes)
    return this.sink.take(rest, linesBefore)
  }

  #start(): ChunkReader {
    const { importer, envelopes } = this.found
    if (importer.shape === 'archive' || importer.shape === 'bytes') throw new Error('read as a whole')
    return envelopes.length > 0
      ? openEnveloped({ importer, envelopes }, this.sink, this.#info())
      : openPart(importer, this.sink, this.#info(), this.offset === 0)
  }

  #info() {
    return { path: this.path, modifiedUs: this.modifiedUs }
  }

  #passed(bytes: Uint8Array): void {
    this.offset += bytes.length
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.lines++
  }

  /** Bytes from the offset up to the end of a line; none while the line is half written. */
  #complete(fd: number, wanted: number, last: boolean): Uint8Array {
    for (let size = wanted; ; size = Math.min(size * 4, lineMax)) {
      const buffer = new Uint8Array(Math.min(size, this.size - this.offset))
      const got = readSync(fd, buffer, 0, buffer.length, this.offset)
      const bytes = buffer.subarray(0, got)
      const newline = bytes.lastIndexOf(10)
      if (newline >= 0 && !(last && this.offset + got >= this.size)) return bytes.subarray(0, newline + 1)
      const all = this.offset + got >= this.size || got < buffer.length
      if (all) return last ? bytes : newline >= 0 ? bytes.subarray(0, newline + 1) : bytes.subarray(0, 0)
      if (size >= lineMax) return bytes
    }
  }

  #peek(fd: number): void {
    const { importer } = this.found
    if (importer.shape !== 'lines') return
    const read = (from: number, to: number) => {
      const buffer = new Uint8Array(to - from)
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, from))
    }
    const source = { offset: this.offset, lines: this.lines, read }
    peekOpenCalls(importer as LinesImporter, source, this.sink, this.#info())
  }

  async #readAnew(): Promise<NewRows | undefined> {
    const began = performance.now()
    this.#readSize = this.size
    this.#readModified = this.modifiedUs
    this.note = (await readWhole(this.absolute, this.found, this.sink, this.#info())) ?? null
    this.offset = this.size
    const now = performance.now()
    this.#notBefore = now + againRest * (now - began)
    return this.sink.take()
  }
}
