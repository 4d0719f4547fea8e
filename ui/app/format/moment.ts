// Instants as text in the zone that was chosen: UTC, this computer's, or any IANA zone.

import { parseIso } from '../../../src/base/time.ts'

const quarterMs = 15 * 60_000
const formats = new Map<string, Intl.DateTimeFormat>()
/** Offsets by zone and quarter of an hour: no zone ever changed at another time. */
const offsets = new Map<string, number>()
const offsetsMax = 5_000

/** Minutes that a zone is ahead of UTC at an instant. */
export function offsetMinutes(us: number, zone: string): number {
  if (zone === 'UTC') return 0
  const ms = Math.floor(us / 1000)
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return 0
  const key = `${zone} ${Math.floor(ms / quarterMs)}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size >= offsetsMax) offsets.clear()
  const found = zone === 'local' ? -new Date(ms).getTimezoneOffset() : askIntl(ms, zone)
  offsets.set(key, found)
  return found
}

/** `2026-11-24` and `08:00:00.123456` of an instant, and the zone's name or offset then. */
export function partsAt(us: number, zone: string): { date: string; clock: string; zone: string } {
  const minutes = offsetMinutes(us, zone)
  const ms = Math.floor(us / 1000)
  const shifted = new Date(ms + minutes * 60_000)
  if (Number.isNaN(shifted.getTime())) return { date: '?', clock: '?', zone: '' }
  const iso = shifted.toISOString()
  const rest = String(Math.floor(us - ms * 1000)).padStart(3, '0')
  return {
    date: iso.slice(0, 10),
    clock: `${iso.slice(11, 23)}${rest}`,
    zone: zone === 'UTC' ? 'UTC' : offsetText(minutes),
  }
}

/** `2026-11-24 08:00:00.123 UTC`, with that many digits of the second; what is no stamp comes back as it is. */
export function momentOf(iso: string, zone: string, digits = 0): string {
  const us = usOf(iso)
  if (us === undefined) return iso
  const { date, clock, zone: name } = partsAt(us, zone)
  return `${date} ${clockText(clock, digits)} ${name}`
}

/** `08:00:00` with that many digits of the second. */
export function clockText(clock: string, digits: number): string {
  return clock.slice(0, digits === 0 ? 8 : 9 + digits)
}

/** µs since 1970; undefined for what is no stamp. */
export function usOf(iso: string | null | undefined): number | undefined {
  return iso === null || iso === undefined ? undefined : parseIso(iso)?.us
}

/** `2026-11-24T08:00:00` as clocks of the zone show it, for a field of a form; empty for no instant. */
export function wallText(us: number | undefined, zone: string): string {
  if (us === undefined) return ''
  const { date, clock } = partsAt(us, zone)
  return clock === '?' ? '' : `${date}T${clock.slice(0, 8)}`
}

/** The instant at which clocks of the zone show that; undefined for what is no such text. */
export function usOfWall(text: string, zone: string): number | undefined {
  const time = parseIso(/T\d\d:\d\d$/.test(text) ? `${text}:00` : text)
  if (time?.zone !== 'naive') return undefined
  const guess = time.us - offsetMinutes(time.us, zone) * 60e6
  // Near a change of the offset the guess may lie on its other side.
  return time.us - offsetMinutes(guess, zone) * 60e6
}

/** `+05:30`. */
function offsetText(minutes: number): string {
  const abs = Math.abs(minutes)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`
}

function askIntl(ms: number, zone: string): number {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    formats.set(zone, format)
  }
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}
