import { defineEndpoint } from '../endpoint.ts'
import { sourceList } from '../wire/sources.ts'

export const sourceEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources',
    summary: 'Investigations, recordings and live runs that can be looked at, newest first.',
    role: 'reader',
    answer: sourceList,
    handle: async ({ sources }) => ({ sources: await sources.list() }),
  }),
]
