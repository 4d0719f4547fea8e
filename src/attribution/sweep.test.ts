import fc from 'fast-check'
import { expect, it } from 'vitest'
import { callsByGroup, sweep } from './sweep.ts'

it('pairs exactly the events and calls whose windows meet and whose group holds the box', () => {
  const time = fc.integer({ min: 0, max: 100 })
  const groups = [
    { boxes: Uint32Array.of(0) },
    { boxes: Uint32Array.of(0, 1) },
    { boxes: Uint32Array.of(1, 2) },
  ]
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          at: time,
          width: fc.oneof(fc.constant(3), fc.integer({ min: 0, max: 20 })),
          group: fc.integer({ min: -1, max: 2 }),
        }),
        {
          maxLength: 40,
        },
      ),
      fc.array(
        fc.record({ at: time, width: fc.integer({ min: 0, max: 60 }), box: fc.integer({ min: 0, max: 2 }) }),
        {
          maxLength: 40,
        },
      ),
      (events, calls) => {
        events.sort((a, b) => a.at - b.at)
        calls.sort((a, b) => a.at - b.at)
        const calling = callsByGroup(
          Float64Array.from(calls, (c) => c.at),
          Float64Array.from(calls, (c) => c.at + c.width),
          Uint32Array.from(calls, (c) => c.box),
          groups,
        )
        const { begin, size, call, count } = sweep(
          {
            from: Float64Array.from(events, (e) => e.at),
            to: Float64Array.from(events, (e) => e.at + e.width),
            group: Int32Array.from(events, (e) => e.group),
          },
          calling,
        ).pairs()
        expect(size.reduce((s, n) => s + n, 0)).toBe(count)
        events.forEach((e, i) => {
          const wanted = calls.flatMap((c, j) =>
            c.at <= e.at + e.width &&
            c.at + c.width >= e.at &&
            e.group >= 0 &&
            groups[e.group]!.boxes.includes(c.box)
              ? [j]
              : [],
          )
          // In the order in which windows open, in which the calls were given.
          expect([...call.subarray(begin[i]!, begin[i]! + size[i]!)]).toEqual(wanted)
        })
      },
    ),
  )
})
