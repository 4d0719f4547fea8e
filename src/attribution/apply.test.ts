// A fit that is applied says what the fit itself said, and of rows that came after it what a new fit would say.

import { describe, expect, it } from 'vitest'
import { type C, type E, makeCase } from '../../test/small-case.ts'
import { applyFit } from './apply.ts'
import { fitRows } from './fit-case.ts'
import { seededRandom } from './random.ts'

const boxes = [1, 2, 3, 4]
const topology = boxes.map((b) => ({ box: `box-${b}`, ip: [`10.0.0.${b}`], nat: [], line: b }))

/** Each sandbox fetches by name every ten seconds; one in five connections is nobody's. */
function stream(from: number, to: number): { events: E[]; calls: C[] } {
  const random = seededRandom(7)
  const events: E[] = []
  const calls: C[] = []
  for (let at = 0; at < to; at += 10) {
    for (const b of boxes) {
      const begin = at + b + random()
      const host = `h${Math.floor(random() * 40)}.example.com`
      const src = `10.0.0.${b}`
      const lag = 0.1 + random()
      const stray = random()
      if (at < from) continue
      calls.push({ at: begin, end: begin + 2, box: `box-${b}`, names: [host], episode: `ep-${b}` })
      events.push({ at: begin + lag, src, name: host, dst: '198.51.100.9' })
      if (stray < 0.25)
        events.push({ at: at + stray * 40, src, name: 'updates.example.net', dst: '198.51.100.10' })
    }
  }
  return { events, calls }
}

function top(rows: ReturnType<typeof applyFit>, i: number) {
  const k = rows.candStart[i]!
  return k === rows.candStart[i + 1] ? { call: -1, p: 0 } : { call: rows.candCall[k]!, p: rows.candP[k]! }
}

describe('a fit that is applied', () => {
  it('says of the rows it was fitted to what the fit said', () => {
    const { events, calls } = stream(0, 1_500)
    const input = makeCase(events, calls, topology)
    const { rows, carried } = fitRows(input)
    const applied = applyFit(structuredClone(carried), input)
    for (let i = 0; i < input.events.n; i++) {
      expect(top(applied, i).call).toBe(top(rows, i).call)
      expect(top(applied, i).p).toBeCloseTo(top(rows, i).p, 6)
      expect(applied.pNone[i]).toBeCloseTo(rows.pNone[i]!, 6)
      expect(applied.tier[i]).toBe(rows.tier[i])
    }
    // What is being compared is not a heap of nothing.
    const named = Array.from({ length: input.events.n }, (_, i) => top(rows, i)).filter(({ p }) => p > 0.5)
    expect(named.length).toBeGreaterThan(400)
  })

  it('says of a few rows that came later what a fit of everything says', () => {
    const before = stream(0, 1_500)
    const { carried } = fitRows(makeCase(before.events, before.calls, topology))
    const later = stream(1_500, 1_600)
    const applied = applyFit(carried, makeCase(later.events, later.calls, topology))
    const all = stream(0, 1_600)
    const { rows } = fitRows(makeCase(all.events, all.calls, topology))
    const [events, calls] = [all.events.length - later.events.length, all.calls.length - later.calls.length]
    for (let i = 0; i < later.events.length; i++) {
      const whole = top(rows, events + i)
      expect(top(applied, i).p > 0.5).toBe(whole.p > 0.5)
      if (whole.p > 0.5) expect(top(applied, i).call).toBe(whole.call - calls)
    }
  })

  it('keeps its probabilities in order where nothing of the rows was seen before', () => {
    const { events, calls } = stream(0, 600)
    const { carried } = fitRows(makeCase(events, calls, topology))
    const strange = makeCase(
      [
        { at: 5, src: '10.0.0.99', name: 'new.example.org' },
        { at: 6, src: '203.0.113.50', dst: '10.0.0.1' },
        { at: 7, src: '' },
        { at: Number.NaN, src: '10.0.0.1' },
      ],
      [{ at: 4.5, box: 'box-77', names: ['new.example.org'] }],
      [...topology, { box: 'box-77', ip: ['10.0.0.99'], nat: [], line: 9 }],
      {
        clocks: [0, 1, 2].map((k) => ({
          name: `c${k}`,
          side: k < 2 ? 'network' : 'agent',
          zone: 'naive',
          family: 'f',
        })),
      },
    )
    const rows = applyFit(carried, strange)
    for (let i = 0; i < strange.events.n; i++) {
      let sum = rows.pNone[i]! + rows.pOther[i]!
      for (let k = rows.candStart[i]!; k < rows.candStart[i + 1]!; k++) sum += rows.candP[k]!
      expect(sum).toBeCloseTo(1, 9)
    }
    expect(top(rows, 0).call).toBe(0)
    expect(applyFit(carried, makeCase([], [], [])).candStart).toEqual(new Uint32Array(1))
  })
})
