// The full investigation of what is followed, in a process of its own: it may take long, and its memory is given back.

import { investigate } from '../investigate.ts'
import { quietProgress } from '../progress.ts'
import type { CaseJob } from './case-build.ts'

process.once('message', (job: CaseJob) => {
  investigate({ ...job, progress: quietProgress })
    .then(({ summary }) => process.send?.({ summary }, () => process.disconnect()))
    .catch((error: unknown) => {
      const failed = error instanceof Error ? error.message : String(error)
      process.send?.({ failed }, () => process.disconnect())
    })
})

// Whoever asked is gone: nobody will look at what comes of it.
process.once('disconnect', () => process.exit())
