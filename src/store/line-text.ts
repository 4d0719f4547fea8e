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
  const members = membersOf(line, { _schema: journalSchema, ...place }, hider)
  const hash = digest('sha256', `{${members}}`, 'hex')
  return { text: `{${storedForm(members)},"hash":"${hash}"}\n`, hash }
}

/** The canonical members of a line, without `hash`, at most as long as a line may be. */
function membersOf(line: JournalLine | JournalNote, place: object, hider: SecretHider): string {
  for (const limits of tighterLimits) {
    const members = canonicalMembers({ ...fitLine(line, hider, limits), ...place })
    if (bytesOf(members) <= membersBytesMax) return members
  }
  // So many members that short ones are too many: what a reader needs to find it, and what it was.
  const text = canonicalJson(line)
  const cut = [{ field: '', length: text.length, sha256: digest('sha256', text, 'hex') }]
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
