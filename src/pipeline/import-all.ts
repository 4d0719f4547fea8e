// Reads all inputs: recognises each by its content, splits large ones, shares the work over the cores.

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Importer } from '../importers/api.ts'
import { headOf } from '../importers/read.ts'
import { importers } from '../importers/registry.generated.ts'
import { archiveNames } from './archive.ts'
import type { Batch } from './batch.ts'
import { type Compression, compressionOf, contentChunks, isFolded } from './decompress.ts'
import { type InputFile, openNote, readChunks, readStart, sha256Of } from './inputs.ts'
import type { ReadFile } from './merge.ts'
import type { Progress } from './progress.ts'
import { type PartJob, type PartResult, readPart } from './read-part.ts'
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

/** Below this many bytes in all, starting threads costs more than it saves. */
const threadsFromBytes = 24 * 1024 * 1024
/** Parts of a splittable file: enough of them that the cores end together. */
const partBytes = 64 * 1024 * 1024

interface Plan {
  readonly input: InputFile
  readonly importer: Importer
  readonly compressed: boolean
  readonly sha256: string
  readonly jobs: PartJob[]
  readonly results: PartResult[]
}

/** Reads every input. `spoolFolder` is an existing folder for refused records. */
export async function importAll(
  inputs: readonly InputFile[],
  spoolFolder: string,
  progress: Progress,
): Promise<Imported> {
  const passed: PassedFile[] = []
  const plans: Plan[] = []
  const seen = new Map<string, string>()
  for (const input of inputs) {
    let sha256 = ''
    try {
      const start = readStart(input.absolute, 4)
      sha256 = sha256Of(input.absolute)
      const pass = (format: PassedFile['format'], note: string) => {
        passed.push({ path: input.path, format, bytes: input.bytes, sha256, note })
      }
      if (start.length === 0) {
        pass('empty', 'the file is empty')
        continue
      }
      const twin = seen.get(sha256)
      if (twin !== undefined) {
        pass('duplicate', `the same bytes as ${twin}; read once`)
        continue
      }
      seen.set(sha256, input.path)
      const compression = compressionOf(start)
      const importer = await recognise(input, compression)
      if (typeof importer === 'string') {
        pass('unknown', importer)
        continue
      }
      const compressed = isFolded(compression)
      const plan: Plan = { input, importer, compressed, sha256, jobs: [], results: [] }
      for (const [from, to] of rangesOf(input, importer, compressed)) {
        plan.jobs.push({
          absolute: input.absolute,
          path: input.path,
          modifiedUs: input.modifiedUs,
          importer: importer.id,
          ...(to === undefined ? {} : { from, to }),
          compressed,
          spool: join(spoolFolder, `${plans.length}-${plan.jobs.length}.jsonl`),
        })
      }
      plans.push(plan)
    } catch (error) {
      passed.push({
        path: input.path,
        format: 'unreadable',
        bytes: input.bytes,
        sha256,
        note: openNote(error),
      })
    }
  }
  const work = plans.flatMap((plan) => plan.jobs.map((job, part) => ({ plan, job, part })))
  progress.begin(
    'reading',
    work.reduce((sum, { job, plan }) => sum + sizeOf(job, plan.input), 0),
    'B',
  )
  // The largest first, so that no thread is left with a large one at the end.
  const order = [...work].sort((a, b) => sizeOf(b.job, b.plan.input) - sizeOf(a.job, a.plan.input))
  await runJobs(order, progress)
  progress.end()
  const files: ImportedFile[] = []
  const contents = new Map<string, string>()
  for (const plan of plans) {
    const file = assemble(plan)
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

/** The importer, or what the file looks like when none takes it. */
async function recognise(input: InputFile, compression: Compression): Promise<Importer | string> {
  const start = isFolded(compression) ? await unfold(input) : readStart(input.absolute, 65_537)
  const members = compression === 'zip' ? archiveNames(input.absolute) : undefined
  const head = headOf(input.path, start, members)
  const found = importers.find((importer) => {
    if ((importer.shape === 'archive') !== (members !== undefined)) return false
    try {
      return importer.recognises(head)
    } catch {
      return false
    }
  })
  return found ?? unknownNote(start, members)
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

function sizeOf(job: PartJob, input: InputFile): number {
  return job.to === undefined ? input.bytes : job.to - job.from!
}

/** Ranges that begin at line starts; `[0, undefined]` is the whole file. */
function rangesOf(input: InputFile, importer: Importer, compressed: boolean): [number, number | undefined][] {
  const splittable = 'splittable' in importer && importer.splittable === true
  if (!splittable || compressed || input.bytes < 2 * partBytes) return [[0, undefined]]
  const ranges: [number, number][] = []
  let from = 0
  while (from < input.bytes) {
    const to = from + partBytes >= input.bytes ? input.bytes : nextLineStart(input.absolute, from + partBytes)
    ranges.push([from, to])
    from = to
  }
  return ranges
}

function nextLineStart(absolute: string, at: number): number {
  for (const chunk of readFrom(absolute, at)) {
    const newline = chunk.bytes.indexOf(10)
    if (newline >= 0) return chunk.at + newline + 1
  }
  return Number.MAX_SAFE_INTEGER
}

function* readFrom(absolute: string, from: number): Generator<{ at: number; bytes: Uint8Array }> {
  let at = from
  for (const bytes of readChunks(absolute, from)) {
    yield { at, bytes }
    at += bytes.length
  }
}

async function runJobs(
  work: readonly { plan: Plan; job: PartJob; part: number }[],
  progress: Progress,
): Promise<void> {
  const bytes = work.reduce((sum, { job, plan }) => sum + sizeOf(job, plan.input), 0)
  const threads = Math.min(availableParallelism(), 8, work.length)
  // Sources run through a loader in development and in tests; threads are for the built program.
  if (bytes < threadsFromBytes || threads < 2 || import.meta.url.endsWith('.ts')) {
    for (const { plan, job, part } of work)
      plan.results[part] = await readPart(job, (n) => progress.advance(n))
    return
  }
  let next = 0
  const runThread = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./import-worker.js', import.meta.url))
      let current: (typeof work)[number] | undefined
      const give = () => {
        current = work[next++]
        if (current) worker.postMessage(current.job)
        else void worker.terminate().then(() => resolve())
      }
      worker.on('message', (message: { bytes: number; result?: PartResult }) => {
        progress.advance(message.bytes)
        if (message.result && current) {
          current.plan.results[current.part] = message.result
          give()
        }
      })
      worker.on('error', reject)
      give()
    })
  await Promise.all(Array.from({ length: threads }, runThread))
}

/** One file from its parts: lines are counted on over the parts. */
function assemble(plan: Plan): ImportedFile {
  let linesBefore = 0
  const spools: { path: string; linesBefore: number }[] = []
  const parts: Batch[] = []
  let note: string | undefined
  for (const [part, result] of plan.results.entries()) {
    shiftLines(result.batch, linesBefore)
    spools.push({ path: plan.jobs[part]!.spool, linesBefore })
    linesBefore += result.newlines
    parts.push(result.batch)
    note ??= result.note
  }
  return {
    path: plan.input.path,
    format: plan.importer.id,
    contentSha: plan.results[0]?.contentSha ?? plan.sha256,
    sha256: plan.sha256,
    bytes: plan.input.bytes,
    modifiedUs: plan.input.modifiedUs,
    parts,
    spools,
    ...(note === undefined ? {} : { note }),
  }
}

function shiftLines(batch: Batch, by: number): void {
  if (by === 0) return
  for (const column of [batch.events.line, batch.calls.line]) {
    for (let i = 0; i < column.length; i++) column[i] = column[i]! + by
  }
}
