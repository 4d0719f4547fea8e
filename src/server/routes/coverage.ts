import { defineEndpoint } from '../endpoint.ts'
import { coverageOf } from '../views/coverage.ts'
import { coverageAnswer } from '../wire/coverage.ts'

export const coverageEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/coverage',
    summary:
      'What each input gave, what was refused, which clocks are aligned, what probabilities are worth, and the readiness of the set-up.',
    role: 'reader',
    answer: coverageAnswer,
    handle: async (context) => coverageOf(await context.source().caseFolder()),
  }),
]
