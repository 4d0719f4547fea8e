import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderOf } from './order.ts'

const key = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, 1.7e15),
)

function byComparing(keys: Float64Array, ties: (a: number, b: number) => number): number[] {
  return [...keys.keys()].sort((a, b) => {
    const [x, y] = [keys[a]!, keys[b]!]
    return x < y ? -1 : x > y ? 1 : ties(a, b) || a - b
  })
}

test('is the order that comparing gives, for few rows and for many', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), fc.constantFrom(1, 40), (list, times) => {
      const keys = Float64Array.from(Array.from({ length: times }, () => list).flat())
      const downwards = (a: number, b: number) => (b % 3) - (a % 3)
      expect([...orderOf(keys)]).toEqual(byComparing(keys, () => 0))
      expect([...orderOf(keys, downwards)]).toEqual(byComparing(keys, downwards))
    }),
  )
})

test('sorts a day of microsecond stamps', () => {
  const keys = Float64Array.from(
    { length: 5_000 },
    (_, i) => 1.79e15 + ((i * 7_919_777_771) % 86_400_000_000),
  )
  expect([...orderOf(keys)]).toEqual(byComparing(keys, () => 0))
})
