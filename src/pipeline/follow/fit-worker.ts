// A thread that holds the window's rows and fits them when it is asked to.

import { parentPort } from 'node:worker_threads'
import { FitJob } from './fit-job.ts'
import type { FitMessage, FitReply } from './fit-thread.ts'

const port = parentPort!
const job = new FitJob()

port.on('message', (message: FitMessage) => {
  if (message.type === 'parts') {
    for (const part of message.parts) job.add(part)
    job.drop(message.gone)
    return
  }
  let reply: FitReply
  try {
    reply = { result: job.run(message.request, () => performance.now()) }
  } catch (error) {
    reply = { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  port.postMessage(reply)
})
