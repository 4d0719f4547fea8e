import { defineCheck } from '../api.ts'
import { sumOf } from '../log-facts.ts'
import { settingsOf } from '../setting.ts'
import { names, settingEvidence, tallyEvidence } from '../words.ts'

export const zones = defineCheck({
  id: 'time.zone',
  question: 'Is the zone of every stamp known?',
  judged:
    'Good when no stamp is local time of an unnamed zone; weak when traces or some logs are; missing when most events are. A zone told with --tz counts as known.',
  improves: 'clocks',
  look({ logs, traces, settings }) {
    if (!logs && !traces) return undefined
    const events = sumOf(logs?.sources ?? [], ({ naive }) => naive)
    const calls = sumOf(traces?.sources ?? [], ({ naive }) => naive)
    const told = settingsOf(settings, 'stamps').filter(({ naive }) => naive)
    if (events.n + calls.n === 0 && told.length === 0) return { verdict: 'good', found: 'It is, everywhere.' }
    const files = [
      ...(logs?.sources ?? []).filter(({ naive }) => naive.n > 0).map(({ path }) => path),
      ...(traces?.sources ?? []).filter(({ naive }) => naive.n > 0).map(({ path }) => path),
    ]
    const [first = 'FILE'] = files
    return {
      verdict: events.n > 0.5 * (logs?.events ?? Number.POSITIVE_INFINITY) ? 'missing' : 'weak',
      found:
        files.length === 0
          ? 'What is configured writes local time without a zone.'
          : `${events.n} events and ${calls.n} calls carry local time of an unnamed zone (${names(files)}).`,
      cost: 'The offset must be guessed from what logs and traces share; where they share too little, nothing is attributed at all.',
      todo: [
        {
          do: 'Say the zone now, and have the sensor write one from now on.',
          where: 'vigiles investigate, vigiles audit',
          config: `--tz '${first.slice(first.lastIndexOf('/') + 1).slice(0, 60)}=Asia/Shanghai'`,
        },
        {
          do: 'Have syslog write dates with an offset.',
          where: '/etc/rsyslog.conf',
          config: '$ActionFileDefaultTemplate RSYSLOG_FileFormat',
        },
      ],
      evidence: [
        ...tallyEvidence(events, 'local time without a zone'),
        ...tallyEvidence(calls, 'local time without a zone'),
        ...settingEvidence(told),
      ],
    }
  },
})
