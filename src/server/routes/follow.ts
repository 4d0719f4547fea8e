import { defineEndpoint } from '../endpoint.ts'
import { FollowedStream } from '../follow/followed-stream.ts'
import { Problem } from '../problem.ts'
import { followStateOf } from '../views/follow.ts'
import { followQuery, followState } from '../wire/follow.ts'

export const followEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/follow',
    summary: 'How a followed stream stands, and its newest answers, the latest revision of each.',
    role: 'reader',
    query: followQuery,
    answer: followState,
    async handle(context, { query }) {
      const source = context.source()
      if (!(source instanceof FollowedStream)) {
        throw new Problem(409, {
          what: 'This is no followed stream.',
          fix: 'Start the server with --follow PATH… to follow logs and traces as they grow.',
        })
      }
      return followStateOf(source, { alarms: query.alarms === 'alarms', limit: query.limit })
    },
  }),
]
