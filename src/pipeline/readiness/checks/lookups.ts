import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { percent, settingEvidence } from '../words.ts'

export const lookups = defineCheck({
  id: 'log.names',
  question: 'Do the logs know names, not only addresses?',
  judged:
    'Good when DNS lookups are logged or half of the connections carry a name (SNI, Host); weak when some do; missing when none does. Without a log, from the configuration.',
  improves: 'names',
  look({ logs, settings }) {
    const told = settingsOf(settings, 'output').filter(({ output }) => output === 'dns' || output === 'tls')
    const off = told.filter(({ on }) => !on)
    if (!logs) {
      if (told.length === 0) return undefined
      const dns = told.some(({ output, on }) => output === 'dns' && on)
      return {
        verdict: dns ? 'good' : told.length > off.length ? 'weak' : 'missing',
        found: dns ? 'DNS lookups will be logged.' : 'DNS lookups will not be logged.',
        todo: dns ? [] : [advice.lookups['suricata-eve']!],
        evidence: settingEvidence(off),
      }
    }
    const asked = logs.sources.reduce((sum, source) => sum + source.lookups, 0)
    const named = logs.sources.reduce((sum, source) => sum + source.named, 0)
    const { connections } = logs
    if (asked > 0 || named >= 0.5 * Math.max(1, connections)) {
      const found = `${asked} lookups; ${percent(named, connections)} of ${connections} connections carry a name themselves.`
      return { verdict: 'good', found }
    }
    return {
      verdict: named > 0 ? 'weak' : 'missing',
      found: `There are no DNS records, and ${percent(named, connections)} of ${connections} connections carry a name.`,
      cost: 'A command names api.example.com, the log an address: what decides most often between calls that run at once is lost.',
      todo: [
        ...advice.adviceFor(
          advice.lookups,
          logs.sources.map(({ format }) => format),
        ),
        advice.anyLookups,
      ],
      evidence: settingEvidence(off),
    }
  },
})
