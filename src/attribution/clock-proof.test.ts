import { describe, expect, it } from 'vitest'
import { placeOffset } from './clock-offset.ts'
import { nearZone, weigh, weighBlocks } from './clock-proof.ts'
import { settle, withinBounds } from './clock-settle.ts'
import { type Anchors, findPeak } from './correlogram.ts'
import { seededRandom } from './random.ts'

const hour = 3600e6
const utc = { zone: 'utc', apart: false } as const

/** Pairs of events with calls: each event follows one call by a short lag, and each pair lies in [low, low + width). */
function followed(
  count: number,
  offsetUs: number,
  { widthUs = 1000, namers = 1, related = true, seed = 1, runUs = 120e6, drift = 0 } = {},
): Anchors {
  const random = seededRandom(seed)
  const starts = Array.from({ length: count }, () => random() * runUs)
  const out = { low: [] as number[], high: [] as number[], weight: [] as number[], time: [] as number[] }
  const effect: number[] = []
  const cause: number[] = []
  for (let e = 0; e < count; e++) {
    const lag = (0.1 * 1e6 * random()) / (1 - random())
    const real = related ? starts[e]! + Math.min(lag, 5e6) : random() * runUs
    const exact = real + offsetUs + drift * real
    const stamp = Math.floor(exact / widthUs) * widthUs
    for (let n = 0; n < namers; n++) {
      const c = n === 0 ? e : Math.floor(random() * count)
      out.low.push(stamp - starts[c]!)
      out.high.push(stamp + widthUs - starts[c]!)
      out.weight.push(1 / namers)
      out.time.push(stamp)
      effect.push(e)
      cause.push(c)
    }
  }
  return {
    low: Float64Array.from(out.low),
    high: Float64Array.from(out.high),
    weight: Float64Array.from(out.weight),
    time: Float64Array.from(out.time),
    effect: Uint32Array.from(effect),
    cause: Uint32Array.from(cause),
  }
}

describe('how far a clock is off', () => {
  for (const zone of [-8, 5.75, -3.5, 9.5, 0]) {
    it(`finds a zone error of ${zone} h and some seconds from thirty names that several calls share`, () => {
      const offset = zone * hour + 7.3e6
      const proof = weigh(followed(30, offset, { namers: 3 }), nearZone, { ...utc, apart: zone !== 0 })
      expect(proof?.proven).toBe(true)
      expect(Math.abs(proof!.peak.offsetUs - offset)).toBeLessThan(1e6)
    })
  }

  it('is found block by block where the clock gains half a minute in the course of a day', () => {
    const drifting = followed(800, 7.3e6, { namers: 3, runUs: 24 * hour, drift: 4e-4 })
    const proof = weighBlocks(drifting, nearZone, utc)
    expect(proof?.proven).toBe(true)
    const settled = settle(
      { name: 'fw', side: 'network', zone: 'utc', family: 'fw' },
      proof?.peak,
      { ok: true, likely: true, zoneUs: 0 },
      drifting,
      { aheadUs: 0, sdUs: 0, clock: 0 },
      'names',
      nearZone,
      0,
      1000,
    )
    expect(Math.abs(settled.pieces[0]!.drift - 4e-4)).toBeLessThan(2e-5)
    expect(weighBlocks(followed(800, 0, { related: false, runUs: 24 * hour }), nearZone, utc)).toBeUndefined()
  })

  it('is not proven by names that say nothing of times, however many', () => {
    let proven = 0
    for (let seed = 1; seed <= 60; seed++) {
      const chance = followed(20 + seed * 5, 0, { related: false, namers: 1 + (seed % 4), seed })
      if (weigh(chance, nearZone, { ...utc, apart: seed % 2 === 0 })?.proven) proven++
    }
    expect(proven).toBe(0)
  })

  it('is not proven by one call that opened a hundred connections', () => {
    const many = followed(100, 0)
    const one = { ...many, low: many.low.map((_, k) => 2e5 + k), cause: new Uint32Array(100) }
    const burst = { ...one, high: one.low.map((us) => us + 1000), time: one.low }
    expect(weigh(burst, nearZone, utc)?.proven).toBe(false)
  })

  it('is not proven by three connections', () => {
    expect(weigh(followed(3, 8 * hour), nearZone, { ...utc, apart: true })?.proven).toBe(false)
  })

  it('is not taken for early where stamps are cut to whole seconds', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const at = 7e6 + seed * 83_000
      const placed = placeOffset(followed(150, at, { widthUs: 1e6, seed }), at + 4e5)
      expect(Math.abs(placed.offsetUs - at)).toBeLessThan(2.5e5)
      expect(placed.sdUs).toBeGreaterThanOrEqual(5e4)
    }
  })

  it('is within the bounds of what it says of fine stamps', () => {
    let squares = 0
    for (let seed = 1; seed <= 12; seed++) {
      const placed = placeOffset(followed(100, 7.3e6, { seed, namers: 2 }), 7e6)
      squares += ((placed.offsetUs - 7.3e6) / placed.sdUs) ** 2 / 12
    }
    expect(Math.sqrt(squares)).toBeLessThan(2)
  })

  it('is not called aligned where records tell only windows of a minute', () => {
    const wide = followed(200, 7.3e6, { widthUs: 60e6 })
    const bounds = withinBounds(wide, findPeak(wide, nearZone)!, { aheadUs: 0 }, 0)
    expect(bounds.aligned).toBe(false)
    expect(bounds.sdUs).toBeGreaterThan(10e6)
    expect(Math.abs(bounds.pieces[0]!.offsetUs)).toBeLessThan(30e6)
    expect(bounds.note).toContain('conntrack')
  })
})
