import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstFrom, layOut } from './layout.ts'
import { momentText, ticks } from './time-text.ts'
import type { Item, TimelineModel } from './types.ts'
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

describe('the layout', () => {
  it('never lays two bars over each other while it has rows left', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const { items } = model(list)
        const { row } = layOut(model(list))
        for (const [i, a] of items.entries()) {
          for (const [j, b] of items.entries()) {
            if (i >= j || row[i] !== row[j] || row[i] === 5) continue
            expect(a.toUs <= b.fromUs || b.toUs <= a.fromUs).toBe(true)
          }
        }
      }),
    )
  })

  it('finds the items of a span', () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 0, max: 1e6 }), (list, us) => {
        const shown = model(list)
        const layout = layOut(shown)
        const at = firstFrom(shown, layout, us)
        expect(at).toBe(shown.items.filter((item) => item.fromUs < us).length)
      }),
    )
  })

  it('has a span even when it is empty', () => {
    const { fromUs, toUs } = layOut(model([]))
    expect(toUs).toBeGreaterThan(fromUs)
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

  it('writes a moment to the µs', () => {
    expect(momentText(1_795_507_200_123_456, 'utc', 6)).toBe('2026-11-24 08:00:00.123456 UTC')
    expect(momentText(Number.NaN, 'utc')).toContain('?')
  })
})
