import { spanText } from '../../../exporters/words.ts'
import { defineCheck } from '../api.ts'
import { names, percent } from '../words.ts'

const closeMs = 500

export const clocks = defineCheck({
  id: 'clock.aligned',
  question: "Are the sensors' clocks aligned with the traces?",
  judged:
    'By the share of events whose clock could be proven: good when all are, to half a second or better; weak when at least half are; missing below.',
  improves: 'clocks',
  look({ clocks, logs, traces }) {
    if (!logs || !traces) return undefined
    const sensors = clocks.filter(({ side, events }) => side === 'network' && events > 0)
    const of = sensors.reduce((sum, { events }) => sum + events, 0)
    if (of === 0) return undefined
    const aligned = sensors.filter((clock) => clock.aligned)
    const proven = aligned.reduce((sum, { events }) => sum + events, 0)
    const worst = aligned.reduce((max, { sdMs }) => Math.max(max, sdMs), 0)
    const off = aligned.filter(({ offsetMs }) => Math.abs(offsetMs) >= 1000)
    const astray = sensors.filter((clock) => !clock.aligned)
    const offText = off.map(
      ({ domain, offsetMs }) =>
        `${domain} is ${spanText(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}`,
    )
    const ntp = {
      do: 'Keep sensors, workers and trainers on one time source, and log how far off they are.',
      where: '/etc/chrony/chrony.conf',
      config: 'server ntp.example.com iburst\nlog tracking',
    }
    if (astray.length === 0 && worst <= closeMs) {
      return {
        verdict: off.length > 0 ? 'weak' : 'good',
        found: `They are, to ${spanText(worst)}${off.length > 0 ? `, but only because it could be computed: ${names(offText)}` : ''}.`,
        cost: off.length > 0 ? 'On a day with few alarms there is not enough to compute it from.' : '',
        todo: off.length > 0 ? [ntp] : [],
      }
    }
    return {
      verdict: proven >= 0.5 * of ? 'weak' : 'missing',
      found:
        astray.length > 0
          ? `${percent(of - proven, of)} of the events are stamped by clocks that could not be aligned (${names(
              astray.map(({ domain, note }) => `${domain}: ${note}`),
              2,
            )}).`
          : `They are known only to ${spanText(worst)}.`,
      cost: 'Windows are widened by what the clock may be off, and nothing is attributed on time alone.',
      todo: [
        ntp,
        {
          do: 'Let every sandbox ask for a name of its own when it starts: it stands in both records and aligns them.',
          where: "the sandbox's start-up",
          config: 'getent hosts "start-$(hostname)-$(date +%s).canary.example.com"',
        },
      ],
      evidence: astray
        .slice(0, 4)
        .map(({ domain, note }) => ({ file: domain, line: null, text: note.slice(0, 200) })),
    }
  },
})
