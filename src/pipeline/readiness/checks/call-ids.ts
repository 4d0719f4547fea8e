import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const callIds = defineCheck({
  id: 'trace.ids',
  question: 'Has every call an id of its own?',
  judged: 'By the share of calls with a tool-call id: good from 95 %, weak from half, missing below.',
  look({ traces }) {
    if (!traces) return undefined
    const without = sumOf(traces.sources, ({ withoutId }) => withoutId)
    const has = traces.calls - without.n
    if (has >= 0.95 * traces.calls)
      return { verdict: 'good', found: `${percent(has, traces.calls)} of ${traces.calls} have.` }
    return {
      verdict: has >= 0.5 * traces.calls ? 'weak' : 'missing',
      found: `${without.n} of ${traces.calls} calls carry no id.`,
      cost: "An answer can be given, but not looked up in the trainer's records; parallel calls are told apart by their order alone.",
      todo: [
        {
          do: "Keep the model API's own id with every call and its result.",
          config: 'gen_ai.tool.call.id   # on every execute_tool span; tool_call_id in chat messages',
        },
      ],
      evidence: tallyEvidence(without, 'no tool-call id'),
    }
  },
})
