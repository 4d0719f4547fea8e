import { defineEndpoint } from '../endpoint.ts'
import { askBox } from '../live/ask-box.ts'
import { Problem } from '../problem.ts'
import type { Source } from '../sources.ts'
import { checkRequest, previewOf } from '../views/contain.ts'
import { actResult, type BoxState, boxStatus, containBody, containPreview } from '../wire/contain.ts'

export const containEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/box',
    summary: 'What runs in a sandbox now, what is open, what was done. 409 when the run has ended.',
    role: 'reader',
    answer: boxStatus,
    handle: ({ source }) => statusOf(source()),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/contain/preview',
    summary: 'What an act would stop at this moment: processes, calls, connections.',
    role: 'reader',
    query: containBody,
    answer: containPreview,
    handle: async ({ source }, { query }) => {
      checkRequest(query)
      return previewOf(await statusOf(source()), query)
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/sources/:source/contain',
    summary: 'Acts on a running sandbox, and says whether it was done. The journal names who asked.',
    role: 'operator',
    body: containBody,
    answer: actResult,
    handle: async ({ source, who }, { body }) => {
      checkRequest(body)
      const { act, call, destination } = body
      return await askBox(source(), {
        act,
        ...(call !== undefined && { call }),
        ...(destination !== undefined && { destination }),
        onBehalfOf: who,
      })
    },
  }),
]

async function statusOf(source: Source): Promise<BoxState> {
  const { status, detail } = await askBox(source, { act: 'status' })
  if (!status) throw new Problem(503, { what: `${source.title} does not say what runs in it.`, why: detail })
  return status
}
