import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { percent, settingEvidence } from '../words.ts'

export const allowed = defineCheck({
  id: 'log.allowed',
  question: 'Are connections that were let through logged too, not only denials and alerts?',
  judged:
    'By the share of connections that are neither an alarm nor denied: good from 20 %, weak from 1 %, missing below. Without a log, from the configuration.',
  look({ logs, settings }) {
    const told = [
      ...settingsOf(settings, 'allowed'),
      ...settingsOf(settings, 'output').filter(({ output }) => output === 'flow'),
    ]
    const off = told.filter(({ on }) => !on)
    if (!logs) {
      if (told.length === 0) return undefined
      return {
        verdict: off.length === 0 ? 'good' : off.length < told.length ? 'weak' : 'missing',
        found: off.length === 0 ? 'They will be.' : 'What is configured logs denials or alerts only.',
        todo:
          off.length === 0
            ? []
            : advice.adviceFor(
                advice.allowed,
                off.map(({ product }) => formatOf(product)),
              ),
        evidence: settingEvidence(off),
      }
    }
    const { connections } = logs
    if (connections === 0) return { verdict: 'unknown', found: 'The logs hold no connection at all.' }
    if (logs.sources.some(({ format }) => format === 'vigiles-journal'))
      return { verdict: 'good', found: 'A recording of vigiles run holds allowed and denied alike.' }
    const alarms = logs.sources.reduce((sum, source) => sum + Math.min(source.alarms, source.connections), 0)
    const quiet = connections - alarms
    if (quiet >= 0.2 * connections)
      return {
        verdict: 'good',
        found: `${percent(quiet, connections)} of ${connections} connections are no alarm.`,
      }
    return {
      verdict: quiet >= 0.01 * connections ? 'weak' : 'missing',
      found: `${percent(alarms, connections)} of ${connections} connections are alarms or denials: the rest was not logged.`,
      cost: 'A tunnel through an allowed host leaves no line; clocks are aligned by everyday traffic, and without it they often cannot be.',
      todo: advice.adviceFor(
        advice.allowed,
        logs.sources.map(({ format }) => format),
      ),
      evidence: settingEvidence(off),
    }
  },
})

function formatOf(product: string): string {
  if (product === 'Suricata') return 'suricata-eve'
  return product === 'cloud flow logs' ? 'aws-vpc-flow' : 'linux-kernel-log'
}
