import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TargetSet } from './target-set.ts'

test('holds what a plain set holds', () => {
  const key = fc.oneof(
    fc.nat(40),
    fc.maxSafeNat().map((n) => Math.min(n, Number.MAX_SAFE_INTEGER - 1)),
    fc.constantFrom('2001:db8::1 443', '2001:db8::2 ', '0'),
  )
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
      const own = new TargetSet()
      const plain = new Set<number | string>()
      for (const one of keys) {
        expect(own.has(one)).toBe(plain.has(one))
        own.add(one)
        plain.add(one)
        expect(own.size).toBe(plain.size)
      }
      for (const one of plain) expect(own.has(one)).toBe(true)
      expect(own.has(41)).toBe(plain.has(41))
    }),
  )
})
