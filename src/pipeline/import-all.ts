// Reads all inputs: recognises each by its content, splits large ones, shares the work over the cores.

import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Importer } from '../importers/api.ts'
import { type Found, recognise as recogniseHead } from '../importers/enveloped.ts'
import type { EnvelopeKind } from '../importers/envelopes.ts'
import { headOf } from '../importers/read.ts'
import { importers } from '../importers/registry.generated.ts'
import { joinParts, type ReadPart } from './amend.ts'
import { archiveNames } from './archive.ts'
import type { Batch } from './batch.ts'
import { type Compression, compressionOf, contentChunks, isFolded } from './decompress.ts'
import { type ImportJob, type JobResult, runJobs, threadsFor } from './import-jobs.ts'
import { type InputFile, openNote, readStart, sha256Of } from './inputs.ts'
import type { ReadFile } from './merge.ts'
import type { Progress } from './progress.ts'
import { rangesOf } from './split.ts'
import { unpackTars } from './tar-inputs.ts'
import { unknownNote } from './unknown.ts'

export interface ImportedFile extends ReadFile {
  /** Emptied once they are merged: they are the largest thing in memory. */
  readonly parts: Batch[]
  readonly sha256: string
  readonly bytes: number
  readonly note?: string
  /** Where its refused records lie, in order, with the line each part begins after. */
  readonly spools: readonly { readonly path: string; readonly linesBefore: number }[]
}

/** Files that gave nothing, with why. */
export interface PassedFile {
  readonly path: string
  readonly format: 'unknown' | 'empty' | 'duplicate' | 'unreadable'
  readonly bytes: number
  readonly sha256: string
  readonly note: string
}

export interface Imported {
  readonly files: readonly ImportedFile[]
  readonly passed: readonly PassedFile[]
}

/** Parts of a splittable file: enough of them that the cores end together, and none so large that it fills memory. */
const partBytesMax = 16 * 1024 * 1024
const partBytesMin = 2 * 1024 * 1024
const partsPerThread = 8

interface Plan {
  readonly input: InputFile
  readonly importer: Importer
  readonly envelopes: readonly EnvelopeKind[]
  readonly compressed: boolean
  /** Known early where another input has as many bytes. */
  sha256: string | undefined
}

export interface ImportOptions {
  /** For tests: parts of about this many bytes. */
  readonly partBytes?: number
  readonly threads?: number
}

/** Reads every input. `spoolFolder` is an existing folder for refused records. */
export async function importAll(
  given: readonly InputFile[],
  spoolFolder: string,
  progress: Progress,
  options: ImportOptions = {},
): Promise<Imported> {
  const { files: inputs, problems } = await unpackTars(given, spoolFolder)
  const passed: PassedFile[] = problems.map(({ input: { absolute, path, bytes }, note }) => ({
    ...{ path, format: 'unreadable', bytes, note },
    sha256: sha256Of(absolute),
  }))
  const plans: Plan[] = []
  const seen = new Map<string, string>()
  const sizes = new Map<number, number>()
  for (const { bytes } of inputs) sizes.set(bytes, (sizes.get(bytes) ?? 0) + 1)
  for (const input of inputs) {
    let sha256: string | undefined
    try {
      const start = readStart(input.absolute, 4)
      const pass = (format: PassedFile['format'], note: string) => {
        sha256 ??= sha256Of(input.absolute)
        passed.push({ path: input.path, format, bytes: input.bytes, sha256, note })
      }
      if (start.length === 0) {
        pass('empty', 'the file is empty')
        continue
      }
      // Only files of one size can be the same; all others are hashed while they are read.
      if (sizes.get(input.bytes)! > 1) {
        sha256 = sha256Of(input.absolute)
        const twin = seen.get(sha256)
        if (twin !== undefined) {
          pass('duplicate', `the same bytes as ${twin}; read once`)
          continue
        }
        seen.set(sha256, input.path)
      }
      const compression = compressionOf(start)
      const found = await recognise(input, compression)
      if (typeof found === 'string') pass('unknown', found)
      else plans.push({ input, ...found, compressed: isFolded(compression), sha256 })
    } catch (error) {
      passed.push({
        path: input.path,
        format: 'unreadable',
        bytes: input.bytes,
        sha256: sha256 ?? '',
        note: openNote(error),
      })
    }
  }
  const bytes = plans.reduce((sum, { input }) => sum + input.bytes, 0)
  const threads = options.threads ?? threadsFor(bytes)
  const even = Math.ceil(bytes / (threads * partsPerThread))
  const partBytes = options.partBytes ?? Math.min(partBytesMax, Math.max(partBytesMin, even))
  const work = plans.flatMap((plan, p) => jobsOf(plan, p, spoolFolder, partBytes))
  progress.begin('reading', bytes, 'B')
  // The largest first, so that no thread is left with a large one at the end.
  const order = [...work].sort((a, b) => b.bytes - a.bytes)
  const results = await runJobs(
    order.map(({ job }) => job),
    threads,
    progress,
  )
  const resultOf = new Map(order.map((one, i) => [one, results[i]!]))
  progress.end()
  const files: ImportedFile[] = []
  const contents = new Map<string, string>()
  for (const plan of plans) {
    const own = work.filter((one) => one.plan === plan)
    const file = assemble(plan, own, resultOf, join(spoolFolder, `${plans.indexOf(plan)}-whole.jsonl`))
    const twin = contents.get(file.contentSha)
    if (twin !== undefined) {
      passed.push({
        path: file.path,
        format: 'duplicate',
        bytes: file.bytes,
        sha256: file.sha256,
        note: `the same content as ${twin}; read once`,
      })
      continue
    }
    contents.set(file.contentSha, file.path)
    files.push(file)
  }
  return { files, passed }
}

