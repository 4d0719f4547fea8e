import type { ReadinessTodo } from '../../../schema/readiness.ts'
import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { names, settingEvidence } from '../words.ts'

/** Long enough for someone to look, as far as anybody knows; and shorter than a long week-end. */
const enoughDays = 30
const fewDays = 4

const fixes: Readonly<Record<string, string>> = {
  'Claude Code': '"cleanupPeriodDays": 99999',
  logrotate: 'rotate 90\nmaxage 90',
  ROCK: 'max_age_mins: 129600   # 90 days',
  Zeek: 'LogExpireInterval = 90 day',
  'Docker compose': 'logging: { driver: json-file, options: { max-size: "100m", max-file: "20" } }',
}

export const kept = defineCheck({
  id: 'kept',
  question: 'Are logs and traces kept until somebody looks?',
  judged:
    'From logrotate, cleanupPeriodDays, ROCK clean-up tasks and the like: good from 30 days, weak from 4, missing below (a long week-end).',
  look({ settings }) {
    const known = settingsOf(settings, 'kept')
    if (known.length === 0)
      return {
        verdict: 'unknown',
        found:
          'No configuration was given that says how long they are kept (logrotate, Claude Code settings, ROCK).',
        todo: [
          {
            do: 'Give it too.',
            config: 'vigiles audit LOGS TRACES /etc/logrotate.d ~/.claude/settings.json',
          },
        ],
      }
    const short = known.filter(({ days }) => days !== null && days < enoughDays)
    const days = ({ days }: (typeof known)[number]) => days ?? Number.POSITIVE_INFINITY
    short.sort((a, b) => days(a) - days(b))
    if (short.length === 0) {
      const least = Math.min(...known.map(days))
      return {
        verdict: 'good',
        found: Number.isFinite(least) ? `For ${Math.floor(least)} days at least.` : 'For ever.',
      }
    }
    const todo: ReadinessTodo[] = []
    for (const { product, file } of short) {
      const config = fixes[product]
      if (config !== undefined && !todo.some((one) => one.config === config))
        todo.push({ do: 'Keep them for three months.', where: file, config })
    }
    return {
      verdict: days(short[0]!) < fewDays ? 'missing' : 'weak',
      found: `${names(short.map((one) => `${one.what} (${one.product}): ${spanOf(days(one))}`))}.`,
      cost: 'A firewall team asks weeks later; by then one side of the comparison is gone.',
      todo,
      evidence: settingEvidence(short),
    }
  },
})

function spanOf(days: number): string {
  if (days === 0) return 'not kept at all'
  const hours = Math.round(days * 24)
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.round(days)} days`
}
