import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { eventsPage } from '../views/events.ts'
import { eventsAnswer, eventsQuery } from '../wire/events.ts'

export const eventEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/events',
    summary: 'Events and alarms of a case, searched, filtered and in pages.',
    role: 'reader',
    query: eventsQuery,
    answer: eventsAnswer,
    handle: async (context, { query }) => eventsPage(await caseStoreOf(context), query, context.signal),
  }),
]
