// What a sandbox says when it can't go on, for whoever runs it.

import { OperatorError } from '../../base/errors.ts'
import { JournalFull } from '../../store/errors.ts'

export function sandboxClosed(name: string): OperatorError {
  return new OperatorError('usage', {
    what: `The sandbox ${name} was closed.`,
    why: 'Its recording has ended, and nothing runs without one.',
    fix: 'Open another one, with a folder of its own.',
  })
}

/** The words for a recording that can't be written; any other error as it is. */
export function notRecorded(what: string, dir: string, error: unknown): unknown {
  if (!(error instanceof JournalFull)) return error
  return new OperatorError('environment', {
    what: `${what}: the recording can't be written (${error.code}).`,
    why: 'Nothing runs or connects that is not recorded; what was recorded before is kept.',
    fix: `Make room on the disk of ${dir}.`,
    cause: error,
  })
}
