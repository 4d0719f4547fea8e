import { caseStoreOf } from '../case-store-of.ts'
import { defineEndpoint } from '../endpoint.ts'
import { oneItem, soughtItem, tilesOf, timelineOf } from '../views/timeline.ts'
import {
  itemAnswer,
  itemQuery,
  seekAnswer,
  seekQuery,
  tilesAnswer,
  tilesQuery,
  timelineAnswer,
  timelineQuery,
} from '../wire/timeline.ts'

export const timelineEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/timeline',
    summary:
      'Lanes of the timeline, its span, clocks that ran differently, and the density over the whole case.',
    role: 'reader',
    query: timelineQuery,
    answer: timelineAnswer,
    handle: async (context, { query }) =>
      timelineOf(await caseStoreOf(context), context.source(), query.grouping, context.signal),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/timeline/tiles',
    summary:
      'Tiles of the timeline: what begins in a span of time on blocks of 32 lanes, as rows or as counts.',
    role: 'reader',
    query: tilesQuery,
    answer: tilesAnswer,
    handle: async (context, { query }) =>
      tilesOf(() => caseStoreOf(context), context.source(), query, context.signal),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/timeline/seek',
    summary: 'The next or previous item of a lane, or the next or previous alarm.',
    role: 'reader',
    query: seekQuery,
    answer: seekAnswer,
    handle: async (context, { query }) =>
      soughtItem(() => caseStoreOf(context), context.source(), query, context.signal),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/timeline/item',
    summary: 'One item of the timeline with everything it is linked to.',
    role: 'reader',
    query: itemQuery,
    answer: itemAnswer,
    handle: async (context, { query }) =>
      oneItem(() => caseStoreOf(context), context.source(), query, context.signal),
  }),
]
