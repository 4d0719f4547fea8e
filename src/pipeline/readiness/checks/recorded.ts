import { defineCheck } from '../api.ts'
import { names } from '../words.ts'

export const recorded = defineCheck({
  id: 'coverage.boxes',
  question: 'Are calls recorded of every sandbox?',
  judged:
    'By the share of the sandboxes of the topology of which calls were read: good from 95 %, weak from half, missing below. Unknown without a topology.',
  improves: 'recording',
  look({ topology, traces }) {
    if (!traces) return undefined
    const of = topology.sandboxes.length
    if (of === 0)
      return {
        verdict: 'unknown',
        found: 'Without a topology nobody can say of which sandboxes traces are missing.',
      }
    if (topology.traced >= 0.95 * of) return { verdict: 'good', found: `Of ${topology.traced} of ${of}.` }
    return {
      verdict: topology.traced >= 0.5 * of ? 'weak' : 'missing',
      found: `Of ${topology.traced} of ${of} sandboxes only.`,
      cost: 'An alarm of any other sandbox can be tied to no call, and may be blamed on a neighbour that shares its address.',
      todo: [
        {
          do: `Collect the traces of all sandboxes (${names(topology.sandboxes)} are listed), or name them in the topology as the traces do ("aliases").`,
        },
      ],
    }
  },
})
