import { describe, expect, it } from 'vitest'
import { isoOf, rangeBetween, rangeOf } from './range.ts'

describe('a span of time', () => {
  it('is two stamps in order, else there is none', () => {
    const [from, to] = ['2026-11-24T08:00:00Z', '2026-11-24T09:00:00Z']
    expect(rangeOf({ from, to })).toEqual({ from, to })
    expect(rangeOf({ from: to, to: from })).toBeUndefined()
    expect(rangeOf({ from, to: from })).toBeUndefined()
    expect(rangeOf({ from, to: '<script>' })).toBeUndefined()
    expect(rangeOf({ from })).toBeUndefined()
  })

  it('keeps microseconds, whichever end was dragged first', () => {
    expect(rangeBetween(1_000_000_000_123_457, 1_000_000_000_123_456)).toEqual({
      from: '2001-09-09T01:46:40.123456Z',
      to: '2001-09-09T01:46:40.123457Z',
    })
    expect(isoOf(0)).toBe('1970-01-01T00:00:00.000000Z')
  })
})
