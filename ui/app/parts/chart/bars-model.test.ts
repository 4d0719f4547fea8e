import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binAt, brushed, scaleOf } from './bars-model.ts'

const minute = 60e6

describe('bars over time', () => {
  it('have a place for every bin, the empty ones included', () => {
    const scale = scaleOf(0, 10 * minute, minute, [{ us: 3 * minute, counts: [2, 5] }])
    expect(scale).toEqual({ fromUs: 0, stepUs: minute, bins: 10, max: 7 })
    expect(binAt(scale, 3.5 * minute)).toBe(3)
  })

  it('leave out the oldest when there are too many', () => {
    const scale = scaleOf(0, 10_000 * minute, minute, [], 100)
    expect(scale.bins).toBe(100)
    expect(scale.fromUs + scale.bins * minute).toBe(10_000 * minute)
  })

  it('are brushed in whole bins, whichever way and however far the pointer goes', () => {
    const scale = scaleOf(0, 10 * minute, minute, [])
    expect(brushed(scale, 0.25, 0.41)).toEqual({ fromUs: 2 * minute, toUs: 5 * minute })
    expect(brushed(scale, 0.41, 0.25)).toEqual({ fromUs: 2 * minute, toUs: 5 * minute })
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const { fromUs, toUs } = brushed(scale, a, b)
        expect(fromUs).toBeGreaterThanOrEqual(0)
        expect(toUs).toBeGreaterThan(fromUs)
      }),
    )
  })
})
