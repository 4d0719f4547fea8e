import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { settingsOf } from '../setting.ts'
import { percent, settingEvidence, tallyEvidence } from '../words.ts'

export const commands = defineCheck({
  id: 'trace.commands',
  question: 'Do traces hold what was run, not only that something was?',
  judged:
    'By the share of calls whose arguments are there and not left out: good from 95 %, weak from half, missing below. Without traces, from the configuration of telemetry.',
  look({ traces, settings }) {
    const told = settingsOf(settings, 'content')
    const off = told.filter(({ on }) => !on)
    if (!traces) {
      if (told.length === 0) return undefined
      return {
        verdict: off.length === 0 ? 'good' : 'missing',
        found: off.length === 0 ? 'They will.' : 'Arguments are left out by configuration.',
        todo: off.length === 0 ? [] : [advice.commands['otlp-json']!],
        evidence: settingEvidence(off),
      }
    }
    const without = sumOf(traces.sources, ({ withoutCommand }) => withoutCommand)
    const has = traces.calls - without.n
    const naming = `${percent(traces.naming, traces.reaching)} of those that can reach anything name a place`
    if (has >= 0.95 * traces.calls)
      return {
        verdict: 'good',
        found: `${percent(has, traces.calls)} of ${traces.calls} calls do; ${naming}.`,
      }
    return {
      verdict: has >= 0.5 * traces.calls ? 'weak' : 'missing',
      found: `${without.n} of ${traces.calls} calls hold no arguments; ${naming}.`,
      cost: 'Only the clock is left to tell calls apart, and no detection can read what was run.',
      todo: advice.adviceFor(
        advice.commands,
        traces.sources.map(({ format }) => format),
      ),
      evidence: [...tallyEvidence(without, 'no arguments'), ...settingEvidence(off)],
    }
  },
})
