import { defineRawEndpoint } from '../endpoint.ts'
import { openStream } from '../live/event-stream.ts'
import { Problem } from '../problem.ts'
import { streamQuery } from '../wire/stream.ts'

export const streamEndpoints = [
  defineRawEndpoint({
    method: 'GET',
    path: '/stream',
    summary: 'The live feed as server-sent events: each is one LiveMessage as JSON.',
    role: 'reader',
    query: streamQuery,
    gives: 'text/event-stream',
    respond: async ({ hub, signal }, { query }) => {
      const body = openStream(hub, signal, query.source)
      if (!body) {
        throw new Problem(503, {
          what: 'Too many pages listen already.',
          fix: 'Close some of them, or load this one now and then.',
        })
      }
      return new Response(body, {
        headers: {
          'Content-Type': 'text/event-stream',
          // Nobody in between may hold it back to compress or to keep it.
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
        },
      })
    },
  }),
]
