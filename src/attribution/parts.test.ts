import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shown } from './calibrate.ts'
import { findPeak } from './correlogram.ts'
import { benjaminiHochberg } from './hypotheses.ts'
import { binAt, binCount, overlapUs } from './intensity.ts'
import { steadiness } from './none.ts'
import { seededRandom } from './random.ts'
import { roundedShares } from './shares.ts'

describe('rounded shares', () => {
  it('sum to one to the last printed digit and stay within one unit of what they round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (values) => {
          const out = roundedShares(values)
          expect(out.reduce((s, v) => s + Math.round(v * 1e6), 0)).toBe(1e6)
          const sum = values.reduce((s, v) => s + v, 0)
          for (const [k, v] of out.entries()) {
            if (sum > 1e-3) expect(Math.abs(v - values[k]! / sum)).toBeLessThan(1.1e-6)
          }
        },
      ),
    )
  })
})

describe('bins of lag', () => {
  it('cover every instant from half a second before the start on exactly once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 700e6 }),
        fc.integer({ min: -500_000, max: 900e6 }),
        fc.integer({ min: 1, max: 700e6 }),
        (length, at, width) => {
          let sum = 0
          for (let k = 0; k < binCount; k++) sum += overlapUs(k, at, at + width, 0, length)
          expect(sum).toBe(width)
          // The very last instant still counts to the call, whose last bin ends there: nothing of it lies beyond.
          if (at === length) return
          expect(overlapUs(binAt(at, 0, length), at, at + 1, 0, length)).toBeGreaterThan(0)
        },
      ),
    )
  })
})

describe('the correlogram', () => {
  const pairs = (diffs: number[]) => ({
    low: Float64Array.from(diffs, (d) => d * 1e6),
    high: Float64Array.from(diffs, (d) => d * 1e6 + 1000),
    weight: new Float64Array(diffs.length).fill(1),
    time: Float64Array.from(diffs, (_, k) => k * 1e6),
    effect: Uint32Array.from(diffs, (_, k) => k),
    cause: Uint32Array.from(diffs, (_, k) => k),
  })

  it('finds an offset under noise, and gives noise alone a low z', () => {
    const random = seededRandom(4)
    const noise = Array.from({ length: 300 }, () => 600 * random() - 300)
    const real = Array.from({ length: 40 }, () => 7.3 + 0.05 + 0.4 * -Math.log(1 - random()))
    const found = findPeak(pairs([...noise, ...real]), () => true)!
    expect(Math.abs(found.offsetUs / 1e6 - 7.3)).toBeLessThan(0.3)
    expect(found.z).toBeGreaterThan(10)
    expect(findPeak(pairs(noise), () => true)!.z).toBeLessThan(6)
  })
})

describe('a steady beat', () => {
  it('is found through jitter and gaps, and not in chance', () => {
    const random = seededRandom(9)
    const beat = Array.from({ length: 30 }, (_, k) => 30e6 * k + 2e6 * random()).filter((_, k) => k % 7 !== 3)
    expect(steadiness(beat)).toBeGreaterThan(8)
    let found = 0
    for (let run = 0; run < 200; run++) {
      const chance = Array.from({ length: 25 }, () => 900e6 * random())
      if (steadiness(chance) > 3) found++
    }
    expect(found).toBeLessThan(10)
  })
})

describe('calibration and multiple testing', () => {
  it('never shows 0.9 below the claim, keeps order, and leaves what is below 0.8', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(0.9, 0.94, 0.97, 1.01),
        (p, q, claimAt) => {
          const [low, high] = p < q ? [p, q] : [q, p]
          expect(shown(low, claimAt)).toBeLessThanOrEqual(shown(high, claimAt) + 1e-12)
          if (p < claimAt - 1e-9) expect(shown(p, claimAt)).toBeLessThan(0.9)
          if (p <= 0.8) expect(shown(p, claimAt)).toBe(p)
        },
      ),
    )
  })

  it('marks as significant what Benjamini and Hochberg would', () => {
    const test = (pValue: number) => ({
      by: 'rule' as const,
      text: 1,
      events: 5,
      coincidences: 1,
      expectedByChance: 1,
      pValue,
      significant: false,
    })
    const out = benjaminiHochberg([0.5, 0.001, 0.02, 0.04].map(test))
    expect(out.map((g) => [g.pValue, g.significant])).toEqual([
      [0.001, true],
      [0.02, true],
      [0.04, false],
      [0.5, false],
    ])
  })
})
