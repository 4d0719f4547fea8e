import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idMapText } from './idmap.ts'

/** What a map makes of an id; undefined when it names none. */
const mapped = (text: string, id: number) => {
  for (const line of text.trim().split('\n')) {
    const [inside = 0, outside = 0, count = 0] = line.split(' ').map(Number)
    if (id >= inside && id < inside + count) return outside + (id - inside)
  }
  return undefined
}

describe('idMapText', () => {
  const whole = '         0          0 4294967295\n'

  it('swaps two ids and leaves the others', () => {
    expect(idMapText(0, 64231, whole)).toBe('0 64231 1\n1 1 64230\n64231 0 1\n64232 64232 4294903063\n')
    expect(idMapText(1000, 1000, whole)).toBe('0 0 4294967295\n')
  })

  it('names only ids that the namespace we are in has', () => {
    expect(idMapText(0, 5, '0 100000 10\n')).toBe('0 5 1\n1 1 4\n5 0 1\n6 6 4\n')
  })

  it('is one to one for any two ids', () => {
    const id = fc.integer({ min: 0, max: 4294967294 })
    fc.assert(
      fc.property(id, id, id, (from, to, other) => {
        const text = idMapText(from, to, whole)
        expect(mapped(text, from)).toBe(to)
        expect(mapped(text, to)).toBe(from)
        if (other !== from && other !== to) expect(mapped(text, other)).toBe(other)
      }),
    )
  })
})
