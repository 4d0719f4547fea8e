import { describe, expect, it } from 'vitest'
import { syntheticNames } from './names.ts'

describe('synthetic addresses', () => {
  it('stand for one name each, for the whole run', () => {
    const names = syntheticNames('198.18.0.0/16')
    const first = names.addressOf('api.example.com')
    expect(first).toBe('198.18.0.1')
    expect(names.addressOf('evil.example')).toBe('198.18.0.2')
    expect(names.addressOf('api.example.com')).toBe(first)
    expect(names.nameOf('198.18.0.2')).toBe('evil.example')
    expect(names.nameOf('198.18.0.3')).toBeUndefined()
    expect([names.covers('198.18.255.255'), names.covers('198.18.0.0'), names.covers('198.19.0.0')]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('are never used again: when the range is used up there are none', () => {
    const names = syntheticNames('10.9.8.0/30')
    expect([names.addressOf('a'), names.addressOf('b'), names.addressOf('c'), names.addressOf('a')]).toEqual([
      '10.9.8.1',
      '10.9.8.2',
      undefined,
      '10.9.8.1',
    ])
  })

  it('are kept for names that may lead somewhere, however many denied ones are asked for', () => {
    const names = syntheticNames('10.9.8.0/29')
    const denied = ['a', 'b', 'c', 'd'].map((name) => names.addressOf(name, true))
    expect(denied.map((address) => address !== undefined)).toEqual([true, true, true, false])
    expect(['w', 'x', 'y', 'z'].map((name) => names.addressOf(name))).toEqual([
      '10.9.8.4',
      '10.9.8.5',
      '10.9.8.6',
      undefined,
    ])
  })

  it('come from an IPv4 network', () => {
    for (const range of ['198.18.0.0', '198.18.0.1/16', 'fd00::/64', '198.18.0.0/33', '198.18.0.0/31', '']) {
      expect(() => syntheticNames(range), range).toThrow(
        'The range for synthetic addresses is no IPv4 network',
      )
    }
  })
})
