// A process that follows until it is told to finish, or until it is killed.

import { openFollow } from '../../src/pipeline/follow/open-follow.ts'

interface Start {
  readonly paths: string[]
  readonly state: string
  readonly syslog?: string
  readonly otlp?: string
}

process.once('message', async (start: Start) => {
  const follow = await openFollow({
    ...start,
    caseEveryMs: 0,
    limits: { fitEveryMs: 300, fitRest: 1, pollMs: 20, scanMs: 100 },
    on: (event) => {
      if (event.type === 'answers') process.send?.({ answered: event.answers.length })
      if (event.type === 'problem') process.send?.({ problem: event.problem })
    },
  })
  process.on('message', async (word) => {
    if (word === 'settle') {
      await follow.settled()
      process.send?.({ settled: true })
    } else if (word === 'finish') {
      const summary = await follow.finish()
      process.send?.({ summary }, () => process.disconnect())
    }
  })
  process.send?.({ listening: follow.listening })
})
