// What people write about an incident: comments, status, who looks after it, tags. Appended to a file, never rewritten; the
// last word on each stands.
//
//   {"_schema":"vigiles/note/v1","time":"2026-11-24T10:00:00.000Z","by":"mira","incident":"i3f…","status":"closed","comment":"…"}

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { quietly } from '../base/quietly.ts'
import { Problem } from './problem.ts'
import type { Source } from './sources.ts'
import { type IncidentNotes, type NoteEntry, noteEntry } from './wire/notes.ts'

const schema = 'vigiles/note/v1'
/** Beyond this the file takes no more notes; it is a case's diary, not a database. */
const fileBytesMax = 16 * 1024 * 1024

/** With a case they travel along in its folder; a recording stays as it was written, so they lie in the state folder. */
function filesOf(
  source: Source,
  stateFolder: string,
): { readonly own: string | undefined; readonly kept: string } {
  return {
    own: source.kind === 'case' ? join(source.folder, 'notes.jsonl') : undefined,
    kept: join(stateFolder, 'notes', `${source.id}.jsonl`),
  }
}

/** All notes of a source by incident, in the order in which they were written. */
export function readNotes(source: Source, stateFolder: string): ReadonlyMap<string, IncidentNotes> {
  const { own, kept } = filesOf(source, stateFolder)
  const entries = [own, kept].flatMap((path) => (path === undefined ? [] : entriesOf(path)))
  const notes = new Map<string, IncidentNotes>()
  // A case that could not be written for a while has some in each file.
  for (const entry of entries.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))) {
    const known = notes.get(entry.incident) ?? { status: 'open', assignee: null, tags: [], entries: [] }
    if (entry.status !== undefined) known.status = entry.status
    if (entry.assignee !== undefined) known.assignee = entry.assignee === '' ? null : entry.assignee
    if (entry.tags !== undefined) known.tags = entry.tags
    known.entries.push(entry)
    notes.set(entry.incident, known)
  }
  return notes
}

function entriesOf(path: string): NoteEntry[] {
  const state = quietly(() => lstatSync(path))
  if (!state?.isFile() || state.size > fileBytesMax * 2) return []
  return (quietly(() => readFileSync(path, 'utf8')) ?? '')
    .split('\n')
    .map(parsed)
    .filter((entry) => entry !== undefined)
}

/** Appends one. Throws a Problem when the disk won't take it. */
export function writeNote(source: Source, stateFolder: string, entry: NoteEntry): void {
  const { own, kept } = filesOf(source, stateFolder)
  const path = own !== undefined && takesNotes(own) ? own : kept
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (existsSync(path) && statSync(path).size > fileBytesMax) {
      throw new Problem(409, {
        what: 'This case takes no more notes.',
        why: `${path} has reached its maximum of ${fileBytesMax} bytes.`,
      })
    }
    const fd = openSync(path, appending, 0o600)
    try {
      writeFileSync(fd, `${JSON.stringify({ _schema: schema, ...entry })}\n`)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    throw new OperatorError('environment', {
      what: `The note could not be written to ${path} (${cause instanceof Error ? cause.message : String(cause)}).`,
      fix: 'Make room on this disk, or give yourself the right to write there.',
      cause,
    })
  }
}

/** A case may come from elsewhere: what is written there must not end up behind a link. */
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
const appending = O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0)

function takesNotes(path: string): boolean {
  const state = quietly(() => lstatSync(path))
  return state === undefined ? isWritable(dirname(path)) : state.isFile() && isWritable(path)
}

/** A line that was cut off, or that somebody else put there in another shape, is passed over. */
function parsed(line: string): NoteEntry | undefined {
  try {
    const result = noteEntry.safeParse(JSON.parse(line))
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
