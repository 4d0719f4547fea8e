// A thread that takes jobs of reading; columns are handed over, not copied.

import { parentPort, workerData } from 'node:worker_threads'
import { takeJobs, type WorkerSays, type WorkerStart } from './import-jobs.ts'

const port = parentPort!
const say = (what: WorkerSays, transfer: readonly ArrayBuffer[] = []) => port.postMessage(what, transfer)
let pending = 0

await takeJobs(
  workerData as WorkerStart,
  (bytes) => {
    pending += bytes
    if (pending < 1 << 22) return
    say({ bytes: pending })
    pending = 0
  },
  (job, result) => {
    say({ bytes: pending, done: { job, result } }, buffersOf(result))
    pending = 0
  },
)

function buffersOf(value: unknown, found = new Set<ArrayBuffer>(), depth = 0): ArrayBuffer[] {
  if (typeof value === 'object' && value !== null && depth < 5) {
    for (const member of Object.values(value)) {
      if (ArrayBuffer.isView(member)) {
        // Shared memory needs no handing over.
        if (member.buffer instanceof ArrayBuffer) found.add(member.buffer)
      } else if (!Array.isArray(member)) buffersOf(member, found, depth + 1)
    }
  }
  return [...found]
}
