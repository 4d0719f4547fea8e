import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { percent, tallyEvidence } from '../words.ts'

export const steps = defineCheck({
  id: 'trace.episodes',
  question: 'Does a call lead to its episode and training step?',
  judged:
    'Good when 95 % of the calls name their episode; missing below half. A training step is asked for only where some call has one.',
  look({ traces }) {
    if (!traces) return undefined
    const homeless = sumOf(traces.sources, ({ withoutEpisode }) => withoutEpisode)
    const stepless = sumOf(traces.sources, ({ withoutStep }) => withoutStep)
    const has = traces.calls - homeless.n
    const trained = stepless.n < traces.calls
    const stepText = trained ? `, ${percent(traces.calls - stepless.n, traces.calls)} a training step` : ''
    const found = `${percent(has, traces.calls)} of ${traces.calls} calls name an episode${stepText}.`
    if (has >= 0.95 * traces.calls && (!trained || stepless.n <= 0.05 * traces.calls))
      return { verdict: 'good', found }
    return {
      verdict: has >= 0.5 * traces.calls ? 'weak' : 'missing',
      found,
      cost: 'The call may be found, but not which rollout to mask, nor whether it was rewarded.',
      todo: [
        {
          do: "Put run, step and episode on every span or line of the agents' traces.",
          config: 'OTEL_RESOURCE_ATTRIBUTES=run=RUN,training.step=STEP,episode=EPISODE',
        },
      ],
      evidence: [
        ...tallyEvidence(homeless, 'no episode'),
        ...(trained ? tallyEvidence(stepless, 'no training step') : []),
      ],
    }
  },
})
