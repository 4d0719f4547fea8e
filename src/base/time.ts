// Reads the stamps that logs write. Never `Date.parse`: it takes naive text as local and cuts digits beyond ms.

/**
 * The instant a record speaks of, as an interval `[us, us + spanUs)` on the source's own clock.
 *
 * Microseconds since the Unix epoch fit a double exactly until the year 2255.
 */
export interface Time {
  /** Earliest instant meant, in µs since 1970-01-01T00:00:00Z, before any clock correction. */
  readonly us: number
  /** Width of what is meant, in µs: 1 for µs stamps, 1e6 for whole seconds, the window for aggregates. */
  readonly spanUs: number
  /** `ingest`: when the record reached a log, not when the act took place. */
  readonly kind: 'event' | 'ingest'
  /**
   * `utc`: the zone is known. `naive`: local time of an unknown zone, read as if it were UTC.
   * `yearless`: naive and without a year; `us` then lies in the leap year 2000.
   * `uptime`: seconds since a boot that is not known; only differences mean something.
   */
  readonly zone: 'utc' | 'naive' | 'yearless' | 'uptime'
  /** What the source wrote, untouched. */
  readonly source: string
}

const dayUs = 86_400_000_000

/**
 * ISO 8601 / RFC 3339: `2021-06-06T15:59:46.457984+0200`, `…Z`, a space for the `T`, `,` for the point, naive
 * without offset. Up to nanoseconds are read and cut to µs. Undefined when it is not such a stamp.
 */
export function parseIso(source: string): Time | undefined {
  const length = source.length
  if (length < 19 || length > 40) return undefined
  const dateSeparator = source.charCodeAt(4)
  if (dateSeparator !== DASH && dateSeparator !== SLASH) return undefined
  if (source.charCodeAt(7) !== dateSeparator) return undefined
  const between = source.charCodeAt(10)
  if (between !== 84 && between !== 32 && between !== 116) return undefined // T, space, t
  if (source.charCodeAt(13) !== COLON || source.charCodeAt(16) !== COLON) return undefined
  const midnightUs = dateUs(
    twoDigits(source, 0) * 100 + twoDigits(source, 2),
    twoDigits(source, 5),
    twoDigits(source, 8),
  )
  if (midnightUs === undefined) return undefined
  const hour = twoDigits(source, 11)
  const minute = twoDigits(source, 14)
  const second = twoDigits(source, 17)
  if (!validClock(hour, minute, second)) return undefined
  let at = 19
  let fractionUs = 0
  let spanUs = 1_000_000
  const point = source.charCodeAt(at)
  if (point === 46 || point === 44) {
    const from = ++at
    for (; at < length; at++) {
      const digit = source.charCodeAt(at) - 48
      if (digit < 0 || digit > 9) break
      if (at - from < 6) fractionUs = fractionUs * 10 + digit
    }
    const count = at - from
    if (count === 0 || count > 12) return undefined
    spanUs = count < 6 ? (powersOfTen[6 - count] ?? 1) : 1
    fractionUs *= spanUs
  }
  const offsetMinutes = parseOffset(source, at)
  if (offsetMinutes === undefined) return undefined
  const naive = offsetMinutes === 'naive'
  const us =
    midnightUs +
    ((hour * 60 + minute) * 60 + second) * 1_000_000 +
    fractionUs -
    (naive ? 0 : offsetMinutes * 60_000_000)
  return { us, spanUs, kind: 'event', zone: naive ? 'naive' : 'utc', source }
}

const powersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const SLASH = 47
const DASH = 45
const COLON = 58

/** The date asked for last: a log's lines mostly share it. */
let lastDate = 0
let lastDateUs = 0

/** µs of midnight UTC of a date; undefined when there is no such date. */
function dateUs(year: number, month: number, day: number): number | undefined {
  const date = year * 10_000 + month * 100 + day
  if (date === lastDate) return lastDateUs
  if (!validDate(year, month, day)) return undefined
  lastDate = date
  lastDateUs = utcUs(year, month, day)
  return lastDateUs
}

/**
 * Epoch seconds as text or number, with any fraction: `1672843056.913119`. The resolution is the digits
 * written; a number that came through JSON has lost its trailing zeros, so `spanUs` can state the format's own.
 */
export function parseEpochSeconds(value: string | number, spanUs?: number): Time | undefined {
  const source = String(value)
  const match = /^(\d{1,12})(?:\.(\d{1,12}))?$/.exec(source)
  if (!match) return undefined
  const fraction = match[2] ?? ''
  const us = Number(match[1]) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
  return {
    us,
    spanUs: spanUs ?? 10 ** Math.max(0, 6 - fraction.length),
    kind: 'event',
    zone: 'utc',
    source,
  }
}

