import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

describe('a bounded map', () => {
  it('evicts the oldest, counts it and says which', () => {
    const gone: string[] = []
    const map = new BoundedMap<string, number>(2, (key) => gone.push(key))
    map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
    expect([...map.entries()]).toEqual([
      ['b', 2],
      ['c', 4],
    ])
    expect(gone).toEqual(['a'])
    expect(map.evicted).toBe(1)
  })

  it('behaves as a plain map that drops its first key when full', () => {
    const act = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 0, max: 12 }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(act, { maxLength: 300 }), (max, acts) => {
        const map = new BoundedMap<number, number>(max)
        const plain = new Map<number, number>()
        for (const [i, [what, key]] of acts.entries()) {
          if (what === 'delete') expect(map.delete(key)).toBe(plain.delete(key))
          else {
            const [first] = plain.keys()
            if (!plain.has(key) && plain.size >= max && first !== undefined) plain.delete(first)
            plain.set(key, i)
            map.set(key, i)
          }
          expect([...map.entries()]).toEqual([...plain.entries()])
          expect(map.size).toBe(plain.size)
        }
      }),
    )
  })
})
