// The folder of a recording: made for its owner alone, and never mixed with anything else.

import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { codeOf } from './errors.ts'

/** The files of a recording, by folder. */
export function recordingPaths(dir: string): { readonly journal: string; readonly run: string } {
  return { journal: join(dir, 'journal.jsonl'), run: join(dir, 'run.json') }
}

/**
 * Makes the folder, mode 0700. One that exists has to be empty, or with `resume` hold a journal.
 *
 * Throws an {@link OperatorError} that says what to do.
 */
export function prepareFolder(dir: string, resume: boolean): void {
  const fix = 'Name a folder that is empty or does not exist yet.'
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const state = statSync(dir)
    const uid = process.getuid?.()
    if (uid !== undefined && state.uid !== uid) {
      throw new OperatorError('usage', {
        what: `The recording folder ${dir} belongs to somebody else (uid ${state.uid}).`,
        why: 'Whoever owns it could exchange what is recorded.',
        fix,
      })
    }
    const names = readdirSync(dir)
    const goesOn = resume && names.includes('journal.jsonl')
    if (names.length > 0 && !goesOn) {
      throw new OperatorError('usage', {
        what: `The recording folder ${dir} is not empty.`,
        why: `A recording never shares a folder or goes on in an old one; it holds ${names.slice(0, 3).join(', ')}${names.length > 3 ? '…' : ''}.`,
        fix,
      })
    }
    if ((state.mode & 0o777) !== 0o700) chmodSync(dir, 0o700)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw notWritable(dir, error)
  }
}

export function notWritable(dir: string, error: unknown): OperatorError {
  return new OperatorError('environment', {
    what: `The recording folder ${dir} can't be written.`,
    why: `The system says ${codeOf(error)}${existsSync(dir) ? '' : '; it does not exist'}. Without a recording nothing is allowed to run.`,
    fix: 'Name another folder with --record, or make room on this disk.',
    cause: error,
  })
}

/** Makes the names in a folder survive a power loss. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
