import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const arrivals = defineCheck({
  id: 'time.arrival',
  question: 'Do stamps tell when something happened, not when it reached the log?',
  judged:
    'By the share of records that carry only the time of arrival: good up to 5 %, weak up to half, missing above.',
  look({ logs }) {
    if (!logs) return undefined
    const late = sumOf(logs.sources, (source) => source.arrivals)
    const of = logs.sources.reduce((sum, { connections, lookups }) => sum + connections + lookups, 0)
    if (of === 0) return undefined
    if (late.n <= 0.05 * of) return { verdict: 'good', found: `${percent(of - late.n, of)} of ${of} do.` }
    return {
      verdict: late.n <= 0.5 * of ? 'weak' : 'missing',
      found: `${late.n} of ${of} records carry only the time of their arrival.`,
      cost: 'A batch of logs that arrives late puts all its alarms beside the wrong calls.',
      todo: [
        {
          do: "Keep the sensor's own time beside that of the log store (for example `event.start`, `flow.start`, `start_time`).",
        },
      ],
      evidence: tallyEvidence(late, 'time of arrival only'),
    }
  },
})
