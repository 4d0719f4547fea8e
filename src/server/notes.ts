// What people write about an incident: comments, status, who looks after it, tags. Appended to a file, never rewritten; the
// last word on each stands.
//
//   {"_schema":"vigiles/note/v1","time":"2026-11-24T10:00:00.000Z","by":"mira","incident":"i3f…","status":"closed","comment":"…"}

import { accessSync, appendFileSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import { Problem } from './problem.ts'
import type { Source } from './sources.ts'
import { type IncidentNotes, type NoteEntry, noteEntry } from './wire/notes.ts'

const schema = 'vigiles/note/v1'
/** Beyond this the file takes no more notes; it is a case's diary, not a database. */
const fileBytesMax = 16 * 1024 * 1024

/** With a case they travel along in its folder; a recording stays as it was written, so they lie in the state folder. */
function fileOf(source: Source, stateFolder: string): string {
  if (
    source.kind === 'case' &&
    (existsSync(join(source.folder, 'notes.jsonl')) || isWritable(source.folder))
  ) {
    return join(source.folder, 'notes.jsonl')
  }
  return join(stateFolder, 'notes', `${source.id}.jsonl`)
}

/** All notes of a source by incident, each in the order in which they were written. */
export function readNotes(source: Source, stateFolder: string): ReadonlyMap<string, IncidentNotes> {
  const path = fileOf(source, stateFolder)
  const notes = new Map<string, IncidentNotes>()
  if (!existsSync(path) || statSync(path).size > fileBytesMax * 2) return notes
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parsed(line)
    if (!entry) continue
    const known = notes.get(entry.incident) ?? { status: 'open', assignee: null, tags: [], entries: [] }
    if (entry.status !== undefined) known.status = entry.status
    if (entry.assignee !== undefined) known.assignee = entry.assignee === '' ? null : entry.assignee
    if (entry.tags !== undefined) known.tags = entry.tags
    known.entries.push(entry)
    notes.set(entry.incident, known)
  }
  return notes
}

/** Appends one. Throws a Problem when the disk won't take it. */
export function writeNote(source: Source, stateFolder: string, entry: NoteEntry): void {
  const path = fileOf(source, stateFolder)
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (existsSync(path) && statSync(path).size > fileBytesMax) {
      throw new Problem(409, {
        what: 'This case takes no more notes.',
        why: `${path} has reached its maximum of ${fileBytesMax} bytes.`,
      })
    }
    appendFileSync(path, `${JSON.stringify({ _schema: schema, ...entry })}\n`, { mode: 0o600 })
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    throw new OperatorError('environment', {
      what: `The note could not be written to ${path} (${cause instanceof Error ? cause.message : String(cause)}).`,
      fix: 'Make room on this disk, or give yourself the right to write there.',
      cause,
    })
  }
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

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
