import { describe, expect, it } from 'vitest'
import { Askers } from './askers.ts'

function world() {
  let now = 0
  let looked = 0
  const askers = new Askers({
    now: () => now,
    listenerAt: (_, port) => {
      looked++
      return port === 8080 ? 2 : undefined
    },
  })
  return { askers, later: (ms: number) => (now += ms), looked: () => looked }
}

describe('who asked through a relay inside', () => {
  it('is the one call that connected to it lately', () => {
    const { askers, later } = world()
    askers.ask(1, '127.0.0.1', 8080)
    expect(askers.of(2)).toBe(1)
    expect(askers.of(1)).toBeUndefined()
    later(31_000)
    expect(askers.of(2)).toBeUndefined()
  })

  it('is nobody when two did, when it is its own, or when nobody listens', () => {
    const { askers } = world()
    askers.ask(2, '127.0.0.1', 8080)
    askers.ask(1, '127.0.0.1', 9090)
    expect(askers.of(2)).toBeUndefined()
    askers.ask(1, '127.0.0.1', 8080)
    askers.ask(3, '127.0.0.1', 8080)
    expect(askers.of(2)).toBeUndefined()
  })

  it('looks a listener up once in two seconds', () => {
    const { askers, later, looked } = world()
    for (let i = 0; i < 50; i++) askers.ask(1, '127.0.0.1', 8080)
    expect(looked()).toBe(1)
    later(2_001)
    askers.ask(1, '127.0.0.1', 8080)
    expect(looked()).toBe(2)
  })
})
