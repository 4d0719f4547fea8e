// Which importer a file is for, by what stands at its beginning so far.

import { recognise } from '../../importers/enveloped.ts'
import { headOf } from '../../importers/read.ts'
import { importers } from '../../importers/registry.generated.ts'
import { archiveNames } from '../archive.ts'
import { compressionOf, contentChunks, isFolded } from '../decompress.ts'
import { readStart } from '../inputs.ts'
import { unknownNote } from '../unknown.ts'
import type { Recognised } from './whole-file.ts'

export interface Look {
  readonly folded: boolean
  readonly found: Recognised | undefined
  /** What it looks like when no importer takes it. */
  readonly note: string
}

const headBytes = 65_537

/** Throws what the system throws when the file can't be read. */
export async function lookAt(absolute: string, path: string): Promise<Look> {
  const plain = readStart(absolute, headBytes)
  const compression = compressionOf(plain)
  const folded = isFolded(compression)
  const start = folded ? await unfolded(absolute) : plain
  const members = compression === 'zip' ? archiveNames(absolute) : undefined
  return {
    folded,
    found: recognise(headOf(path, start, members), importers),
    note: unknownNote(start, members),
  }
}

async function unfolded(absolute: string): Promise<Uint8Array> {
  const out = new Uint8Array(headBytes)
  let at = 0
  for await (const chunk of contentChunks(absolute, () => {})) {
    const part = chunk.subarray(0, out.length - at)
    out.set(part, at)
    at += part.length
    if (at === out.length) break
  }
  return out.subarray(0, at)
}
