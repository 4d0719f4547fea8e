import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { settingsOf } from '../setting.ts'
import { percent, settingEvidence, tallyEvidence } from '../words.ts'

export const stamps = defineCheck({
  id: 'time.stamps',
  question: 'Are events stamped finer than a second?',
  judged:
    'By the share of events with stamps of whole seconds: good up to 5 %, weak up to half, missing above. Without a log, from the configuration that makes it.',
  improves: 'stamps',
  look({ logs, settings }) {
    const told = settingsOf(settings, 'stamps')
    if (!logs) {
      if (told.length === 0) return undefined
      const seconds = told.filter((setting) => setting.seconds)
      return {
        verdict: seconds.length === 0 ? 'good' : 'weak',
        found: seconds.length === 0 ? 'They will be.' : 'They will carry whole seconds.',
        todo: seconds.length === 0 ? [] : [advice.stamps['linux-kernel-log']!],
        evidence: settingEvidence(seconds),
      }
    }
    const coarse = sumOf(logs.sources, ({ wholeSeconds }) => wholeSeconds)
    const of = logs.sources.reduce((sum, { connections, lookups }) => sum + connections + lookups, 0)
    if (coarse.n <= 0.05 * of)
      return { verdict: 'good', found: `${percent(of - coarse.n, of)} of ${of} are.` }
    const formats = logs.sources.filter(({ wholeSeconds }) => wholeSeconds.n > 0).map(({ format }) => format)
    return {
      verdict: coarse.n <= 0.5 * of ? 'weak' : 'missing',
      found: `${coarse.n} of ${of} events are stamped in whole seconds.`,
      cost: 'Calls that run in the same second can be told apart by what they name alone; a clock is known to a third of a second at best.',
      todo: advice.adviceFor(advice.stamps, formats),
      evidence: [
        ...tallyEvidence(coarse, 'whole seconds'),
        ...settingEvidence(told.filter((s) => s.seconds)),
      ],
    }
  },
})
