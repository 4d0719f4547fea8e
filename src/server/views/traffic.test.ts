import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Minutes } from '../live/minutes.ts'
import { trafficOf } from './traffic.ts'

const now = Date.UTC(2026, 10, 24, 12, 0, 30)
const minute = 60_000
const anyTime = { fromMs: undefined, toMs: undefined }

function minutesOf(...all: readonly (readonly [ms: number, allowed: number, blocked: number])[]): Minutes {
  const minutes = new Minutes()
  for (const [ms, allowed, blocked] of all) {
    minutes.add(ms, 'allowed', allowed)
    minutes.add(ms, 'blocked', blocked)
  }
  return minutes
}

describe('connections over time', () => {
  it('are those of the last hour while something runs, the minute that goes on included', () => {
    const runs = [minutesOf([now, 2, 1], [now - 61 * minute, 5, 5]), minutesOf([now - 10_000, 3, 0])]
    const { bins, from, to, stepSeconds, isLive } = trafficOf(runs, anyTime, now, true)
    expect([from, to, stepSeconds, isLive, bins.length]).toEqual([
      '2026-11-24T11:01:00.000Z',
      '2026-11-24T12:01:00.000Z',
      60,
      true,
      60,
    ])
    expect(bins.at(-1)).toEqual({ time: '2026-11-24T12:00:00.000Z', allowed: 5, blocked: 1 })
    expect(bins.reduce((sum, bin) => sum + bin.allowed, 0)).toBe(5)
  })

  it('are those of the last hour in which there were any, when nothing runs', () => {
    const old = Date.UTC(2024, 0, 1, 7, 30)
    const { bins, isLive } = trafficOf([minutesOf([old, 4, 2])], anyTime, now, false)
    expect(isLive).toBe(false)
    expect(bins.at(-1)).toEqual({ time: '2024-01-01T07:30:00.000Z', allowed: 4, blocked: 2 })
  })

  it('are not hidden by a recording whose clock is ahead, by days or by millennia', () => {
    const runs = [
      minutesOf([now - 5 * minute, 1, 0]),
      minutesOf([Date.UTC(9999, 0), 9, 9], [now + 3 * 86_400_000, 9, 9]),
    ]
    const { bins } = trafficOf(runs, anyTime, now, false)
    expect(bins.at(-1)).toEqual({ time: '2026-11-24T11:55:00.000Z', allowed: 1, blocked: 0 })
  })

  it('lose and double none, whatever span is asked for, in at most 240 bins', () => {
    const spans = fc.record({
      fromMs: fc.integer({ min: now - 3 * 86_400_000, max: now + 86_400_000 }),
      toMs: fc.integer({ min: now - 3 * 86_400_000, max: now + 86_400_000 }),
    })
    const stamps = fc.array(fc.integer({ min: now - 3 * 86_400_000, max: now }), { maxLength: 50 })
    fc.assert(
      fc.property(spans, stamps, (span, times) => {
        const { bins, from, to } = trafficOf(
          [minutesOf(...times.map((ms) => [ms, 1, 1] as const))],
          span,
          now,
          true,
        )
        const within = times.filter((ms) => {
          const start = Math.floor(ms / minute) * minute
          return start >= Date.parse(from) && start < Date.parse(to)
        })
        expect(bins.length).toBeGreaterThan(0)
        expect(bins.length).toBeLessThanOrEqual(240)
        expect(bins.reduce((sum, bin) => sum + bin.allowed, 0)).toBe(within.length)
      }),
    )
  })
})
