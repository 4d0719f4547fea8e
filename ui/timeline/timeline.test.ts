import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everything, lanesIn, layOut } from './layout.ts'
import { memorySource } from './memory-source.ts'
import type { Part } from './source.ts'
import { isZone, momentText, ticks } from './time-text.ts'
import type { Item, Lane, TimelineModel } from './types.ts'
import { clampView, panned, zoomed } from './view.ts'

function model(spans: readonly (readonly [number, number])[]): TimelineModel {
  const items = spans.map(([fromUs, length], i): Item => {
    return { id: String(i), lane: 0, fromUs, toUs: fromUs + length, label: '', tone: 'plain', shape: 'bar' }
  })
  return { lanes: [{ id: 'a', label: 'a' }], items, links: [], clocks: [] }
}

const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 1e4 })), {
  maxLength: 60,
})

const whole = { fromUs: 0, toUs: 2e6, usPerPixel: 1e3, lanes: [0] }

describe('items in memory', () => {
  it('never lie over each other while there are rows left', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const [part] = memorySource(model(list)).picture(whole).parts
        const { row, fromUs, toUs, length } = part!.columns
        for (let i = 0; i < length; i++) {
          for (let j = i + 1; j < length; j++) {
            if (row[i] !== row[j] || row[i] === 5) continue
            expect(toUs[i]! <= fromUs[j]! || toUs[j]! <= fromUs[i]!).toBe(true)
          }
        }
      }),
    )
  })

  it('are all found that reach into a span', () => {
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1, max: 1e5 }),
        (list, fromUs, width) => {
          const window = { ...whole, fromUs, toUs: fromUs + width }
          const [{ columns, start, end }] = memorySource(model(list)).picture(window).parts as [Part]
          const found = new Set(Array.from({ length: end - start }, (_, i) => columns.id(start + i)))
          for (const [i, [from, length]] of list.entries()) {
            if (from < window.toUs && from + length > window.fromUs) expect(found).toContain(String(i))
          }
        },
      ),
    )
  })

  it('have a span even when there are none', () => {
    const { fromUs, toUs } = memorySource(model([])).bounds
    expect(toUs).toBeGreaterThan(fromUs)
  })

  it('are gone through in order, one lane at a time', async () => {
    const source = memorySource(
      model([
        [30, 5],
        [10, 5],
        [20, 5],
      ]),
    )
    const first = await source.seek({ lane: 0, direction: 1 })
    const second = await source.seek({ lane: 0, direction: 1, item: first! })
    expect([first?.fromUs, second?.fromUs]).toEqual([10, 20])
    expect(await source.seek({ lane: 0, direction: -1, item: first! })).toBeUndefined()
    expect((await source.seek({ lane: 0, direction: -1, us: 30 }))?.fromUs).toBe(20)
    expect(await source.seek({ direction: 1 })).toBeUndefined()
  })
})

describe('the layout', () => {
  const lanes: readonly Lane[] = [
    ...Array.from({ length: 4000 }, (_, box) => [
      { id: `c${box}`, label: `box-${box}`, group: `box-${box}`, kind: 'call' },
      { id: `n${box}`, label: 'connections', group: `box-${box}`, kind: 'connection' },
    ]).flat(),
    { id: 'alarms', label: 'alarms', pinned: true },
  ]
  const rows = new Uint8Array(lanes.length).fill(2)

  it('finds the few lanes in view among thousands', () => {
    const layout = layOut(lanes, rows, everything)
    const seen = lanesIn(layout, 40 * 4000, 40 * 4000 + 400)
    expect(seen.at(-1)).toBe(lanes.length - 1)
    expect(seen.slice(0, -1)).toEqual([4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009])
  })

  it('puts the lanes of a folded group into one strip, hidden ones nowhere', () => {
    const folded = layOut(lanes, rows, { shown: undefined, folded: new Set(['box-1']) })
    expect(folded.top[2]).toBe(folded.top[3])
    expect(folded.top[4]! - folded.top[2]!).toBeLessThan(layOut(lanes, rows, everything).top[4]! - 80)
    expect(lanesIn(folded, folded.top[2]!, folded.top[2]! + 5)).toEqual([2, 3, 8000])
    const some = layOut(lanes, rows, { shown: ({ kind }) => kind !== 'call', folded: new Set() })
    expect(some.height[0]).toBe(0)
    expect(lanesIn(some, 0, 90)).toEqual([1, 3, 5, 8000])
    expect(some.pinnedHeight).toBeGreaterThan(0)
  })
})

describe('the view', () => {
  const bounds = { fromUs: 1.7e15, toUs: 1.7e15 + 3.6e9 }

  it('stays finite, ordered and near the case, whatever is done to it', () => {
    const moves = fc.array(
      fc.tuple(
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      ),
    )
    fc.assert(
      fc.property(moves, (list) => {
        let view = { ...bounds, scroll: 0 }
        for (const [factor, share] of list)
          view = clampView(panned(zoomed(view, factor, 0.3), share), bounds, 100)
        expect(view.toUs).toBeGreaterThan(view.fromUs)
        expect(view.fromUs).toBeGreaterThan(bounds.fromUs - 3.6e9)
        expect(view.toUs).toBeLessThan(bounds.toUs + 3.6e9)
      }),
    )
  })

  it('keeps the moment under the pointer in place while it zooms', () => {
    const view = zoomed({ ...bounds, scroll: 0 }, 0.25, 0.75)
    const held = bounds.fromUs + 0.75 * 3.6e9
    expect(view.fromUs + 0.75 * (view.toUs - view.fromUs)).toBeCloseTo(held, 0)
  })
})

describe('the axis', () => {
  it('has few, round, ordered ticks inside the span, from µs to years', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 0, max: 1e9 }), (power, offset) => {
        const fromUs = 1.7e15 + offset
        const toUs = fromUs + 10 ** power
        const found = ticks(fromUs, toUs, 8, 'utc')
        expect(found.length).toBeLessThanOrEqual(10)
        for (const [i, tick] of found.entries()) {
          expect(tick.us).toBeGreaterThanOrEqual(fromUs)
          expect(tick.us).toBeLessThanOrEqual(toUs)
          if (i > 0) expect(tick.us).toBeGreaterThan(found[i - 1]!.us)
        }
      }),
    )
  })

  it('is round in any zone, also over the hour that a zone leaves out or repeats', () => {
    const spring = Date.UTC(2026, 2, 29) * 1000
    const found = ticks(spring, spring + 6 * 3600e6, 7, 'Europe/Rome')
    expect(found.map(({ text }) => text)).toEqual([
      '01:00',
      '03:00',
      '04:00',
      '05:00',
      '06:00',
      '07:00',
      '08:00',
    ])
    expect(momentText(spring, 'Asia/Kathmandu')).toBe('2026-03-29 05:45:00.000 +05:45')
    expect(momentText(spring, 'America/St_Johns')).toBe('2026-03-28 21:30:00.000 -02:30')
    expect(momentText(spring, 'No/Such_Zone')).toContain('2026-03-29 00:00:00.000')
    expect([isZone('Europe/Rome'), isZone('No/Such_Zone')]).toEqual([true, false])
  })

  it('writes a moment to the µs', () => {
    expect(momentText(1_795_507_200_123_456, 'utc', 6)).toBe('2026-11-24 08:00:00.123456 UTC')
    expect(momentText(Number.NaN, 'utc')).toContain('?')
  })
})
