import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { callsPage, oneCall } from '../views/calls.ts'
import { callAnswer, callQuery, callsAnswer, callsQuery } from '../wire/calls.ts'

export const callEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/calls',
    summary: 'Tool calls of a case or of one episode, filtered and in pages.',
    role: 'reader',
    query: callsQuery,
    answer: callsAnswer,
    handle: async (context, { query }) => callsPage(await caseStoreOf(context), query, context.signal),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/calls/:call',
    summary: 'One tool call with the events it caused or may have caused, and the findings that accuse it.',
    role: 'reader',
    query: callQuery,
    answer: callAnswer,
    handle: async (context, { query }) =>
      oneCall(await caseStoreOf(context), context.params.call ?? '', query, context.signal),
  }),
]
