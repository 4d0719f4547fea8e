import { describe, expect, it } from 'vitest'
import { Rhythm } from './rhythm.ts'

/** Packets as [seconds, who, bytes]. */
function counts(...packets: [number, 'c' | 's', number][]): ReturnType<Rhythm['counts']> {
  const rhythm = new Rhythm()
  for (const [seconds, who, bytes] of packets) rhythm.packet(who === 's', seconds * 1e6, bytes)
  return rhythm.counts()
}

describe('Rhythm', () => {
  it('does not count the first burst: it broke no silence', () => {
    expect(counts([0, 'c', 10], [0.1, 's', 10])).toMatchObject({ clientFirst: 0, serverFirst: 0 })
    expect(counts()).toBeUndefined()
  })

  it('counts who breaks a silence of more than a second, and answers within half of one', () => {
    expect(
      counts([0, 'c', 9], [1, 's', 40], [2.1, 's', 40], [2.5, 'c', 40], [9, 'c', 40], [9.5, 's', 40]),
    ).toEqual({
      serverFirst: 1,
      serverFirstAnswered: 1,
      serverFirstLargeAnswered: 0,
      clientFirst: 1,
      clientFirstAnswered: 0,
      serverPayloadMean: 40,
    })
  })

  it('tells deliveries from prompts by the size of the whole burst', () => {
    expect(counts([0, 'c', 9], [5, 's', 300], [5.1, 's', 300], [5.2, 'c', 9])).toMatchObject({
      serverFirst: 1,
      serverFirstAnswered: 0,
      serverFirstLargeAnswered: 1,
      serverPayloadMean: 300,
    })
  })
})
