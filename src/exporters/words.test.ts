import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { count, counted, oddsText, pText, pValueText, spanText, targetText, whenText } from './words.ts'

describe('numbers in words', () => {
  it('never calls certain what is only nearly so', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (p) => {
        if (p < 1) expect(pText(p)).not.toBe('1.00')
        if (p > 0) expect(pText(p)).not.toBe('0.00')
      }),
    )
  })

  it.each([
    [5.1, '×164'],
    [-0.4, '÷1.5'],
    [0.01, '±0'],
    [40, '×1,000,000+'],
    [Number.POSITIVE_INFINITY, 'certain'],
  ])('says log odds of %s as %s', (logOdds, text) => expect(oddsText(logOdds)).toBe(text))

  it.each([
    [0, '0 ms'],
    [423_000, '7 min 3 s'],
    [-3_600_000, '1 h'],
    [1234, '1.23 s'],
    [90_061_000, '1 d 1 h'],
  ])('says %s ms as %s', (ms, text) => expect(spanText(ms)).toBe(text))

  it('groups thousands, keeps small fractions and knows one from many', () => {
    expect([count(1234567), count(0.4249), count(-12345), counted(1, 'call'), counted(2, 'call')]).toEqual([
      '1,234,567',
      '0.42',
      '-12,345',
      '1 call',
      '2 calls',
    ])
    expect([pValueText(0.0004), pValueText(0.0123), pValueText(0.42)]).toEqual(['< 0.001', '0.012', '0.42'])
  })

  it('shows µs stamps with the digits asked for, and what is no stamp as it is', () => {
    expect(whenText('2026-11-24T08:00:00.123456Z')).toBe('2026-11-24 08:00:00.123 UTC')
    expect(whenText('2026-11-24T08:00:00Z', 0)).toBe('2026-11-24 08:00:00 UTC')
    expect(whenText('yesterday')).toBe('yesterday')
  })
})

describe('a destination', () => {
  const event = {
    uid: '',
    file: '',
    line: 1,
    time: '',
    sourceTime: '',
    class: 'network_activity',
    src: '',
    dst: '2001:db8::1',
    port: 443,
    name: null,
    disposition: null,
    rule: null,
  }

  it('is written so that address and port can be told apart', () => {
    expect(targetText(event)).toBe('[2001:db8::1]:443')
    expect(targetText({ ...event, name: 'pool.example.net' })).toBe('pool.example.net:443 (2001:db8::1)')
    expect(targetText({ ...event, dst: '', port: null })).toBe('an unknown destination')
    expect(targetText({ ...event, class: 'dns_activity', name: 'x.example.com', port: 53 })).toBe(
      'x.example.com',
    )
  })
})
