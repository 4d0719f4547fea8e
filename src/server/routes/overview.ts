import { defineEndpoint } from '../endpoint.ts'
import { msOf } from '../live/rows.ts'
import { Problem } from '../problem.ts'
import { liveRunOf } from '../views/live-run.ts'
import { overviewOf } from '../views/overview.ts'
import { liveRun } from '../wire/live-run.ts'
import { overview, overviewQuery } from '../wire/overview.ts'

export const overviewEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/overview',
    summary: 'What runs, what was stopped, what was found and what waits for a person, over all sources.',
    role: 'reader',
    query: overviewQuery,
    answer: overview,
    handle: async ({ sources, live, stateFolder }, { query }) =>
      overviewOf(sources, live, stateFolder, { fromMs: msOf(query.from), toMs: msOf(query.to) }),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/live',
    summary: 'One run as its journal tells so far: what is open, what it calls, what was found and done.',
    role: 'reader',
    answer: liveRun,
    handle: async ({ source, live }) => {
      const { id, title } = source()
      const run = live.get(id)
      if (!run) {
        throw new Problem(409, {
          what: `${title} is no run that can be followed.`,
          why: 'Only recordings, of runs that go on or have ended, tell what happened moment by moment.',
        })
      }
      return liveRunOf(run)
    },
  }),
]
