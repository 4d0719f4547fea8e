import { describe, expect, it } from 'vitest'
import { box, type C, type E, lead, makeCase } from '../../test/small-case.ts'
import { attribute } from './attribute.ts'

/** Two boxes behind one address ask one resolver all the time; every connection follows a lookup. */
function crowd(nameOfLookup: (k: number) => string) {
  const es: E[] = []
  const cs: C[] = []
  for (let k = 0; k < 60; k++) {
    const at = 7 * k + (k % 3)
    const name = `site${k}.example.org`
    cs.push({ at, end: at + 5, box: `box-${1 + (k % 2)}`, names: [name] })
    es.push({ at: at + 0.25, src: '192.0.2.1', dst: '10.9.9.9', port: 53, name: nameOfLookup(k) })
    es.push({ at: at + 0.28, src: '192.0.2.1', name, dst: `198.51.100.${k + 1}` })
  }
  const nat = [{ ip: '192.0.2.1' }]
  return attribute(makeCase(es, cs, [box(1, { nat }), box(2, { nat })]))
}

describe('lookups of which the log does not say what was asked', () => {
  it('are laid at the door of whoever connected next, but never called attributed', () => {
    const r = crowd(() => '')
    let right = 0
    for (let k = 0; k < 60; k++) {
      if (lead(r, 2 * k).call === k) right++
      expect(lead(r, 2 * k).p).toBeLessThan(0.9)
      expect(lead(r, 2 * k + 1).call).toBe(k)
    }
    expect(right).toBeGreaterThan(55)
  })

  it('speak for themselves where the log names what was asked', () => {
    const r = crowd((k) => `site${k}.example.org`)
    for (let k = 0; k < 60; k++) expect(lead(r, 2 * k).call).toBe(k)
  })
})
