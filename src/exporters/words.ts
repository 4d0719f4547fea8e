// Numbers as a tired reader understands them. Shared by the terminal's answer and the report.

import { parseIso } from '../base/time.ts'
import type { AttributionLine, GroupTestSummary, Summary } from '../schema/summary.ts'

/** `0.973` → `0.97`; never `1.00` or `0.00` for what is only nearly so. */
export function pText(p: number): string {
  if (!Number.isFinite(p)) return '?'
  if (p > 0.995 && p < 1) return '> 0.99'
  if (p > 0 && p < 0.005) return '< 0.01'
  return p.toFixed(2)
}

/** A p-value: `0.001`, `< 0.001`, `0.42`. */
export function pValueText(p: number): string {
  if (!Number.isFinite(p)) return '?'
  if (p < 0.001) return '< 0.001'
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2)
}

/** Natural log odds in words: `×20`, `÷4`, `±0`. Beyond a million it is only said to be beyond. */
export function oddsText(logOdds: number): string {
  if (!Number.isFinite(logOdds)) return logOdds > 0 ? 'certain' : 'excluded'
  const factor = Math.exp(Math.abs(logOdds))
  if (factor < 1.05) return '±0'
  const sign = logOdds > 0 ? '×' : '÷'
  if (factor > 1e6) return `${sign}1,000,000+`
  if (factor < 10) return `${sign}${Number(factor.toFixed(1))}`
  return `${sign}${count(Math.round(factor))}`
}

/** `12345.6` → `12,346`; small numbers keep two digits: `0.42`. */
export function count(n: number): string {
  if (!Number.isFinite(n)) return '?'
  if (!Number.isInteger(n) && Math.abs(n) < 100) return String(Number(n.toPrecision(2)))
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1,200 bytes`, `1 call`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** Milliseconds as the two largest units that matter: `420 ms`, `7 min 3 s`, `3 d 4 h`. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return '?'
  const abs = Math.abs(ms)
  if (abs < 1000) return `${Number(abs.toPrecision(3))} ms`
  if (abs < 60_000) return `${Number((abs / 1000).toFixed(abs < 10_000 ? 2 : 1))} s`
  const parts: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ]
  const at = parts.findIndex(([size]) => abs >= size)
  const [size, unit] = parts[at]!
  const [nextSize, nextUnit] = parts[at + 1] ?? [1, 'ms']
  const first = Math.floor(abs / size)
  const second = Math.floor((abs - first * size) / nextSize)
  return second > 0 && nextUnit !== 'ms' ? `${first} ${unit} ${second} ${nextUnit}` : `${first} ${unit}`
}

/** ISO UTC with µs → `2026-11-24 08:00:00.123 UTC`. What is no stamp comes back as it is. */
export function whenText(iso: string, digits = 3): string {
  if (parseIso(iso) === undefined) return iso
  const point = digits === 0 ? 19 : 20 + digits
  return `${iso.slice(0, 10)} ${iso.slice(11, point).replace(/[Z+].*$/, '')} UTC`
}

/** Whether coincidences were compared with chance at all; without calls or events of one address they cannot be. */
export function isTested(attribution: {
  readonly coincidences: number
  readonly expectedByChance: number
}): boolean {
  return attribution.coincidences > 0 || attribution.expectedByChance > 0
}

/**
 * How much the clock alone says: coincidences of this destination's events, or of the whole case's alarms, beside
 * what chance would give.
 */
export function chanceText(
  event: AttributionLine['event'],
  all: Summary['attribution'],
  groups: readonly GroupTestSummary[] = [],
): string {
  const target = event.name ?? event.dst
  const group = groups.find(
    (g) => g.by === 'destination' && (g.name === target || g.name === `${target}:${event.port}`),
  )
  if (group !== undefined) {
    // The test weighs how closely they follow, not only how many: it may tell where the counts do not.
    const verdict = group.significant ? 'is more than chance gives' : 'may be chance'
    return `of ${counted(group.events, 'event')} at this destination, ${count(group.coincidences)} came while some call ran, by chance alone ${count(group.expectedByChance)} would; how closely they follow calls ${verdict} (p-value ${pValueText(group.pValue)})`
  }
  if (!isTested(all)) return 'not tested: the case holds too little to shift the calls in time and compare'
  return `of ${counted(all.coincidencesOf, 'alarmed connection')} in the whole case, ${count(all.coincidences)} came while some call of their address ran; by chance alone ${count(all.expectedByChance)} would`
}

/** What an event tried to reach: a name with its address, and the port. */
export function targetText(event: AttributionLine['event']): string {
  const host = event.name ?? event.dst
  const port = event.port === null || event.class === 'dns_activity' ? '' : `:${event.port}`
  const shown = host.includes(':') && port !== '' ? `[${host}]` : host
  const address = event.name !== null && event.dst !== '' && event.dst !== event.name ? ` (${event.dst})` : ''
  return host === ''
    ? 'an unknown destination'
    : `${shown}${port}${event.class === 'dns_activity' ? '' : address}`
}

/** The alarm in one phrase: `blocked tcp-reset-rule: 10.0.0.4 to pool.example.com:3333 (203.0.113.9)`. */
export function eventText(event: AttributionLine['event']): string {
  const kind = event.class.replace('_activity', '').replace('_', ' ')
  const what = event.class === 'dns_activity' ? 'asked for' : 'to'
  return [
    event.disposition ?? '',
    event.rule ?? kind,
    '–',
    event.src === '' ? 'unknown source' : event.src,
    what,
    targetText(event),
  ]
    .filter((part) => part !== '')
    .join(' ')
}

export const noneWords: Readonly<Record<string, string>> = {
  'periodic-job': 'a periodic job',
  'host-daemon': 'a daemon of the host',
  outside: 'somebody outside',
  'unrecorded-agent': 'an agent whose calls were not recorded',
}

export const tierWords: Readonly<Record<string, string>> = {
  identity: 'identity: a record made outside the sandbox names the call',
  content: 'content: the call names what was reached',
  time: 'time: only the clock connects them',
  none: 'none: nothing connects them',
}
