// run.json of a recording: what the run came to. Replaced whole, so that a reader sees the old one or the new one.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import type { RunFile } from '../schema/journal.ts'
import { recordingPaths, syncFolder } from './folder.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = constants
const nothingYet: RunFile = {
  _schema: 'vigiles/run/v1',
  exitCode: null,
  signal: null,
  stoppedBy: null,
  tier: null,
}
const bytesMax = 1 << 20

/**
 * Sets some of run.json's members and leaves the others. With `sync` it is on the disk when this returns, which takes
 * milliseconds. Throws what the system says when it can't be written; then the old one is still there.
 */
export function updateRunFile(
  dir: string,
  members: Partial<Omit<RunFile, '_schema'>>,
  { sync = true } = {},
): RunFile {
  const run = { ...nothingYet, ...readRunFile(dir), ...members }
  const { run: path } = recordingPaths(dir)
  const temporary = `${path}.${process.pid}.tmp`
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    writeFileSync(fd, `${JSON.stringify(run, null, 2)}\n`)
    if (sync) fsyncSync(fd)
    renameSync(temporary, path)
  } catch (error) {
    unlinkSync(temporary)
    throw error
  } finally {
    closeSync(fd)
  }
  if (sync) syncFolder(dir)
  return run
}

/** Undefined when there is none that can be read. */
export function readRunFile(dir: string): RunFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(readSmallFile(recordingPaths(dir).run))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const row = value as Readonly<Record<string, unknown>>
  return {
    ...row,
    _schema: 'vigiles/run/v1',
    exitCode: typeof row.exitCode === 'number' ? row.exitCode : null,
    signal: textOrNull(row.signal),
    stoppedBy: textOrNull(row.stoppedBy),
    tier: textOrNull(row.tier),
    ...(typeof row.publicKey === 'string' && { publicKey: row.publicKey }),
  } as RunFile
}

/** A recording from elsewhere may hold a link or a pipe by that name, which would lead away or never end. */
function readSmallFile(path: string): string {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, bytesMax))
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
  } finally {
    closeSync(fd)
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
