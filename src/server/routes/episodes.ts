import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { episodesPage } from '../views/episodes.ts'
import { episodesAnswer, episodesQuery } from '../wire/episodes.ts'

export const episodeEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/episodes',
    summary: 'Episodes of a case, filtered, sorted and in pages.',
    role: 'reader',
    query: episodesQuery,
    answer: episodesAnswer,
    handle: async (context, { query }) => episodesPage(await caseStoreOf(context), query, context.signal),
  }),
]
