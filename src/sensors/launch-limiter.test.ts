import { expect, it } from 'vitest'
import { LaunchLimiter } from './launch-limiter.ts'

it('a fork bomb gets few lines, takes none from others, and is counted', () => {
  const limiter = new LaunchLimiter(0)
  let lines = 0
  let omitted = 0
  const take = (subtree: string, nowMs: number) => {
    const before = limiter.take(subtree, nowMs)
    if (before !== undefined) lines++
    omitted += before ?? 0
    return before !== undefined
  }
  for (let i = 0; i < 100_000; i++) take('bomb', i / 100)
  expect(lines).toBeLessThan(250)
  expect(take('other', 1000)).toBe(true)
  // Lines say how many had none before them.
  expect(omitted + lines).toBe(100_001)
})
