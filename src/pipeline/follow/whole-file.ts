// Files whose rows only the whole of them gives (captures, archives, compressed files, documents that are rewritten):
// read from the beginning each time they have changed.

import type { FileInfo, Importer } from '../../importers/api.ts'
import { openEnveloped } from '../../importers/enveloped.ts'
import type { EnvelopeKind } from '../../importers/envelopes.ts'
import { openReader } from '../../importers/read.ts'
import { readArchive } from '../archive.ts'
import { contentChunks } from '../decompress.ts'
import type { FileSink } from './file-sink.ts'

export interface Recognised {
  readonly importer: Importer
  readonly envelopes: readonly EnvelopeKind[]
}

/** Hands everything that the file holds to the sink. Returns what went wrong, if anything. Never throws on content. */
export async function readWhole(
  absolute: string,
  { importer, envelopes }: Recognised,
  sink: FileSink,
  file: FileInfo,
): Promise<string | undefined> {
  let note: string | undefined
  sink.beginPass()
  try {
    if (importer.shape === 'archive') note = await readArchive(importer, absolute, sink, file, () => {})
    else {
      const reader =
        importer.shape !== 'bytes' && envelopes.length > 0
          ? openEnveloped({ importer, envelopes }, sink, file)
          : openReader(importer, sink, file)
      const broken = (reason: string) => {
        note = reason
      }
      for await (const chunk of contentChunks(absolute, broken)) reader.chunk(chunk)
      reader.end()
    }
  } catch (error) {
    note = `reading stopped: ${error instanceof Error ? error.message : String(error)}`
  }
  // What could not be read to its end says nothing of what stood there.
  if (note === undefined) sink.endPass()
  return note
}
