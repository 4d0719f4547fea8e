// Reads a journal as it grows: whole lines only, a piece at a time, from where it stopped.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { quietly } from '../../base/quietly.ts'
import { journalLineBytesMax } from '../../schema/journal.ts'

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants

/** Read at once. Longer than any line. */
const pieceBytes = 256 * 1024

export interface Piece {
  /** Whole lines, without their newlines. */
  readonly lines: readonly string[]
  /** There is more to read at once. */
  readonly more: boolean
  /** Something was left out before these lines: too much had come at once, or the file was begun anew. */
  readonly gap: 'skipped' | 'replaced' | undefined
}

export interface FollowerOptions {
  /** More than this is not caught up with: what is older is left out, and counted. */
  readonly behindBytesMax: number
}

const nothing: Piece = { lines: [], more: false, gap: undefined }

export class JournalFollower {
  readonly #path: string
  readonly #behindBytesMax: number
  #inode = -1
  /** Behind the newline of the last line that was read; a half-written one is read again when it is whole. */
  #position = 0
  /** In the middle of a line that is left out. */
  #skipping = false
  #skippedBytes = 0
  #longLines = 0

  constructor(path: string, { behindBytesMax }: FollowerOptions) {
    this.#path = path
    this.#behindBytesMax = behindBytesMax
  }

  /** Bytes that were never read, because there was too much. */
  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** Lines that no journal of ours has: longer than a line may be. */
  get longLines(): number {
    return this.#longLines
  }

  get position(): number {
    return this.#position
  }

  /** What was written since, at most a piece of it. A file that is gone, is a link or can't be read gives nothing. */
  pull(): Piece {
    const state = quietly(() => lstatSync(this.#path))
    if (!state?.isFile()) return nothing
    if (state.ino === this.#inode && state.size === this.#position) return nothing
    return quietly(() => this.#read()) ?? nothing
  }

  #read(): Piece {
    // Neither a link nor a pipe that was put in its place since is waited for.
    const fd = openSync(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const state = fstatSync(fd)
      if (!state.isFile()) return nothing
      const gap = this.#place(state.ino, state.size)
      const bytes = piece()
      const count = readSync(fd, bytes, 0, pieceBytes, this.#position)
      const before = this.#position
      const lines = this.#linesOf(bytes.subarray(0, count))
      // What is left without going on is a half-written line: it is waited for.
      return { lines, more: this.#position > before && this.#position < state.size, gap }
    } finally {
      closeSync(fd)
    }
  }

  /** Where to read on in a file of this size. */
  #place(inode: number, size: number): Piece['gap'] {
    let gap: Piece['gap']
    if (inode !== this.#inode || size < this.#position) {
      if (this.#inode >= 0) gap = 'replaced'
      this.#inode = inode
      this.#position = 0
      this.#skipping = false
    }
    const from = size - this.#behindBytesMax
    if (from > this.#position) {
      this.#skippedBytes += from - this.#position
      this.#position = from
      this.#skipping = true
      gap ??= 'skipped'
    }
    return gap
  }

  #linesOf(bytes: Buffer): string[] {
    const lines: string[] = []
    let from = 0
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      if (this.#skipping) this.#skipping = false
      else if (to - from >= journalLineBytesMax) this.#longLines++
      else lines.push(bytes.toString('utf8', from, to))
      from = to + 1
    }
    const left = bytes.length - from
    if (left >= journalLineBytesMax || (this.#skipping && left > 0)) {
      if (!this.#skipping) this.#longLines++
      this.#skipping = true
      from = bytes.length
    }
    this.#position += from
    return lines
  }
}

let shared: Buffer | undefined

/** One for all: a piece is turned to lines before the next one is read. */
function piece(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(pieceBytes)
  return shared
}