interface Work {
  readonly plan: Plan
  readonly job: ImportJob
  readonly bytes: number
}

function jobsOf(plan: Plan, p: number, spoolFolder: string, partBytes: number): Work[] {
  const { input, importer, envelopes, compressed, sha256 } = plan
  // A record in envelopes may go on in later lines.
  const whole = compressed || envelopes.length > 0
  const ranges = rangesOf(input, importer, whole, partBytes)
  const onTheWay = ranges.length === 1 && !compressed && importer.shape !== 'archive'
  const work: Work[] = ranges.map(([from, to], part) => ({
    plan,
    bytes: (to ?? input.bytes) - from,
    job: {
      kind: 'part',
      absolute: input.absolute,
      path: input.path,
      modifiedUs: input.modifiedUs,
      importer: importer.id,
      ...(to === undefined ? {} : { from, to }),
      compressed,
      envelopes,
      hash: onTheWay && sha256 === undefined,
      spool: join(spoolFolder, `${p}-${part}.jsonl`),
    },
  }))
  if (sha256 === undefined && !onTheWay) {
    // Reading takes some twenty times as long as hashing.
    work.push({ plan, bytes: input.bytes / 20, job: { kind: 'hash', absolute: input.absolute } })
  }
  return work
}

/** The importer, or what the file looks like when none takes it. */
async function recognise(input: InputFile, compression: Compression): Promise<Found | string> {
  const start = isFolded(compression) ? await unfold(input) : readStart(input.absolute, 65_537)
  const members = compression === 'zip' ? archiveNames(input.absolute) : undefined
  const head = headOf(input.path, start, members)
  return recogniseHead(head, importers) ?? unknownNote(start, members)
}

/** The first 64 KiB of what a compressed file holds. */
async function unfold(input: InputFile): Promise<Uint8Array> {
  const out = new Uint8Array(65_537)
  let at = 0
  for await (const chunk of contentChunks(input.absolute, () => {})) {
    const part = chunk.subarray(0, out.length - at)
    out.set(part, at)
    at += part.length
    if (at === out.length) break
  }
  return out.subarray(0, at)
}

/** One file from its parts: lines are counted on over the parts. */
function assemble(
  plan: Plan,
  work: readonly Work[],
  resultOf: ReadonlyMap<Work, JobResult>,
  wholeSpool: string,
): ImportedFile {
  let linesBefore = 0
  const spools: { path: string; linesBefore: number }[] = []
  const read: ReadPart[] = []
  let note: string | undefined
  let sha256 = plan.sha256
  let contentSha: string | undefined
  for (const one of work) {
    const result = resultOf.get(one)!
    if ('batch' in result && one.job.kind === 'part') {
      spools.push({ path: one.job.spool, linesBefore })
      read.push({ batch: shiftLines(result.batch, linesBefore), rest: result.rest, linesBefore })
      linesBefore += result.newlines
      note ??= result.note
      contentSha = result.contentSha
      if (one.job.hash) sha256 = result.contentSha
    } else if ('sha256' in result) sha256 = result.sha256
    else if ('failed' in result) note ??= result.failed
  }
  const parts = joinParts(plan.importer, read, (issue) => {
    appendFileSync(wholeSpool, `${JSON.stringify(issue)}\n`)
  })
  spools.push({ path: wholeSpool, linesBefore: 0 })
  if (plan.envelopes.length > 0) note ??= 'its records were taken out of the envelopes of a log shipper'
  return {
    path: plan.input.path,
    format: plan.importer.id,
    // A disk that fails midway leaves no hash: then the name tells the file from others.
    contentSha:
      (plan.compressed ? contentSha : sha256) ?? createHash('sha256').update(plan.input.path).digest('hex'),
    sha256: sha256 ?? '',
    bytes: plan.input.bytes,
    modifiedUs: plan.input.modifiedUs,
    parts,
    spools,
    ...(note === undefined ? {} : { note }),
  }
}

/** Counts a part's lines on from those before it. */
function shiftLines(batch: Batch, by: number): Batch {
  if (by === 0) return batch
  for (const column of [batch.events.line, batch.calls.line]) {
    for (let i = 0; i < column.length; i++) column[i] = column[i]! + by
  }
  const shifted = <T extends { readonly line: number }>(list: readonly T[]): T[] =>
    list.map((one) => ({ ...one, line: one.line + by }))
  return {
    ...batch,
    episodes: shifted(batch.episodes),
    outcomes: shifted(batch.outcomes),
    boxes: shifted(batch.boxes),
  }
}
