import { join } from 'node:path'
import { openCaseStore } from '../../store/cases/case-store.ts'
import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { egressPage } from '../views/egress.ts'
import { egressAnswer, egressQuery } from '../wire/egress.ts'

export const egressEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/egress',
    summary:
      'Which call, episode, step, tool or sandbox reached which destination, compared with another source.',
    role: 'reader',
    query: egressQuery,
    answer: egressAnswer,
    handle: async (context, { query }) => {
      const baseline =
        query.baseline === undefined
          ? undefined
          : await openCaseStore({
              folder: await context.sources.get(query.baseline).caseFolder(),
              cache: join(context.cacheFolder, 'cases'),
            })
      return egressPage(await caseStoreOf(context), query, baseline, context.signal)
    },
  }),
]
