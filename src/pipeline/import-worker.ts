// A thread that reads parts for the main one; columns are handed over, not copied.

import { parentPort } from 'node:worker_threads'
import { type PartJob, readPart } from './read-part.ts'

const port = parentPort!
port.on('message', async (job: PartJob) => {
  let pending = 0
  const result = await readPart(job, (bytes) => {
    pending += bytes
    if (pending >= 1 << 22) {
      port.postMessage({ bytes: pending })
      pending = 0
    }
  })
  port.postMessage({ bytes: pending, result }, buffersOf(result.batch))
})

function buffersOf(value: unknown, found = new Set<ArrayBuffer>(), depth = 0): ArrayBuffer[] {
  if (typeof value === 'object' && value !== null && depth < 4) {
    for (const member of Object.values(value)) {
      if (ArrayBuffer.isView(member)) found.add(member.buffer as ArrayBuffer)
      else if (!Array.isArray(member)) buffersOf(member, found, depth + 1)
    }
  }
  return [...found]
}
