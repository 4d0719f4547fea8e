import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const boxNames = defineCheck({
  id: 'trace.boxes',
  question: 'Do traces say in which sandbox a call ran?',
  judged:
    'By the share of calls tied to a sandbox by their trace, its path or the topology: good from 95 %, weak from half, missing below.',
  improves: 'box-names',
  look({ traces }) {
    if (!traces) return undefined
    const without = sumOf(traces.sources, ({ withoutBox }) => withoutBox)
    const has = traces.calls - without.n
    if (has >= 0.95 * traces.calls)
      return { verdict: 'good', found: `${percent(has, traces.calls)} of ${traces.calls} calls do.` }
    return {
      verdict: has >= 0.5 * traces.calls ? 'weak' : 'missing',
      found: `${without.n} of ${traces.calls} calls are tied to no sandbox.`,
      cost: 'They fit the alarms of every sandbox; an exact address does not help where nobody says whose it was.',
      todo: [
        ...advice.adviceFor(
          advice.boxNames,
          traces.sources.filter(({ withoutBox }) => withoutBox.n > 0).map(({ format }) => format),
        ),
        {
          do: 'Or name the sandboxes in a topology by what the traces call them.',
          config: 'aliases: ["3f9c2a71bd04"]',
        },
      ],
      evidence: tallyEvidence(without, 'names no sandbox'),
    }
  },
})
