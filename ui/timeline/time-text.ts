// Times as text in the reader's zone, and the round steps an axis is labelled with.

import type { Zone } from './types.ts'

interface Parts {
  readonly date: string
  readonly clock: string
}

/** `2026-11-24` and `08:00:00.123456` of an instant in µs. */
export function partsOf(us: number, zone: Zone): Parts {
  const ms = Math.floor(us / 1000)
  const date = new Date(ms + offsetMinutes(ms, zone) * 60_000)
  if (Number.isNaN(date.getTime())) return { date: '?', clock: '?' }
  const iso = date.toISOString()
  const rest = String(Math.floor(us - ms * 1000)).padStart(3, '0')
  return { date: iso.slice(0, 10), clock: `${iso.slice(11, 23)}${rest}` }
}

/** `2026-11-24 08:00:00.123 UTC`; `digits` of the fraction, 0 to 6. */
export function momentText(us: number, zone: Zone, digits = 3): string {
  const { date, clock } = partsOf(us, zone)
  return `${date} ${clock.slice(0, digits === 0 ? 8 : 9 + digits)} ${zoneName(us, zone)}`
}

/** `UTC`, or `+02:00` of that zone at that time. */
export function zoneName(us: number, zone: Zone): string {
  if (isUtc(zone)) return 'UTC'
  const minutes = offsetMinutes(us / 1000, zone)
  const abs = Math.abs(minutes)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`
}

function isUtc(zone: Zone): boolean {
  return zone === 'utc' || zone === 'UTC'
}

/** Whether a text names a zone that this browser knows. */
export function isZone(name: string): boolean {
  if (isUtc(name) || name === 'local') return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** As many as there are zones in the world, at most. */
const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()
const offsetsMax = 2_000

/** Minutes that a zone is ahead of UTC. Asked once a quarter of an hour: no zone changes in between. */
function offsetMinutes(ms: number, zone: Zone): number {
  if (isUtc(zone) || !Number.isFinite(ms)) return 0
  if (zone === 'local') return -new Date(ms).getTimezoneOffset()
  const quarter = Math.floor(ms / 900_000)
  const key = `${zone} ${quarter}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size >= offsetsMax) offsets.clear()
  const offset = isZone(zone) ? askOffset(quarter * 900_000, zone) : 0
  offsets.set(key, offset)
  return offset
}

function askOffset(ms: number, zone: Zone): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    formats.set(zone, format)
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):?(\d{2})?/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

const second = 1e6
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const steps: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * 1000),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 30, 60, 120, 365, 730, 1826, 3652, 18_262].map((n) => n * day),
]

export interface Tick {
  readonly us: number
  readonly text: string
  /** Set on the first tick of a day. */
  readonly date?: string
}

/** Round moments in [fromUs, toUs], at most about `max`, in the reader's zone. */
export function ticks(fromUs: number, toUs: number, max: number, zone: Zone): readonly Tick[] {
  const least = (toUs - fromUs) / Math.max(1, max)
  const step = steps.find((s) => s >= least) ?? 18_262 * day
  // Steps are round in the reader's zone, which may be off by hours or half hours, and change its offset in between.
  const local = (us: number) => us + offsetMinutes(us / 1000, zone) * minute
  const found: Tick[] = []
  let lastDate = ''
  for (let at = Math.ceil(local(fromUs) / step) * step; found.length < 200; at += step) {
    const roughly = at - offsetMinutes(fromUs / 1000, zone) * minute
    const us = at - offsetMinutes(roughly / 1000, zone) * minute
    if (us > toUs) break
    if (us < fromUs || us <= (found.at(-1)?.us ?? Number.NEGATIVE_INFINITY)) continue
    const { date, clock } = partsOf(us, zone)
    const text = step >= day ? date.slice(5) : clock.slice(0, clockDigits(step))
    found.push(date !== lastDate ? { us, text, date } : { us, text })
    lastDate = date
  }
  return found
}

function clockDigits(step: number): number {
  if (step >= minute) return 5
  if (step >= second) return 8
  return step >= 1000 ? 12 : 15
}
