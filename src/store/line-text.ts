// A line as it stands in the file: canonical, its hash behind it, at most as long as a line may be.

import { hash as digest } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { canonicalJson, canonicalMembers } from '../base/canonical-json.ts'
import { type JournalLine, type JournalNote, journalLineBytesMax, journalSchema } from '../schema/journal.ts'
import { fitLine, type SecretHider, tighterLimits } from './fit.ts'
import { storedForm } from './stored-form.ts'

interface LinePlace {
  readonly seq: number
  readonly time: string
  readonly prev: string
}

export function lineText(
  line: JournalLine | JournalNote,
  place: LinePlace,
  hider: SecretHider,
): { readonly text: string; readonly hash: string } {
  const whole = `{${membersOf(line, { _schema: journalSchema, ...place }, hider)}}`
  const hash = digest('sha256', whole, 'hex')
  return { text: `${storedForm(whole).slice(0, -1)},"hash":"${hash}"}\n`, hash }
}

/** Texts of actors by who hides their secrets: a process that opens many connections is the same in all of their lines. */
const actorTexts = new WeakMap<SecretHider, WeakMap<object, string>>()

/** Undefined for a line without one, and for one that is too long to stay as it is. */
function actorText(line: JournalLine | JournalNote, hider: SecretHider): string | undefined {
  const actor = 'actor' in line ? line.actor : undefined
  if (actor === undefined) return undefined
  let known = actorTexts.get(hider)
  if (!known) {
    known = new WeakMap()
    actorTexts.set(hider, known)
  }
  let text = known.get(actor)
  if (text !== undefined) return text
  const fitted = fitLine({ actor }, hider)
  if (fitted.cut) return undefined
  text = canonicalJson(fitted.actor)
  known.set(actor, text)
  return text
}

/** The canonical members of a line, without `hash`, at most as long as a line may be. */
function membersOf(line: JournalLine | JournalNote, place: object, hider: SecretHider): string {
  const text = actorText(line, hider)
  if (text !== undefined) {
    const fitted = fitLine(line, hider, undefined, 'actor')
    const members = canonicalMembers(fitted, { key: 'actor', text }, place)
    if (bytesOf(members) <= membersBytesMax) return members
  }
  for (const limits of tighterLimits) {
    const members = canonicalMembers({ ...fitLine(line, hider, limits), ...place })
    if (bytesOf(members) <= membersBytesMax) return members
  }
  // So many members that short ones are too many: what a reader needs to find it, and what it was.
  const whole = canonicalJson(line)
  const cut = [{ field: '', length: whole.length, sha256: digest('sha256', whole, 'hex') }]
  const { class: kind, box, connection } = line as { class: string; box?: string; connection?: string }
  const members = canonicalMembers({
    ...fitLine({ class: kind, box, connection }, hider, tighterLimits.at(-1)),
    cut,
    ...place,
  })
  assert(bytesOf(members) <= membersBytesMax, 'a line of a few short members is short')
  return members
}

/** Room for braces, `"hash"` and the newline. */
const membersBytesMax = journalLineBytesMax - 80

function bytesOf(members: string): number {
  // Six bytes a unit are the most: what is escaped.
  return members.length * 6 <= membersBytesMax ? members.length : Buffer.byteLength(storedForm(members))
}
