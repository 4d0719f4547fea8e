import { afterEach, describe, expect, it, vi } from 'vitest'
import { StepWatch, systemClock } from './clock.ts'

afterEach(() => vi.useRealTimers())

describe("the machine's clock", () => {
  it('has microseconds, and never goes back while nobody sets it', () => {
    const clock = systemClock()
    const seen = new Set<number>()
    let last = 0
    for (let i = 0; i < 20_000; i++) {
      const us = clock.wallUs()
      expect(us).toBeGreaterThanOrEqual(last)
      expect(Math.abs(us / 1000 - Date.now())).toBeLessThan(1_000)
      seen.add(us % 1000)
      last = us
    }
    expect(seen.size).toBeGreaterThan(10)
  })

  it('follows when it is set', () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const clock = systemClock()
    for (const moment of ['2030-01-01T00:00:00Z', '2001-01-01T00:00:00Z']) {
      vi.setSystemTime(moment)
      expect(Math.floor(clock.wallUs() / 1000)).toBe(Date.parse(moment))
    }
  })
})

describe('a watch over the clock', () => {
  it.each([
    ['time that goes by', 3_600_000, 3_600_000, undefined],
    ['a clock that is slewed', 3_600_000, 3_601_000, undefined],
    ['a clock set back', 1_000, -59_000, 60_000],
    ['a clock set forward', 10, 5_010, -5_000],
  ])('knows %s', (_, passedMs, movedMs, behindMs) => {
    let wallUs = 1e15
    let monotonicUs = 0
    const watch = new StepWatch({ wallUs: () => wallUs, monotonicUs: () => monotonicUs })
    wallUs += movedMs * 1000
    monotonicUs += passedMs * 1000
    const { us, expectedUs } = watch.now()
    expect(us).toBe(wallUs)
    expect(expectedUs).toBe(behindMs === undefined ? undefined : wallUs + behindMs * 1000)
    expect(watch.now().expectedUs).toBeUndefined()
  })
})
