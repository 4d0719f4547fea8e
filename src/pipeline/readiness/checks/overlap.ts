import { toIso } from '../../../base/time.ts'
import { spanText } from '../../../exporters/words.ts'
import { defineCheck } from '../api.ts'
import { percent } from '../words.ts'

export const overlap = defineCheck({
  id: 'coverage.time',
  question: 'Do logs and traces tell of the same time, without gaps?',
  judged:
    'By the share of calls with no event, and of events with no call, within ten minutes, and by silences of half an hour while calls ran: good up to 5 %, weak up to half, missing above.',
  improves: 'recording',
  look({ times }) {
    if (!times) return undefined
    const { log, calls, unheardShare, untoldShare, silence } = times
    const worst = Math.max(unheardShare, untoldShare)
    const spans = `Logs cover ${when(log)}, traces ${when(calls)}`
    const gap = silence
      ? `; the logs are silent for ${spanText((silence.toUs - silence.fromUs) / 1000)} from ${minute(silence.fromUs)} while calls ran`
      : ''
    if (worst <= 0.05 && !silence) return { verdict: 'good', found: `${spans}.` }
    return {
      verdict: worst > 0.5 ? 'missing' : 'weak',
      found: `${spans}: ${percent(unheardShare, 1)} of the calls have no event near, ${percent(untoldShare, 1)} of the events no call${gap}.`,
      cost: 'Of such a time nothing can be said, and an alarm of it looks as if no agent had run.',
      todo: [
        {
          do: 'Collect both for the whole run, and start logging before the first episode; look for log loss, rotation and stopped collectors at the times named.',
        },
      ],
    }
  },
})

function when({ fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }): string {
  return `${minute(fromUs)} to ${minute(toUs)}`
}

function minute(us: number): string {
  const iso = toIso(us)
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
