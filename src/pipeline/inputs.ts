// From what was typed to a list of readable inputs: walks folders, names files stably, opens compression.

import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { OperatorError } from '../base/errors.ts'

/** Most files one investigation looks at; more than that is a mistyped path. */
const filesMax = 100_000

export interface InputFile {
  /** What opens it. */
  readonly absolute: string
  /** How it is named in every output: as given, or relative below the folder that was given. */
  readonly path: string
  readonly bytes: number
  readonly modifiedUs: number
}

/** What stands below a given folder and is not read, and why. */
export interface LeftOut {
  readonly path: string
  readonly note: string
}

/**
 * All regular files below `paths`, sorted by name, each once. Links are followed, a folder is entered once;
 * pipes, sockets and devices are never opened. The folder `except` is passed over. Throws OperatorError (usage) when a path does not exist or can't be read.
 */
export function findInputs(
  paths: readonly string[],
  except?: string,
): { files: InputFile[]; unreadable: LeftOut[] } {
  const files = new Map<string, InputFile>()
  const unreadable: LeftOut[] = []
  const seenFolders = new Set<string>()

  const addFile = (absolute: string, path: string, stats: Stats) => {
    if (files.size >= filesMax) {
      throw new OperatorError('usage', {
        what: `more than ${filesMax} files were given`,
        fix: 'Name the folder that holds the logs and traces, not one above it.',
      })
    }
    const real = realpathSync(absolute)
    const known = files.get(real)
    // The same file under two names is read once; which name stands must not depend on the order given.
    if (known && known.path <= path) return
    files.set(real, { absolute, path, bytes: stats.size, modifiedUs: Math.round(stats.mtimeMs * 1000) })
  }
  const walk = (absolute: string, relative: string) => {
    const real = realpathSync(absolute)
    if (seenFolders.has(real)) return
    seenFolders.add(real)
    if (except !== undefined && resolve(absolute) === resolve(except)) return
    const entries = readdirSync(absolute).sort()
    if (isCase(entries)) {
      unreadable.push({
        path: relative === '' ? absolute : relative,
        note: 'it holds the results of an investigation, not logs',
      })
      return
    }
    // Beside a recording's journal lie its own notes, evidence and control socket: no logs.
    const recording = entries.includes('journal.jsonl') && entries.includes('run.json')
    for (const entry of recording ? ['journal.jsonl'] : entries) {
      const child = join(absolute, entry)
      const path = relative === '' ? entry : `${relative}/${entry}`
      let stats: Stats
      try {
        stats = statSync(child)
        if (stats.isDirectory()) walk(child, path)
        else if (stats.isFile()) addFile(child, path, stats)
        else unreadable.push({ path, note: 'it is a pipe, socket or device, which is never opened' })
      } catch (error) {
        if (error instanceof OperatorError) throw error
        unreadable.push({ path, note: openNote(error) })
      }
    }
  }
  const walkGiven = (given: string) => {
    try {
      walk(given, '')
    } catch (error) {
      if (error instanceof OperatorError) throw error
      throw new OperatorError('usage', {
        what: `${given}: ${openNote(error)}`,
        fix: 'Make the folder readable, or run as one who may read it.',
        cause: error,
      })
    }
  }
  for (const given of [...paths].sort()) {
    let stats: Stats
    try {
      stats = statSync(given)
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') {
        throw new OperatorError('usage', {
          what: `${given}: ${openNote(cause)}`,
          fix: 'Give it to your user to read, or run as one who may.',
          cause,
        })
      }
      throw new OperatorError('usage', {
        what: `${given}: no such file or folder`,
        fix: 'Give the firewall logs and the agent traces, as files or folders: vigiles investigate LOGS TRACES --out DIR',
        cause,
      })
    }
    if (stats.isDirectory()) walkGiven(given)
    else if (stats.isFile()) addFile(given, given, stats)
    else {
      throw new OperatorError('usage', {
        what: `${given}: neither a file nor a folder`,
        fix: 'Save what it would deliver to a file and give that file.',
      })
    }
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { files: distinctNames(sorted), unreadable }
}

/** Our own output is no input: what `--out` wrote below a folder of logs stays out of the next run. */
function isCase(entries: readonly string[]): boolean {
  return ['attributions.jsonl', 'summary.json', 'toolcalls.jsonl'].every((name) => entries.includes(name))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Why something could not be opened, in words. */
export function openNote(error: unknown): string {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it'
  if (code === 'ENOENT') return 'it is a link to nothing'
  if (code === 'ELOOP') return 'it is a link to itself'
  if (code === 'EIO') return 'the disk gave an error'
  return error instanceof Error ? error.message : String(error)
}

/** Two folders may hold files of the same relative name; then the folder's name is put before. */
function distinctNames(files: InputFile[]): InputFile[] {
  const count = new Map<string, number>()
  for (const file of files) count.set(file.path, (count.get(file.path) ?? 0) + 1)
  return files.map((file) => {
    if (count.get(file.path) === 1) return file
    const parent = basename(
      join(
        file.absolute,
        '..',
        ...file.path
          .split('/')
          .slice(1)
          .map(() => '..'),
      ),
    )
    return { ...file, path: `${parent}/${file.path}` }
  })
}

const chunkBytes = 1 << 20

/** Chunks of `[from, to)` of a file, read synchronously. The buffer of a chunk is reused for the next one. */
export function* readChunks(
  absolute: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Generator<Uint8Array> {
  const fd = openSync(absolute, 'r')
  try {
    const buffer = new Uint8Array(chunkBytes)
    let at = from
    while (at < to) {
      const want = Math.min(chunkBytes, to - at)
      const got = readSync(fd, buffer, 0, want, at)
      if (got === 0) return
      at += got
      yield buffer.subarray(0, got)
    }
  } finally {
    closeSync(fd)
  }
}

/** The first bytes of a file. */
export function readStart(absolute: string, bytes: number): Uint8Array {
  const fd = openSync(absolute, 'r')
  try {
    const buffer = new Uint8Array(bytes)
    const got = readSync(fd, buffer, 0, bytes, 0)
    return buffer.subarray(0, got)
  } finally {
    closeSync(fd)
  }
}

/** SHA-256 of a file's bytes, hex. `onBytes` hears of progress. */
export function sha256Of(absolute: string, onBytes?: (bytes: number) => void): string {
  const hash = createHash('sha256')
  for (const chunk of readChunks(absolute)) {
    hash.update(chunk)
    onBytes?.(chunk.length)
  }
  return hash.digest('hex')
}
