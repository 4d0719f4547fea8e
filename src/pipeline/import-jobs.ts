// The jobs of reading, shared out over threads: each takes the next one that nobody has taken.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { openNote, sha256Of } from './inputs.ts'
import type { Progress } from './progress.ts'
import { type PartJob, type PartResult, readPart } from './read-part.ts'

/** The SHA-256 of a file that several jobs read, or that is read through a decoder. */
export interface HashJob {
  readonly kind: 'hash'
  readonly absolute: string
}

export type ImportJob = PartJob | HashJob

/** What each job gave, in the order of the jobs. */
export type JobResult = PartResult | { readonly sha256: string } | { readonly failed: string }

/** Below this many bytes in all, starting threads costs more than it saves. */
const threadsFromBytes = 24 * 1024 * 1024
const threadsMax = 8
/** Short-lived objects of a thread: enough that most are gone before they are looked at. */
const youngMb = 64

export interface WorkerStart {
  readonly jobs: readonly ImportJob[]
  /** One 32-bit number: the next job that nobody has taken. */
  readonly next: SharedArrayBuffer
}

export interface WorkerSays {
  readonly bytes: number
  readonly done?: { readonly job: number; readonly result: JobResult }
}

/** How many threads read `bytes`. */
export function threadsFor(bytes: number): number {
  return bytes < threadsFromBytes ? 1 : Math.min(availableParallelism(), threadsMax)
}

/** Runs all jobs on `threads` threads; this one is among them. */
export async function runJobs(
  jobs: readonly ImportJob[],
  threads: number,
  progress: Progress,
): Promise<JobResult[]> {
  const results: JobResult[] = []
  const next = new SharedArrayBuffer(4)
  // Sources run through a loader in development and in tests; threads are for the built program.
  const others = import.meta.url.endsWith('.ts') ? 0 : Math.min(threads, jobs.length) - 1
  const running = Array.from({ length: others }, () => runThread({ jobs, next }, results, progress))
  const own = takeJobs(
    { jobs, next },
    (bytes) => progress.advance(bytes),
    async (job, result) => {
      results[job] = result
      // Lets in what the other threads have to say.
      if (others > 0) await new Promise((resolve) => setImmediate(resolve))
    },
  )
  await Promise.all([own, ...running])
  return results
}

/** Takes jobs until none is left. */
export async function takeJobs(
  { jobs, next }: WorkerStart,
  onBytes: (bytes: number) => void,
  onResult: (job: number, result: JobResult) => Promise<void> | void,
): Promise<void> {
  const counter = new Int32Array(next)
  for (let job = Atomics.add(counter, 0, 1); job < jobs.length; job = Atomics.add(counter, 0, 1)) {
    await onResult(job, await runJob(jobs[job]!, onBytes))
  }
}

async function runJob(job: ImportJob, onBytes: (bytes: number) => void): Promise<JobResult> {
  if (job.kind === 'part') return readPart(job, onBytes)
  try {
    return { sha256: sha256Of(job.absolute) }
  } catch (error) {
    return { failed: openNote(error) }
  }
}

function runThread(start: WorkerStart, results: JobResult[], progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./import-worker.js', import.meta.url), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    })
    worker.on('message', ({ bytes, done }: WorkerSays) => {
      progress.advance(bytes)
      if (done) results[done.job] = done.result
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}
