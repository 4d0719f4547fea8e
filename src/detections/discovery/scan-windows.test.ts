import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { SeenEvent } from '../api.ts'
import { Windows } from './scan-windows.ts'

function event(us: number, outcome: 'established' | 'refused' | undefined): SeenEvent {
  return {
    type: 'event',
    index: us,
    us,
    event: {
      class: 'network_activity',
      time: { us, spanUs: 1, kind: 'event', zone: 'utc', source: '' },
      srcEndpoint: { ip: '10.0.0.1' },
      dstEndpoint: { ip: '10.0.0.2', port: 22 },
      line: 1,
      ...(outcome === undefined ? {} : { outcome }),
    },
  }
}

describe('windows', () => {
  test('tell what plain sets in one bounded map would tell', () => {
    const step = fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      key: fc.oneof(fc.nat(4), fc.constantFrom('10.0.0.2', '10.0.0.3')),
      value: fc.nat(5),
      afterUs: fc.nat(40),
      outcome: fc.constantFrom('established' as const, 'refused' as const, undefined),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (steps, max) => {
        const windows = new Windows(max, 100)
        const plain = new BoundedMap<string, ReturnType<typeof empty>>(max)
        let us = 0
        for (const { source, key, value, afterUs, outcome } of steps) {
          us += afterUs
          const item = event(us, outcome)
          const own = windows.count(source, key, value, item)
          const name = `${source} ${typeof key} ${key}`
          let sets = plain.get(name)
          if (!sets || us > sets.startUs + 100) {
            sets = empty(us)
            plain.set(name, sets)
          }
          if (!sets.seen.has(value)) sets.events.push(item)
          sets.seen.add(value)
          if (outcome === 'refused') sets.failed.add(value)
          if (outcome === 'established') sets.answered.add(value)
          expect([own.startUs, own.seen, own.failed, own.answered]).toEqual([
            sets.startUs,
            sets.seen.size,
            sets.failed.size,
            sets.answered.size,
          ])
          expect(own.events.map(({ index }) => index)).toEqual(sets.events.map(({ index }) => index))
          expect(own.places).toEqual(sets.events.map(() => '10.0.0.2:22').slice(0, 64))
        }
      }),
    )
  })
})

function empty(startUs: number) {
  return {
    startUs,
    seen: new Set<number>(),
    failed: new Set<number>(),
    answered: new Set<number>(),
    events: [] as SeenEvent[],
  }
}
