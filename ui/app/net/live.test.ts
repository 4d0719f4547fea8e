import { describe, expect, it } from 'vitest'
import { messageOf } from './live.ts'

describe('messages of the live feed', () => {
  it('of a known kind are taken', () => {
    const message = { type: 'source', source: 'a' }
    expect(messageOf(JSON.stringify(message))).toEqual(message)
  })

  it('of any other kind are passed over, and nothing is thrown', () => {
    for (const data of [
      undefined,
      7,
      '',
      '{',
      'null',
      '[]',
      '{"type":"source"}',
      '{"type":"new","source":"a"}',
    ])
      expect(messageOf(data)).toBeUndefined()
  })
})
