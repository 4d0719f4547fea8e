// Whether one line of a journal is what was written, in the place where it was written.

import { isUtf8 } from 'node:buffer'
import { hash as digest } from 'node:crypto'
import { canonicalJson } from '../base/canonical-json.ts'
import { journalLineBytesMax, journalSchema } from '../schema/journal.ts'
import { storedForm } from './stored-form.ts'

export type Row = Readonly<Record<string, unknown>>

/** Where the line before stands; seq 0 and an empty hash before the first. */
export interface Place {
  readonly seq: number
  readonly hash: string
}

export interface CheckedLine {
  readonly row: Row
  readonly place: Place
  /** The bytes are not the writer's own (keys in another order, white space), but they say the same. */
  readonly recoded: boolean
}

const hex64 = /^[0-9a-f]{64}$/

/** The line, without its newline; or in words what is wrong with it. Total on any bytes. */
export function checkLine(bytes: Buffer, before: Place): CheckedLine | string {
  if (bytes.length >= journalLineBytesMax) return `it is longer than ${journalLineBytesMax} bytes`
  if (!isUtf8(bytes)) return 'it is not UTF-8'
  const text = bytes.toString('utf8')
  let row: unknown
  try {
    row = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'it is not a JSON object'
  const { _schema, seq, prev, hash } = row as Row
  if (_schema !== journalSchema) return `its _schema is not ${journalSchema}`
  if (typeof hash !== 'string' || !hex64.test(hash)) return 'it has no hash'
  const checked = hashHolds(text, row as Row, hash)
  if (typeof checked === 'string') return checked
  if (seq !== before.seq + 1) {
    return `its seq is ${JSON.stringify(seq)?.slice(0, 20)} where ${before.seq + 1} is due: lines are missing, moved or put in before it`
  }
  if (prev !== before.hash)
    return 'its prev is not the hash of the line before: that line was rewritten or put in'
  return { row: row as Row, place: { seq: before.seq + 1, hash }, recoded: checked.recoded }
}

/** Half of a surrogate pair as an escape: it stands for no text that could be hashed. */
const maybeLone = /\\u[dD][89a-fA-F]/

function hashHolds(text: string, row: Row, hash: string): { recoded: boolean } | string {
  const tail = `,"hash":"${hash}"}`
  try {
    if (text.endsWith(tail) && isCanonical(text, row)) {
      const holds = digest('sha256', `${text.slice(0, -tail.length)}}`, 'hex') === hash
      return holds ? { recoded: false } : changed
    }
    if (membersWritten(text) !== membersRead(row)) return 'it has the same key twice'
    const { hash: _, ...content } = row
    const canonical = canonicalJson(content)
    if (digest('sha256', canonical, 'hex') !== hash) return changed
    return { recoded: `${storedForm(canonical).slice(0, -1)}${tail}` !== text }
  } catch (error) {
    // Too deep to be walked: the writer's own lines nest a dozen levels at most.
    if (error instanceof RangeError) return 'it nests too deep'
    throw error
  }
}

const changed = 'its hash is not the hash of its content: it was changed'

/** Whether the text, with `hash` moved to its end, is the canonical one. Faster than to write it anew. */
function isCanonical(text: string, row: Row): boolean {
  return !maybeLone.test(text) && JSON.stringify(row) === text && inOrder(row, true)
}

function inOrder(value: object, top = false): boolean {
  let last = ''
  for (const key in value) {
    const member = (value as Row)[key]
    if (typeof member === 'object' && member !== null) {
      if (Array.isArray(member) ? !member.every(itemInOrder) : !inOrder(member)) return false
    }
    if (top && key === 'hash') continue
    if (key < last) return false
    last = key
  }
  return true
}

function itemInOrder(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return true
  return Array.isArray(item) ? item.every(itemInOrder) : inOrder(item)
}

/** Colons outside of texts: one a member, also where JSON.parse keeps only the last of two that share a key. */
function membersWritten(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === 58) count++
    if (c !== 34) continue
    for (at++; at < text.length && text.charCodeAt(at) !== 34; at++) if (text.charCodeAt(at) === 92) at++
  }
  return count
}

function membersRead(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const items = Object.values(value)
  return items.reduce((sum: number, item) => sum + membersRead(item), Array.isArray(value) ? 0 : items.length)
}
