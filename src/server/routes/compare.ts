import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { compareEpisodes } from '../views/compare.ts'
import { compareAnswer, compareQuery } from '../wire/compare.ts'

export const compareEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/compare',
    summary: 'What one episode did that another did not: destinations, commands, tools and findings.',
    role: 'reader',
    query: compareQuery,
    answer: compareAnswer,
    handle: async (context, { query }) => compareEpisodes(await caseStoreOf(context), query, context.signal),
  }),
]
