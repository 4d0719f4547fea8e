import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collector } from './collector.ts'
import { findPeak } from './correlogram.ts'
import { seededRandom } from './random.ts'

describe('many pairs', () => {
  it('show the offset that a part of them shows', () => {
    const random = seededRandom(11)
    const n = 300_000
    const low = Float64Array.from({ length: n }, (_, k) =>
      k % 30 === 0 ? 7.3e6 + 4e5 * random() : (random() - 0.5) * 1200e6,
    )
    const anchors = {
      low,
      high: low.map((us) => us + 1000),
      weight: new Float64Array(n).fill(1),
      time: Float64Array.from(low, (_, k) => k * 1e4),
      effect: Uint32Array.from(low, (_, k) => Math.floor(k / 30)),
      cause: Uint32Array.from(low, (_, k) => k),
    }
    const peak = findPeak(anchors, () => true)!
    expect(Math.abs(peak.offsetUs - 7.3e6)).toBeLessThan(2e5)
    // Effects are counted over all pairs, not over the part.
    expect(peak.asked).toBe(n / 30)
    expect(peak.effects).toBeGreaterThanOrEqual(n / 30 - 1)
  })

  it('are thinned by whole effects, over the whole period, the same ones in every run', () => {
    const n = 40_000
    const events = {
      fromUs: Float64Array.from({ length: n }, (_, i) => i * 1e6),
      spanUs: new Float64Array(n),
      flags: new Uint8Array(n),
    }
    const gather = () => {
      const list = collector()
      for (let i = 0; i < n; i++) {
        if (!list.wants(i)) continue
        for (let j = 0; j < 40; j++) list.add(events, i, i * 1e6, 0, 1 / 40, j, 0)
      }
      return list.take()
    }
    const { effect } = gather()
    expect([...gather().effect]).toEqual([...effect])
    expect(effect.length).toBeLessThan(n * 40)
    const perEffect = new Map<number, number>()
    for (const i of effect) perEffect.set(i, (perEffect.get(i) ?? 0) + 1)
    expect(new Set(perEffect.values())).toEqual(new Set([40]))
    for (let part = 0; part < 8; part++) {
      const here = [...perEffect.keys()].filter((i) => Math.floor((8 * i) / n) === part).length
      expect(here).toBeGreaterThan(perEffect.size / 16)
    }
  })
})

describe('tuples', () => {
  it('have numbers of their own, counted in the order in which they are met', async () => {
    const { tupleIds } = await import('./tuple-ids.ts')
    const part = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(2 ** 32 - 1))
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part, part, part, part), { maxLength: 3000 }), (tuples) => {
        const ids = tupleIds(5, 0)
        const known = new Map<string, number>()
        for (const [a, b, c, d, e] of tuples) {
          const key = `${a}|${b}|${c}|${d}|${e}`
          expect(ids.find(a, b, c, d, e)).toBe(known.get(key) ?? -1)
          if (!known.has(key)) known.set(key, known.size)
          expect(ids.of(a, b, c, d, e)).toBe(known.get(key))
        }
        expect(ids.size()).toBe(known.size)
      }),
      { numRuns: 30 },
    )
  })
})
