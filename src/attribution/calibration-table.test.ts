import { expect, it } from 'vitest'
import { type C, type E, makeCase } from '../../test/small-case.ts'
import { attribute } from './attribute.ts'
import { seededRandom } from './random.ts'

/** Hosts that fetch what they name, for an hour, and a background that no call causes. */
function hour(background: number) {
  const random = seededRandom(11)
  const es: E[] = []
  const cs: C[] = []
  for (let k = 0; k < 700; k++) {
    const box = `b${k % 6}`
    const at = 5 * k + 3 * random()
    cs.push({ at, end: at + 2, box, names: [`h${k % 90}.example.com`], episode: box })
    es.push({
      at: at + 0.2,
      src: `10.1.0.${1 + (k % 6)}`,
      dst: `203.0.113.${k % 90}`,
      name: `h${k % 90}.example.com`,
      srcPort: 40_000 + k,
    })
  }
  for (let k = 0; k < background; k++) {
    es.push({ at: 3500 * random(), src: `10.1.0.${1 + (k % 6)}`, dst: '203.0.113.200', srcPort: 50_000 + k })
  }
  const topology = [1, 2, 3, 4, 5, 6].map((n) => ({
    box: `b${n - 1}`,
    ip: [`10.1.0.${n}`],
    nat: [],
    line: n,
  }))
  return attribute(makeCase(es, cs, topology))
}

it('counts every connection once and lets decoys speak', () => {
  const { calibration: table } = hour(400)
  expect(table?.bins.reduce((sum, { connections }) => sum + connections, 0)).toBe(1_100)
  expect(table?.decoys).toBeGreaterThan(500)
  const top = table?.bins.at(-1)
  expect(top?.connections).toBeGreaterThan(500)
  expect(top?.noneByModel).toBeLessThan(0.05)
  // What decoys would have put among the surest is little, and it is known.
  expect(top?.noneByDecoys).toBeLessThan(0.1)
  expect(top?.noneByDecoys).toBeGreaterThanOrEqual(0)
  const low = table?.bins[0]
  expect(low?.noneByModel).toBeGreaterThan(0.9)
  expect(low?.noneByDecoys).toBeGreaterThan(0.5)
})

it('tells of no decoys where there are none', () => {
  const { calibration: table, calibrated } = attribute(makeCase([{ at: 1 }], [{ at: 0, end: 2 }]))
  expect(calibrated).toBe(false)
  expect(table?.decoys).toBe(0)
  expect(table?.bins.every(({ noneByDecoys }) => Number.isNaN(noneByDecoys))).toBe(true)
})
