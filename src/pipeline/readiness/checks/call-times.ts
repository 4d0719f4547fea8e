import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const callTimes = defineCheck({
  id: 'trace.times',
  question: 'Is each call stamped at its own beginning and end?',
  judged:
    'By the share of calls that have an end and a window of their own, not that of their turn, episode or file: good from 90 %, weak from half, missing below.',
  improves: 'call-times',
  look({ traces }) {
    if (!traces) return undefined
    const open = sumOf(traces.sources, ({ withoutEnd }) => withoutEnd)
    const shared = sumOf(traces.sources, (source) => source.shared)
    const lacking = Math.min(traces.calls, open.n + shared.n)
    const own = traces.calls - lacking
    if (own >= 0.9 * traces.calls)
      return { verdict: 'good', found: `${percent(own, traces.calls)} of ${traces.calls} are.` }
    return {
      verdict: own >= 0.5 * traces.calls ? 'weak' : 'missing',
      found: `${open.n} of ${traces.calls} calls have no end, ${shared.n} only the window of their turn, episode or file.`,
      cost: 'Such a call fits everything until the next one begins, or all of its episode.',
      todo: [
        {
          do: 'Record spans of the tools themselves, from the executor.',
          config: 'execute_tool spans (OpenTelemetry) with start and end; NeMo Gym: timing_source "executor"',
        },
      ],
      evidence: [
        ...tallyEvidence(open, 'no end'),
        ...tallyEvidence(shared, 'the window is that of its turn, its episode or its file'),
      ],
    }
  },
})
