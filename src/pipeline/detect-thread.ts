// Detections in a thread beside the one that writes: both only read the case, whose columns they share.

import { Worker } from 'node:worker_threads'
import type { AttributionResult } from '../attribution/api.ts'
import { detect } from '../detections/engine.ts'
import type { Finding } from '../schema/finding.ts'
import type { Case } from './case.ts'
import { callAt, eventAt } from './case-items.ts'
import { type CaseRows, type RowBlobs, rowTexts } from './merge.ts'
import { type SeenCase, type SeenResult, seenInOrder } from './seen.ts'

/** What detections look at, without any function: it can be sent to another thread. */
export interface DetectJob {
  readonly rows: Pick<CaseRows, 'clocks' | 'events' | 'calls'>
  readonly texts: readonly string[]
  readonly blobs: RowBlobs
  readonly case: Pick<Case, 'callBox' | 'echoOf' | 'writes'>
  readonly result: SeenResult
  readonly eventOrder: Uint32Array
}

/** Memory for short-lived objects: enough that most are gone before they are looked at. */
const youngMb = 96
/** Below so many rows a thread costs more than it saves. */
const threadFromRows = 50_000

/** Whether a thread is worth it; `threads` is what the user of `investigate` allows. */
export function detectsBeside(rows: number, threads: number | undefined, processors: number): boolean {
  // Sources run through a loader in development and in tests; threads are for the built program.
  if (import.meta.url.endsWith('.ts')) return false
  return threads === undefined ? processors > 1 && rows >= threadFromRows : threads > 1
}

/** Starts the detections. `findings` fails with what made the thread fail; `stop` ends it in any case. */
export function startDetecting(
  theCase: Case,
  result: AttributionResult,
  eventOrder: Uint32Array,
): { readonly findings: Promise<Finding[]>; stop(): void } {
  const { merged, callBox, echoOf, writes } = theCase
  const { events, calls, clocks, texts, blobs } = merged
  const { eventUs, eventBox, dstName, callStartUs, callEndUs, candStart, candCall, candP } = result
  const job: DetectJob = {
    rows: { clocks, events, calls },
    texts: texts.list,
    blobs,
    case: { callBox, echoOf, writes },
    result: { eventUs, eventBox, dstName, callStartUs, callEndUs, candStart, candCall, candP },
    eventOrder,
  }
  const worker = new Worker(new URL('./detect-worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  })
  const findings = new Promise<Finding[]>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the thread of the detections ended without findings')))
  })
  // Whoever waits hears of it; until then the process must not end over it.
  findings.catch(() => {})
  return { findings, stop: () => void worker.terminate() }
}

export function runDetectJob({ rows, texts, blobs, case: own, result, eventOrder }: DetectJob): Finding[] {
  const merged: CaseRows = { ...rows, texts: { list: texts }, ...rowTexts(blobs) }
  const seen: SeenCase = {
    ...own,
    merged,
    text: (id) => texts[id]!,
    event: (i) => eventAt(merged, i),
    call: (j) => callAt(merged, j, own.writes.get(j)),
  }
  return detect(seenInOrder(seen, result, eventOrder))
}