/**
 * An epoch integer whose unit is told by its number of digits: 10 s, 13 ms, 16 µs, 19 ns (FortiGate, CEF).
 * Text is preferred: ns as a JSON number has lost its last digits.
 */
export function parseEpochByDigits(value: string | number): Time | undefined {
  const source = String(value)
  if (!/^\d{9,20}$/.test(source)) return undefined
  const n = source.length
  const [us, spanUs] =
    n <= 11
      ? [Number(source) * 1e6, 1_000_000]
      : n <= 14
        ? [Number(source) * 1e3, 1_000]
        : n <= 17
          ? [Number(source), 1]
          : [Number(source.slice(0, -3)), 1]
  return { us, spanUs, kind: 'event', zone: 'utc', source }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 3164 syslog, `Jan  8 03:37:09`: local time, no year. `us` lies in the leap year 2000 until a year is known. */
export function parseSyslog(source: string): Time | undefined {
  const match = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/.exec(source)
  if (!match) return undefined
  const month = months.indexOf(match[1]!) + 1
  const [day, hour, minute, second] = [match[2], match[3], match[4], match[5]].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  if (month === 0 || !validDate(2000, month, day) || !validClock(hour, minute, second)) return undefined
  const fraction = match[6] ?? ''
  return {
    us:
      utcUs(2000, month, day) +
      ((hour * 60 + minute) * 60 + second) * 1_000_000 +
      Number(fraction.slice(0, 6).padEnd(6, '0')),
    spanUs: 10 ** Math.max(0, 6 - fraction.length),
    kind: 'event',
    zone: 'yearless',
    source,
  }
}

/** The year that brings a yearless stamp closest to `nearUs`; returns it as a naive time of that year. */
export function withYearNear(time: Time, nearUs: number): Time {
  const rest = time.us - utcUs(2000, 1, 1)
  const nearYear = new Date(nearUs / 1000).getUTCFullYear()
  let best = time.us
  let bestDistance = Number.POSITIVE_INFINITY
  for (let year = nearYear - 1; year <= nearYear + 1; year++) {
    // 2000 is a leap year: after February, a common year is one day shorter.
    const leap = validDate(year, 2, 29)
    const afterFebruary = rest >= 60 * dayUs
    if (!leap && rest >= 59 * dayUs && !afterFebruary) continue
    const us = utcUs(year, 1, 1) + rest - (!leap && afterFebruary ? dayUs : 0)
    if (Math.abs(us - nearUs) < bestDistance) {
      best = us
      bestDistance = Math.abs(us - nearUs)
    }
  }
  return { ...time, us: best, zone: 'naive' }
}

/** ISO 8601 in UTC with µs: `2026-11-24T08:00:00.123456Z`. */
export function toIso(us: number): string {
  const whole = Math.floor(us)
  const second = Math.floor(whole / 1_000_000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -4)
    lastSecond = second
  }
  return `${lastText}${String(whole - second * 1_000_000).padStart(6, '0')}Z`
}

/** Stamps come by the thousand in a second: up to its point the text is the same. */
let lastSecond: number | undefined
let lastText = ''

/** µs of midnight UTC of a civil date (proleptic Gregorian; the days-from-civil method of H. Hinnant). */
export function utcUs(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * dayUs
}

function parseOffset(source: string, at: number): number | 'naive' | undefined {
  if (at === source.length) return 'naive'
  const first = source.charCodeAt(at)
  if ((first === 90 || first === 122) && at + 1 === source.length) return 0 // Z, z
  const from = first === 32 ? at + 1 : at
  const sign = source.charCodeAt(from)
  if (sign !== 43 && sign !== DASH) return source.slice(at) === ' UTC' ? 0 : undefined
  let minutes = twoDigits(source, from + 1) * 60
  const rest = source.length - (from + 3)
  if (rest !== 0) {
    const colon = source.charCodeAt(from + 3) === COLON ? 1 : 0
    // `+02:` without minutes has been written, too.
    if (rest > colon) minutes += rest === 2 + colon ? twoDigits(source, from + 3 + colon) : Number.NaN
  }
  if (!(minutes <= 14 * 60)) return undefined
  return sign === DASH ? -minutes : minutes
}

function twoDigits(text: string, from: number): number {
  const tens = text.charCodeAt(from) - 48
  const ones = text.charCodeAt(from + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function validDate(year: number, month: number, day: number): boolean {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

function validClock(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 60
}
