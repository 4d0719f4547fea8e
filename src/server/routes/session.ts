import { version } from '../../pipeline/version.ts'
import { defineEndpoint } from '../endpoint.ts'
import { session } from '../wire/session.ts'

export const sessionEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/session',
    summary: 'Who asks, and what they may do.',
    role: 'reader',
    answer: session,
    handle: async ({ role }) => ({ role, version }),
  }),
]
