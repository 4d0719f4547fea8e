import { defineEndpoint } from '../endpoint.ts'
import { proposeChange, saveChange } from '../views/policy.ts'
import { policyProposal, policySaved, proposeBody, saveBody } from '../wire/policy.ts'

export const policyEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/sources/:source/policy/propose',
    summary:
      'A destination as a rule of a policy: the difference, and what it would decide. Changes nothing.',
    role: 'operator',
    body: proposeBody,
    answer: policyProposal,
    handle: async ({ source, stateFolder }, { body }) => proposeChange(source(), stateFolder, body),
  }),
  defineEndpoint({
    method: 'POST',
    path: '/sources/:source/policy/save',
    summary: 'Saves a proposed rule, as long as the file is what it was; the old text is kept beside it.',
    role: 'operator',
    body: saveBody,
    answer: policySaved,
    handle: async ({ source, stateFolder }, { body }) => saveChange(source(), stateFolder, body),
  }),
]
