// Reads one file, or one range of lines of it, into a batch. Runs in a worker or in the main thread alike.

import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import type { Importer } from '../importers/api.ts'
import { openEnveloped } from '../importers/enveloped.ts'
import type { EnvelopeKind } from '../importers/envelopes.ts'
import { openPart } from '../importers/read.ts'
import { importers } from '../importers/registry.generated.ts'
import type { Issue } from '../schema/issue.ts'
import { readArchive } from './archive.ts'
import { type Batch, BatchSink } from './batch.ts'
import { contentChunks } from './decompress.ts'
import { readChunks } from './inputs.ts'

export interface PartJob {
  readonly kind: 'part'
  readonly absolute: string
  readonly path: string
  readonly modifiedUs: number
  readonly importer: string
  /** Bytes to read; both undefined for the whole file. Ranges begin and end at line starts. */
  readonly from?: number
  readonly to?: number
  readonly compressed: boolean
  /** What stands round each record, outermost first. */
  readonly envelopes: readonly EnvelopeKind[]
  /** Whether the file's SHA-256 is taken on the way; only where one job reads all of it. */
  readonly hash: boolean
  /** Where refused records are kept until the case is written. */
  readonly spool: string
}

export interface PartResult {
  readonly batch: Batch
  /** Newlines in the part; the next part's lines are counted from there. */
  readonly newlines: number
  /** What the importer left for `join`. */
  readonly rest: unknown
  /** SHA-256 of what was read: the content of a compressed file, all of a plain one. */
  readonly contentSha?: string
  readonly note?: string
}

const spoolBytes = 1 << 18

/** Reads a part. Never throws on content; an I/O error while reading is told in `note`. */
export async function readPart(job: PartJob, onBytes: (bytes: number) => void): Promise<PartResult> {
  const importer = importers.find(({ id }) => id === job.importer) as Importer
  let spooled: string[] = []
  let size = 0
  const flush = () => {
    if (spooled.length > 0) appendFileSync(job.spool, spooled.join(''))
    spooled = []
    size = 0
  }
  const sink = new BatchSink((issue: Issue) => {
    const line = `${JSON.stringify(issue)}\n`
    spooled.push(line)
    size += line.length
    if (size > spoolBytes) flush()
  })
  const file = { path: job.path, modifiedUs: job.modifiedUs }
  let note: string | undefined
  let newlines = 0
  let contentSha: string | undefined
  let rest: unknown
  if (importer.shape === 'archive') {
    note = await readArchive(importer, job.absolute, sink, file, onBytes)
  } else {
    const inside = importer.shape === 'bytes' || job.envelopes.length === 0 ? undefined : importer
    const reader = inside
      ? openEnveloped({ importer: inside, envelopes: job.envelopes }, sink, file)
      : openPart(importer, sink, file, (job.from ?? 0) === 0)
    const hash = job.compressed || job.hash ? createHash('sha256') : undefined
    const chunks = job.compressed
      ? contentChunks(job.absolute, (reason) => {
          note = reason
        })
      : readChunks(job.absolute, job.from, job.to)
    try {
      for await (const chunk of chunks) {
        hash?.update(chunk)
        reader.chunk(chunk)
        onBytes(chunk.length)
      }
    } catch (error) {
      note = `reading stopped: ${error instanceof Error ? error.message : String(error)}`
    }
    rest = reader.end()
    newlines = reader.lines ?? 0
    // What could not be read to its end has no hash by this way.
    if (job.compressed || note === undefined) contentSha = hash?.digest('hex')
  }
  if (note !== undefined) sink.reject(0, note, '')
  flush()
  const batch = sink.finish()
  return {
    batch,
    newlines,
    rest,
    ...(contentSha === undefined ? {} : { contentSha }),
    ...(note === undefined ? {} : { note }),
  }
}
