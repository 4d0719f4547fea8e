import fc from 'fast-check'
import { expect, it } from 'vitest'
import { occupancyOf } from './occupancy.ts'

const call = fc.record({
  box: fc.integer({ min: 0, max: 4 }),
  from: fc.integer({ min: 0, max: 50 }),
  length: fc.integer({ min: 0, max: 30 }),
  silent: fc.boolean(),
})

it('counts what looking at each call counts', () => {
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 40 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 4 })),
      fc.integer({ min: -5, max: 60 }),
      fc.integer({ min: 0, max: 20 }),
      (calls, boxes, from, width) => {
        const windows = {
          from: Float64Array.from(calls, (c) => (c.silent ? Number.POSITIVE_INFINITY : c.from)),
          to: Float64Array.from(calls, (c) => (c.silent ? Number.POSITIVE_INFINITY : c.from + c.length)),
        }
        const occupancy = occupancyOf(
          windows,
          Uint32Array.from(calls, (c) => c.box),
          5,
        )
        const seen = calls.filter(
          (c) => !c.silent && boxes.includes(c.box) && c.from <= from + width && c.from + c.length >= from,
        )
        expect(occupancy.count(boxes, from, from + width)).toBe(seen.length)
      },
    ),
  )
})
