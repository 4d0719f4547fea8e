import { describe, expect, it } from 'vitest'
import { Turns } from './turns.ts'

const turns = (each: number, all: number, bytes = 1_000_000) =>
  new Turns<string>({ itemsMax: { each, all }, bytesMax: { each: bytes, all: 4 * bytes } })

function takeAll(from: Turns<string>): string[] {
  const taken: string[] = []
  for (let next = from.take(); next !== undefined; next = from.take()) taken.push(next)
  return taken
}

describe('turns of calls', () => {
  it('one of a call that sends now and then comes next, however many of another wait', () => {
    const waiting = turns(5_000, 10_000)
    for (let i = 0; i < 5_000; i++) waiting.put(1, `flood ${i}`, 40)
    for (let i = 0; i < 3; i++) waiting.put(2, `other ${i}`, 40)
    const taken = Array.from({ length: 6 }, () => waiting.take())
    expect(taken).toEqual(['flood 0', 'other 0', 'flood 1', 'other 1', 'flood 2', 'other 2'])
    const rest = takeAll(waiting)
    expect(rest).toEqual(Array.from({ length: 4_997 }, (_, i) => `flood ${i + 3}`))
    expect(waiting.size).toBe(0)
  })

  it('what one call or all together have no room for is refused, but not the few of a call that has few', () => {
    const waiting = turns(100, 150)
    const put = (unit: number, count: number) =>
      Array.from({ length: count }, (_, i) => waiting.put(unit, `${unit} ${i}`, 1)).filter(Boolean).length
    expect([put(1, 1_000), put(2, 1_000), put(3, 1_000), put(4, 5)]).toEqual([100, 64, 64, 5])
    expect(waiting.size).toBe(233)
    expect(takeAll(waiting)).toHaveLength(233)
    expect(put(1, 1_000)).toBe(100)
  })

  it('bytes have bounds of their own, and are given back', () => {
    const waiting = turns(1_000, 1_000, 100)
    expect([waiting.put(1, 'a', 60), waiting.put(1, 'b', 60), waiting.put(2, 'c', 60)]).toEqual([
      true,
      false,
      true,
    ])
    expect(takeAll(waiting)).toEqual(['a', 'c'])
    expect(waiting.put(1, 'd', 100)).toBe(true)
  })
})
