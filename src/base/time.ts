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
  if (source.length < 19 || source.length > 40) return undefined
  const year = digits(source, 0, 4)
  const month = digits(source, 5, 2)
  const day = digits(source, 8, 2)
  const hour = digits(source, 11, 2)
  const minute = digits(source, 14, 2)
  const second = digits(source, 17, 2)
  const dateSeparator = source[4]
  if (dateSeparator !== '-' && dateSeparator !== '/') return undefined
  if (source[7] !== dateSeparator || source[13] !== ':' || source[16] !== ':') return undefined
  if (source[10] !== 'T' && source[10] !== ' ' && source[10] !== 't') return undefined
  if (!validDate(year, month, day) || !validClock(hour, minute, second)) return undefined
  let at = 19
  let fractionUs = 0
  let spanUs = 1_000_000
  if (source[at] === '.' || source[at] === ',') {
    const from = ++at
    while (at < source.length && isDigit(source.charCodeAt(at))) at++
    const fraction = source.slice(from, at)
    if (fraction.length === 0 || fraction.length > 12) return undefined
    fractionUs = Number(fraction.slice(0, 6).padEnd(6, '0'))
    spanUs = 10 ** Math.max(0, 6 - fraction.length)
  }
  const offsetMinutes = parseOffset(source, at)
  if (offsetMinutes === undefined) return undefined
  const us =
    utcUs(year, month, day) +
    ((hour * 60 + minute) * 60 + second) * 1_000_000 +
    fractionUs -
    (offsetMinutes === 'naive' ? 0 : offsetMinutes * 60_000_000)
  return { us, spanUs, kind: 'event', zone: offsetMinutes === 'naive' ? 'naive' : 'utc', source }
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
  const ms = Math.floor(whole / 1000)
  const rest = whole - ms * 1000
  const text = new Date(ms).toISOString()
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

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
  const sign = source[at]
  if ((sign === 'Z' || sign === 'z') && at + 1 === source.length) return 0
  const match = /^ ?([+-])(\d\d):?(\d\d)?$/.exec(source.slice(at))
  if (!match) return source.slice(at) === ' UTC' ? 0 : undefined
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  if (minutes > 14 * 60) return undefined
  return match[1] === '-' ? -minutes : minutes
}

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) {
    const c = text.charCodeAt(i)
    if (!isDigit(c)) return Number.NaN
    value = value * 10 + c - 48
  }
  return value
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function validDate(year: number, month: number, day: number): boolean {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

function validClock(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 60
}
