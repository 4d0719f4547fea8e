import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { settingsOf } from '../setting.ts'
import { callsText, percent, settingEvidence, tallyEvidence } from '../words.ts'

export const windows = defineCheck({
  id: 'time.windows',
  question: 'Do records stand for moments, not for windows of a minute or ten?',
  judged:
    'By the share of records wider than 5 s: good up to 5 %, weak up to half, missing above. Without a log, from how flow logs are set up.',
  improves: 'stamps',
  look({ logs, settings, odds }) {
    const told = settingsOf(settings, 'window').filter(({ seconds }) => seconds > 5)
    if (!logs) {
      if (settingsOf(settings, 'window').length === 0) return undefined
      const widest = Math.max(0, ...told.map(({ seconds }) => seconds))
      if (widest === 0) return { verdict: 'good', found: 'Flow logs are gathered over 5 s at most.' }
      return {
        verdict: widest > 60 ? 'missing' : 'weak',
        found: `Flow logs are gathered over ${widest} s.`,
        todo: Object.values(advice.windows),
        evidence: settingEvidence(told),
      }
    }
    const wide = sumOf(logs.sources, (source) => source.windows)
    const of = logs.sources.reduce((sum, { connections, lookups }) => sum + connections + lookups, 0)
    if (wide.n <= 0.05 * of) return { verdict: 'good', found: `${percent(of - wide.n, of)} of ${of} do.` }
    const from = logs.sources.filter((source) => source.windows.n > 0)
    const seconds = Math.max(...from.map(({ windowSeconds }) => windowSeconds))
    const today = odds?.today
    return {
      verdict: wide.n <= 0.5 * of ? 'weak' : 'missing',
      found: `${wide.n} of ${of} records stand for windows, of ${Math.round(seconds)} s at the median.`,
      cost: `All calls of such a window fit${today ? `: on average ${callsText(today.sharedMean)}` : ''}, and the clock can't be aligned by them.`,
      todo: [
        ...advice.adviceFor(
          advice.windows,
          from.map(({ format }) => format),
        ),
        advice.conntrack,
      ],
      evidence: [...tallyEvidence(wide, `a window of ${Math.round(seconds)} s`), ...settingEvidence(told)],
    }
  },
})
