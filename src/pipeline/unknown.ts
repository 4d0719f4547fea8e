// Says what a file looks like that no importer takes, and what its owner can do about it.

import { plain } from '../base/terminal.ts'
import { headOf } from '../importers/read.ts'

/** Beginnings of files that are often put beside logs. `at` is where the bytes stand. */
const kinds: readonly { readonly magic: string; readonly at?: number; readonly says: string }[] = [
  { magic: '%PDF', says: 'a PDF document; export the log itself as text, CSV or JSON' },
  { magic: '\x89PNG', says: 'a picture; export the log itself as text, CSV or JSON' },
  { magic: '\xff\xd8\xff', says: 'a picture; export the log itself as text, CSV or JSON' },
  { magic: 'GIF8', says: 'a picture; export the log itself as text, CSV or JSON' },
  { magic: '\xfd7zXZ\0', says: 'compressed with xz; unpack it first (xz -dk FILE)' },
  { magic: 'BZh', says: 'compressed with bzip2; unpack it first (bzip2 -dk FILE)' },
  { magic: '\x04\x22\x4d\x18', says: 'compressed with lz4; unpack it first (lz4 -d FILE)' },
  { magic: '7z\xbc\xaf\x27\x1c', says: 'a 7-Zip archive; unpack it and give the folder' },
  { magic: 'Rar!', says: 'a RAR archive; unpack it and give the folder' },
  {
    magic: 'ustar',
    at: 257,
    says: 'a tar archive that is broken or stands inside another; unpack it (tar -xf FILE) and give the folder',
  },
  { magic: 'SQLite format 3\0', says: 'an SQLite database; export its table as JSON lines' },
  { magic: 'PAR1', says: 'a Parquet file; export it as JSON lines' },
  { magic: 'Obj\x01', says: 'an Avro file; export it as JSON lines' },
  { magic: 'ElfFile\0', says: 'a Windows event log; export it as JSON or text' },
  { magic: 'LPKSHHRH', says: 'a systemd journal; export it with journalctl --file FILE -o json' },
  { magic: '\x7fELF', says: 'a program, not a log' },
  { magic: 'MZ', says: 'a program, not a log' },
]

/** One sentence for `unknown` files. `bytes` is the unfolded beginning, `members` the names in a zip. */
export function unknownNote(bytes: Uint8Array, members?: readonly string[]): string {
  if (members) return zipNote(members)
  const kind = kinds.find(({ magic, at = 0 }) => stands(bytes, magic, at))
  if (kind) return `${kind.says}`
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2]! <= 8)
    return 'a zip that is cut off or broken: its directory at the end is missing; copy it again'
  if (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5)
    return 'a Python pickle: it is never opened, because that runs code; convert it to JSON lines'
  const head = bytes.subarray(0, 8_192)
  if (head.every((byte) => byte === 0)) return 'nothing but zero bytes: the copy failed, or a disk lost it'
  if (head.indexOf(0) >= 0 || controls(head) * 10 > head.length) return 'binary data of an unknown kind'
  return textNote(bytes)
}

function zipNote(members: readonly string[]): string {
  const has = (pattern: RegExp) => members.some((name) => pattern.test(name))
  if (has(/^\[Content_Types\]\.xml$|^word\/|^xl\/|^ppt\//))
    return 'an Office document; save the log itself as text or CSV'
  if (has(/\/?data\.pkl$/))
    return 'a PyTorch file: it is never unpickled, because that runs code; convert it to JSON lines'
  if (has(/^META-INF\/|^AndroidManifest/)) return 'a program archive (jar), not a log'
  const shown = members
    .slice(0, 3)
    .map((name) => plain(name, 60))
    .join(', ')
  return `a zip of other files (${shown}${members.length > 3 ? ', …' : ''}); unpack it and give the folder`
}

function textNote(bytes: Uint8Array): string {
  const { lines } = headOf('', bytes)
  const [first = ''] = lines
  if (first === '') return 'only blank lines'
  const keys = keysOf(first)
  if (keys) {
    const shown = keys.slice(0, 8).map((key) => plain(key, 40))
    return `JSON with the keys ${shown.join(', ')}${keys.length > 8 ? ', …' : ''}: no known log or trace has these`
  }
  return `text of an unknown form; it begins: ${plain(first.trim(), 80)}`
}

function keysOf(line: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const keys = Object.keys(value)
    return keys.length > 0 ? keys : undefined
  } catch {
    return undefined
  }
}

function stands(bytes: Uint8Array, magic: string, at: number): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false
  return true
}

function controls(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) count++
  return count
}
