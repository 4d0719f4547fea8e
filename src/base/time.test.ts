import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseEpochByDigits,
  parseEpochSeconds,
  parseIso,
  parseSyslog,
  toIso,
  utcUs,
  withYearNear,
} from './time.ts'

describe('parseIso', () => {
  it.each([
    ['2021-06-06T15:59:46.457984+0200', '2021-06-06T13:59:46.457984Z', 1, 'utc'],
    ['2021-06-06T15:59:46.457984-02:30', '2021-06-06T18:29:46.457984Z', 1, 'utc'],
    ['2021-06-06T15:59:46+05', '2021-06-06T10:59:46.000000Z', 1_000_000, 'utc'],
    ['2019-06-14T03:45:37.186193305Z', '2019-06-14T03:45:37.186193Z', 1, 'utc'],
    ['2024-05-07T18:54:19.3z', '2024-05-07T18:54:19.300000Z', 100_000, 'utc'],
    ['2018-02-27 11:58:15', '2018-02-27T11:58:15.000000Z', 1_000_000, 'naive'],
    ['2021/11/23 00:44:44,123', '2021-11-23T00:44:44.123000Z', 1_000, 'naive'],
    ['2026-11-24 08:00:00.5 UTC', '2026-11-24T08:00:00.500000Z', 100_000, 'utc'],
    ['2026-11-24 08:00:00 +0000', '2026-11-24T08:00:00.000000Z', 1_000_000, 'utc'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000000Z', 1_000_000, 'utc'],
    ['1969-12-31T16:00:00.000-08:00', '1970-01-01T00:00:00.000000Z', 1_000, 'utc'],
  ])('reads %s', (source, iso, spanUs, zone) => {
    const time = parseIso(source)!
    expect(toIso(time.us)).toBe(iso)
    expect(time).toMatchObject({ spanUs, zone, kind: 'event', source })
  })

  it.each([
    '',
    '2021-06-06',
    '2021-02-29T00:00:00Z',
    '2021-13-01T00:00:00Z',
    '2021-06-06T24:00:00Z',
    '2021-06-06T15:59:46.Z',
    '2021-06-06T15:59:46.1234567890123Z',
    '2021-06-06T15:59:46+15:00',
    '2021-06-06T15:59:46+2',
    '2021-06-06T15:59:46 EDT',
    '2021-06/06T15:59:46Z',
    '2021-06-06T15:59:46Zjunk',
    'Oct 10 2021 07:25:12',
  ])('refuses %j', (source) => {
    expect(parseIso(source)).toBeUndefined()
  })

  it('agrees with the platform on every millisecond stamp, whatever was read before', () => {
    const instant = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) })
    fc.assert(
      fc.property(instant, instant, (ms, before) => {
        parseIso(new Date(before).toISOString())
        const source = new Date(ms).toISOString()
        if (source.startsWith('0000')) return
        expect(parseIso(source)!.us).toBe(ms * 1000)
      }),
    )
  })

  it('agrees with the platform on offsets', () => {
    fc.assert(
      fc.property(fc.integer({ min: -14 * 60, max: 14 * 60 }), fc.boolean(), (minutes, colon) => {
        const two = (n: number) => String(n).padStart(2, '0')
        const abs = Math.abs(minutes)
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}${colon ? ':' : ''}${two(abs % 60)}`
        const time = parseIso(`2026-11-24T08:00:00${offset}`)!
        expect(time.us).toBe(utcUs(2026, 11, 24) + (8 * 60 - minutes) * 60_000_000)
      }),
    )
  })

  it('is total', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary', minLength: 19, maxLength: 40 })),
        (text) => {
          const time = parseIso(text)
          if (time) expect(Number.isFinite(time.us)).toBe(true)
        },
      ),
    )
  })
})

describe('the other stamps', () => {
  it('reads epoch seconds with the resolution that was written', () => {
    expect(parseEpochSeconds('1672843056.913119')).toMatchObject({ us: 1_672_843_056_913_119, spanUs: 1 })
    expect(parseEpochSeconds(1418530010)).toMatchObject({ us: 1_418_530_010_000_000, spanUs: 1_000_000 })
    expect(parseEpochSeconds(1591367999.43, 1)).toMatchObject({ us: 1_591_367_999_430_000, spanUs: 1 })
    expect(parseEpochSeconds('-1')).toBeUndefined()
    expect(parseEpochSeconds('1e9')).toBeUndefined()
  })

  it('tells the unit of an epoch integer by its digits', () => {
    const second = 1_557_513_467
    for (const [source, us] of [
      ['1557513467', second * 1e6],
      ['1557513467369', second * 1e6 + 369_000],
      ['1557513467369913', second * 1e6 + 369_913],
      ['1557513467369913239', second * 1e6 + 369_913],
    ] as const) {
      expect(parseEpochByDigits(source)!.us).toBe(us)
    }
  })

  it('gives a syslog stamp the year that brings it near', () => {
    const newYear = utcUs(2027, 1, 1)
    const december = parseSyslog('Dec 31 23:59:59')!
    expect(december.zone).toBe('yearless')
    expect(toIso(withYearNear(december, newYear).us)).toBe('2026-12-31T23:59:59.000000Z')
    expect(toIso(withYearNear(parseSyslog('Jan  1 00:00:01')!, newYear - 1).us)).toBe(
      '2027-01-01T00:00:01.000000Z',
    )
    expect(toIso(withYearNear(parseSyslog('Mar  1 00:00:00')!, newYear).us)).toBe(
      '2027-03-01T00:00:00.000000Z',
    )
    expect(toIso(withYearNear(parseSyslog('Feb 29 12:00:00')!, utcUs(2028, 6, 1)).us)).toBe(
      '2028-02-29T12:00:00.000000Z',
    )
    expect(parseSyslog('Feb 30 12:00:00')).toBeUndefined()
  })
})
