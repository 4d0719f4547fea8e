import { describe, expect, it } from 'vitest'
import { isLeftover } from './leftovers.ts'

describe('isLeftover', () => {
  const lives = (pid: number) => pid === 10

  it('knows the folders of runs that are gone, in our own namespace of processes', () => {
    expect(isLeftover('vigiles-4026531836-11-aB3xYz', '4026531836', lives)).toBe(true)
    expect(isLeftover('vigiles-4026531836-10-aB3xYz', '4026531836', lives)).toBe(false)
    expect(isLeftover('vigiles-4026532999-11-aB3xYz', '4026531836', lives)).toBe(false)
    for (const name of [
      'vigiles',
      'vigiles-x',
      'other-4026531836-11-aB3xYz',
      'vigiles-4026531836-11-aB3xYz/..',
    ]) {
      expect(isLeftover(name, '4026531836', lives)).toBe(false)
    }
  })
})
