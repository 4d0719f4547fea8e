// The process that is measured: follows, and tells its parent of every answer and of what it costs.

import { monitorEventLoopDelay } from 'node:perf_hooks'

interface Start {
  readonly paths: string[]
  readonly state: string
  /** The built program. */
  readonly from: string
}

process.once('message', async ({ paths, state, from }: Start) => {
  const { openFollow }: typeof import('../../src/pipeline/follow/open-follow.ts') = await import(from)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const follow = await openFollow({
    paths,
    state,
    syslog: '127.0.0.1:0',
    otlp: '127.0.0.1:0',
    caseEveryMs: 0,
    on(event) {
      if (event.type === 'answers' || event.type === 'revisions') {
        const at = Date.now()
        process.send?.({
          at,
          answers: event.answers.map(({ event: { file, line }, revision, call, by }) => [
            file,
            line,
            revision,
            call?.sourceId ?? null,
            by,
          ]),
        })
      } else if (event.type === 'fit')
        process.send?.({ fit: { ms: event.ms, events: event.events, calls: event.calls } })
      else if (event.type === 'problem') process.send?.({ problem: event.problem })
    },
  })
  process.send?.({ listening: follow.listening })
  setInterval(() => {
    const { user, system } = process.cpuUsage()
    process.send?.({
      cost: {
        cpuMs: (user + system) / 1000,
        rss: process.memoryUsage().rss,
        lagMs: delay.max / 1e6,
        at: Date.now(),
      },
    })
    delay.reset()
  }, 1_000).unref()
  process.on('message', async (word) => {
    if (word !== 'end') return
    process.send?.({ status: follow.status() })
    await follow.close()
    process.disconnect()
  })
})
