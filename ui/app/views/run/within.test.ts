import { describe, expect, it } from 'vitest'
import { isWithin } from './within.ts'

const range = { from: '2026-11-24T08:00:00Z', to: '2026-11-24T09:00:00Z' }

describe('the chosen span', () => {
  it('holds everything when there is none', () => expect(isWithin('not a time', undefined)).toBe(true))

  it('holds its beginning and not its end', () => {
    expect(isWithin('2026-11-24T08:00:00.000000Z', range)).toBe(true)
    expect(isWithin('2026-11-24T08:59:59.999999Z', range)).toBe(true)
    expect(isWithin('2026-11-24T09:00:00Z', range)).toBe(false)
    expect(isWithin('2026-11-24T07:59:59.999999Z', range)).toBe(false)
  })

  it('holds nothing that has no time', () => expect(isWithin('yesterday', range)).toBe(false))
})
