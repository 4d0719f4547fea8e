// The policies that may be changed from here, and how one is written: whole or not at all, with the old one kept.

import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { quietly } from '../../base/quietly.ts'
import { readRunFile } from '../../store/run-file.ts'
import { Problem } from '../problem.ts'
import type { Source } from '../sources.ts'
import type { PolicyFile } from '../wire/policy.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = constants

const policyBytesMax = 1024 * 1024
const filesMax = 50
/** Of one policy; older ones are removed. */
const backupsMax = 20

/** The one that the run was started with first, then those of the state folder, which may not be there yet. */
export function policyFiles(source: Source, stateFolder: string): readonly PolicyFile[] {
  const own = join(stateFolder, 'policies')
  const files: PolicyFile[] = []
  const ofRun = isOurs(source.folder) ? readRunFile(source.folder)?.policyFile : undefined
  if (typeof ofRun === 'string' && isAbsolute(ofRun) && isYaml(ofRun) && isOurs(ofRun, 'file'))
    files.push({ path: ofRun, exists: true, from: 'run' })
  const names = (quietly(() => readdirSync(own)) ?? []).filter(isYaml).sort().slice(0, filesMax)
  for (const path of names.map((name) => join(own, name)))
    if (isOurs(path, 'file') && !files.some((one) => one.path === path))
      files.push({ path, exists: true, from: 'state' })
  const fresh = join(own, 'policy.yaml')
  if (quietly(() => lstatSync(fresh)) === undefined) files.push({ path: fresh, exists: false, from: 'state' })
  return files
}

/** Throws a Problem for a file that is not among them. */
export function offeredFile(files: readonly PolicyFile[], path: string | undefined): PolicyFile {
  const found = path === undefined ? files[0] : files.find((one) => one.path === path)
  if (found) return found
  throw new Problem(404, {
    what:
      path === undefined ? 'There is no policy to change.' : 'This is none of the policies that are offered.',
    fix: files[0]
      ? `Choose one of these: ${files.map((one) => one.path).join(', ')}`
      : 'Start runs with --policy FILE.',
  })
}

function isYaml(name: string): boolean {
  return /\.ya?ml$/.test(name)
}

/** A recording that came from elsewhere may name any file: only what belongs to whoever runs this server counts. */
function isOurs(path: string, kind: 'file' | 'folder' = 'folder'): boolean {
  const state = quietly(() => lstatSync(path))
  if (!state || !(kind === 'file' ? state.isFile() : state.isDirectory())) return false
  return process.getuid === undefined || state.uid === process.getuid()
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Throws a Problem when it can't be read, or is larger than a policy may be. */
export function readPolicyText(path: string): string {
  try {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const state = fstatSync(fd)
      if (state.isFile() && state.size <= policyBytesMax) return readFileSync(fd, 'utf8')
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw new Problem(409, { what: `${path} can’t be read.`, why: reasonOf(cause) })
  }
  throw new Problem(409, {
    what: `${path} is no file of at most ${policyBytesMax} bytes.`,
    fix: 'Choose another policy.',
  })
}

/** Writes it beside and renames it into place. Returns where the old text is kept. Throws a Problem. */
export function writePolicyText(path: string, text: string, before: string | undefined): string | null {
  const mode = quietly(() => lstatSync(path).mode & 0o777) ?? 0o600
  const fresh = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const backup = before === undefined ? null : keepBackup(path, before, mode)
    writeNew(fresh, text, mode)
    renameSync(fresh, path)
    return backup
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw new Problem(503, {
      what: `${path} could not be written; it is as it was.`,
      why: reasonOf(cause),
      fix: 'Make room, or see who may write there.',
    })
  }
}

function keepBackup(path: string, text: string, mode: number): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-')
  const backup = `${path}.${stamp}.bak`
  writeNew(backup, text, mode)
  const folder = dirname(path)
  const mine = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.`) && /\.\d{4}-\d\d-\d\dT[\d-]+Z\.bak$/.test(name))
    .sort()
  for (const name of mine.slice(0, -backupsMax)) rmSync(join(folder, name), { force: true })
  return backup
}

function writeNew(path: string, text: string, mode: number): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    writeFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
