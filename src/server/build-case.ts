// Runs `investigate` on a recording in a process of its own: it computes for seconds, and the server goes on answering.

import { investigate } from '../pipeline/investigate.ts'
import { quietProgress } from '../pipeline/progress.ts'
import { problemOf } from './problem.ts'

const [recording, out] = process.argv.slice(2)
if (recording !== undefined && out !== undefined) {
  try {
    await investigate({
      paths: [recording],
      out,
      zones: [],
      controls: [],
      threads: 1,
      progress: quietProgress,
    })
  } catch (error) {
    process.send?.(problemOf(error).text)
    process.exitCode = 1
  }
  process.disconnect?.()
}
