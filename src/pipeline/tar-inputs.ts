// Unpacks tar archives among the inputs, so that each is read like a folder. Their files are written under numbers
// into the spool folder; the names in an archive are only ever labels.

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isTar, TarReader } from '../base/tar.ts'
import { compressionOf, contentChunks } from './decompress.ts'
import { type InputFile, openNote, readStart } from './inputs.ts'

/** Most files of one archive; more is a mistake, or a bomb. */
const membersMax = 100_000
const nameCharsMax = 1_000

export interface Unpacked {
  readonly files: readonly InputFile[]
  /** Archives that could not be read to their end, or held nothing. */
  readonly problems: readonly { readonly input: InputFile; readonly note: string }[]
}

/** The inputs, with the files of archives in the place of archives. */
export async function unpackTars(inputs: readonly InputFile[], spoolFolder: string): Promise<Unpacked> {
  const files: InputFile[] = []
  const problems: { input: InputFile; note: string }[] = []
  let archives = 0
  for (const input of inputs) {
    try {
      if (!(await beginsAsTar(input))) {
        files.push(input)
        continue
      }
    } catch {
      files.push(input) // Whoever reads it next says why it can't be.
      continue
    }
    const { members, note } = await unpack(input, join(spoolFolder, `tar-${archives++}`))
    files.push(...members)
    if (note !== undefined) problems.push({ input, note })
  }
  return { files, problems }
}

async function beginsAsTar({ absolute }: InputFile): Promise<boolean> {
  const start = readStart(absolute, 512)
  const compression = compressionOf(start)
  if (compression !== 'gzip' && compression !== 'zstd') return isTar(start)
  const head = new Uint8Array(512)
  let at = 0
  for await (const chunk of contentChunks(absolute, () => {})) {
    const piece = chunk.subarray(0, head.length - at)
    head.set(piece, at)
    at += piece.length
    if (at === head.length) break
  }
  return at === head.length && isTar(head)
}

async function unpack(input: InputFile, target: string): Promise<{ members: InputFile[]; note?: string }> {
  const members: InputFile[] = []
  let fd: number | undefined
  let note: string | undefined
  const reader = new TarReader({
    begin({ name, modifiedUs }) {
      if (members.length === membersMax) {
        note ??= `it holds more than ${membersMax} files; the others were left out`
        return
      }
      const absolute = `${target}-${members.length}`
      fd = openSync(absolute, 'w', 0o600)
      members.push({ absolute, path: `${input.path}/${label(name)}`, bytes: 0, modifiedUs })
    },
    data(bytes) {
      if (fd === undefined) return
      writeSync(fd, bytes)
      const last = members[members.length - 1]!
      // What stands in the archive counts, not what it declares: it may be cut off.
      members[members.length - 1] = { ...last, bytes: last.bytes + bytes.length }
    },
    end() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  })
  try {
    const broken = (reason: string) => {
      note ??= reason
    }
    for await (const chunk of contentChunks(input.absolute, broken)) reader.chunk(chunk)
  } catch (error) {
    note ??= openNote(error)
  }
  const problem = reader.end()
  if (fd !== undefined) closeSync(fd)
  note ??= problem
  if (members.length === 0) note ??= 'a tar archive without a file'
  return note === undefined ? { members } : { members, note }
}

/** Without a root and without steps upwards: it is shown, not opened. */
function label(name: string): string {
  const parts = name.slice(0, nameCharsMax).split('/')
  return parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('/')
}
