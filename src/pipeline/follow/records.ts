// What is remembered of every file from one start to the next.

import type { Fingerprint } from './fingerprints.ts'
import type { Checkpoint, FileIdentity } from './followed-file.ts'

export interface FileRecord extends FileIdentity {
  readonly id: string
  readonly path: string
  readonly absolute: string
  readonly fingerprint: Fingerprint
  readonly lines: number
  readonly events: number
  /** Where to read on so that what a fit looks at is there again. */
  readonly resume: Checkpoint
  /** Its content was cut off or it is gone; it is kept to know a copy of it. */
  readonly over: boolean
}

/** Records of files that are over. */
export const recordsMax = 10_000

/** Checks what was read from the state file; undefined when it is no record. */
export function readRecord(value: unknown): FileRecord | undefined {
  const row = object(value)
  const print = object(row?.fingerprint)
  const resume = object(row?.resume)
  if (!row || !print || !resume) return undefined
  const record = {
    id: text(row.id),
    dev: count(row.dev),
    ino: count(row.ino),
    generation: count(row.generation),
    path: text(row.path),
    absolute: text(row.absolute),
    fingerprint: {
      headBytes: count(print.headBytes),
      head: text(print.head),
      offset: count(print.offset),
      tail: text(print.tail),
    },
    lines: count(row.lines),
    events: count(row.events),
    resume: { offset: count(resume.offset), lines: count(resume.lines), events: count(resume.events) },
    over: row.over === true,
  }
  return record.id === '' || record.absolute === '' ? undefined : record
}

export function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}
