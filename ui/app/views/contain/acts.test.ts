import { describe, expect, it } from 'vitest'
import { titleOf, whyNoDestination } from './acts.ts'

describe('acts in words', () => {
  it('name what they are done to: the sandbox, a call, a destination', () => {
    expect(titleOf({ act: 'freeze' }, 'box-1')).toBe('Freeze box-1')
    expect(titleOf({ act: 'kill', call: 'call-7' }, 'box-1')).toBe('Kill call call-7')
    expect(titleOf({ act: 'block', destination: 'pool.example.com:3333' }, 'box-1')).toBe(
      'Block pool.example.com:3333',
    )
  })

  it.each(['pool.example.com', 'pool.example.com:3333', '203.0.113.9', '[2001:db8::1]:443', ''])(
    'take %j as a destination',
    (text) => expect(whyNoDestination(text)).toBeUndefined(),
  )

  it.each([
    ['https://pool.example.com', 'scheme'],
    ['10.0.0.0/8', 'without a path or a net'],
    ['pool.example.com 3333', 'spaces'],
    ['a\u0000b', 'spaces'],
    ['a'.repeat(301), 'too long'],
  ])('say why %j is none', (text, why) => expect(whyNoDestination(text)).toContain(why))
})
