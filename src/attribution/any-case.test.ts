import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { box, type C, type E, makeCase, story, t0 } from '../../test/small-case.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { type AttributionResult, attributionDefaults } from './api.ts'
import { attribute } from './attribute.ts'

describe('whatever it is given', () => {
  const anyCase = fc
    .record({
      es: fc.array(
        fc.record({
          at: fc.oneof(fc.double({ min: -100, max: 600, noNaN: true }), fc.constant(Number.NaN)),
          src: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1', '203.0.113.9', ''),
          name: fc.constantFrom('', 'a.example', 'b.example', 'deep.a.example'),
          span: fc.constantFrom(0.000001, 1, 60),
          srcPort: fc.constantFrom(0, 1005, 2005),
          connection: fc.constantFrom('', 'x', 'y'),
        }),
        { maxLength: 25 },
      ),
      cs: fc.array(
        fc.record({
          at: fc.oneof(fc.double({ min: -100, max: 600, noNaN: true }), fc.constant(Number.NaN)),
          end: fc.oneof(fc.double({ min: -100, max: 700, noNaN: true }), fc.constant(Number.NaN)),
          box: fc.constantFrom('', 'box-1', 'box-2', 'box-9'),
          names: fc.array(fc.constantFrom('a.example', 'b.example', '198.51.100.7'), { maxLength: 3 }),
          flags: fc.constantFrom(0, 1, 2),
          slack: fc.constantFrom(0, 2, Number.NaN),
        }),
        { maxLength: 12 },
      ),
      topology: fc.constantFrom<TopologyEntry[]>(
        [],
        [box(1), box(2)],
        [box(1, { nat: [{ ip: '192.0.2.1' }] }), box(2, { nat: [{ ip: '192.0.2.1' }], fromUs: t0 + 1e8 })],
      ),
    })
    .map(({ es, cs, topology }) => ({ es: es as E[], cs: cs as C[], topology }))

  it('invents no call, and every event’s shares sum to 1', () => {
    fc.assert(
      fc.property(anyCase, ({ es, cs, topology }) => {
        const r = attribute(makeCase(es, cs, topology))
        for (let i = 0; i < es.length; i++) {
          let sum = r.pNone[i]! + r.pOther[i]!
          let last = 1.000001
          const seen = new Set<number>()
          for (let x = r.candStart[i]!; x < r.candStart[i + 1]!; x++) {
            expect(r.candCall[x]).toBeLessThan(cs.length)
            expect(seen.has(r.candCall[x]!)).toBe(false)
            seen.add(r.candCall[x]!)
            expect(r.candP[x]!).toBeLessThanOrEqual(last)
            last = r.candP[x]!
            sum += last
          }
          expect(sum).toBeCloseTo(1, 9)
          const split = [0, 1, 2, 3].reduce((s, k) => s + r.noneSplit[i * 4 + k]!, 0)
          expect(split).toBeCloseTo(r.pNone[i]!, 4)
          expect(r.explain(i).length).toBe(r.candStart[i + 1]! - r.candStart[i]!)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('does not mind whether pairs are held at once or block by block', () => {
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 1, max: 12 }), ({ es, cs, topology }, pairsHeldMax) => {
        const whole = attribute(makeCase(es, cs, topology))
        const blocks = attribute(makeCase(es, cs, topology), { ...attributionDefaults, pairsHeldMax })
        expect([...blocks.candCall]).toEqual([...whole.candCall])
        expect([...blocks.candP]).toEqual([...whole.candP])
        expect([...blocks.pNone]).toEqual([...whole.pNone])
        expect(blocks.hypotheses).toEqual(whole.hypotheses)
        for (let i = 0; i < es.length; i++) expect(blocks.explain(i)).toEqual(whole.explain(i))
      }),
      { numRuns: 60 },
    )
  })

  it('does not mind the order of rows', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ es, cs, topology }, keys) => {
        const numbered = es.map((e, k) => ({ ...e, line: k + 1 }))
        const called = cs.map((c, k) => ({ ...c, line: k + 1 }))
        const mix = <T>(list: T[]) =>
          list
            .map((value) => ({ value, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map((x) => x.value)
        const [es2, cs2] = [mix(numbered), mix(called)]
        const a = attribute(makeCase(numbered, called, topology))
        const b = attribute(makeCase(es2, cs2, topology))
        numbered.forEach((e, i) => {
          const i2 = es2.indexOf(e)
          expect(b.pNone[i2]).toBe(a.pNone[i])
          const of = (r: AttributionResult, at: number, list: C[]) =>
            Array.from(r.candCall.subarray(r.candStart[at]!, r.candStart[at + 1]!), (j) => list[j]!.line)
          expect(of(b, i2, cs2)).toEqual(of(a, i, called))
        })
      }),
      { numRuns: 40 },
    )
  })

  it('does not mind when it all happened', () => {
    const { es, cs } = story()
    const later = 86_400 * 3
    const a = attribute(makeCase(es, cs, [box(1)]))
    const b = attribute(
      makeCase(
        es.map((e) => ({ ...e, at: e.at + later })),
        cs.map((c) => ({ ...c, at: c.at + later, end: (c.end ?? 0) + later })),
        [box(1)],
      ),
    )
    expect([...b.candCall]).toEqual([...a.candCall])
    b.candP.forEach((p, k) => {
      expect(p).toBeCloseTo(a.candP[k]!, 6)
    })
  })

  const { es, cs } = story()
  const far = es.map((e) => ({ ...e, at: e.at + 86_400 * 40 }))
  const degenerate: [string, E[], C[], TopologyEntry[]][] = [
    ['nothing at all', [], [], []],
    ['no calls', es, [], [box(1)]],
    ['no events', [], cs, [box(1)]],
    ['no overlap in time', far, cs, [box(1)]],
    ['no topology', es, cs, []],
    ['one call', es, cs.slice(0, 1), [box(1)]],
    [
      'all at the same time',
      es.map((e) => ({ ...e, at: 5 })),
      cs.map((c) => ({ ...c, at: 5, end: 5 })),
      [box(1)],
    ],
    ['calls without end', es, cs.map(({ end: _, ...c }) => c), [box(1)]],
    ['calls that end before they start', es, cs.map((c) => ({ ...c, end: c.at - 4 })), [box(1)]],
    ['calls without a box', es, cs.map(({ box: _, ...c }) => c), [box(1), box(2)]],
    [
      'everything behind one NAT',
      es.map((e) => ({ ...e, src: '192.0.2.1' })),
      cs,
      [1, 2, 3].map((k) => box(k, { nat: [{ ip: '192.0.2.1' }] })),
    ],
  ]
  it.each(degenerate)('answers on %s', (_, events, calls, topology) => {
    const r = attribute(makeCase(events, calls, topology))
    expect(r.pNone.length).toBe(events.length)
    expect(r.hypotheses.map((h) => h.name)).toEqual(['agent-caused', 'periodic-job', 'outside', 'background'])
    for (let i = 0; i < events.length; i++) expect(Number.isFinite(r.pNone[i]!)).toBe(true)
    if (calls.length === 0 || events.length === 0) expect(r.hypotheses[0]!.verdict).toBe('undecided')
  })

  it('says what is missing in plain words', () => {
    const said = (e: E[], c: C[], t: TopologyEntry[]) => attribute(makeCase(e, c, t)).notes.join(' ')
    expect(said(es, [], [box(1)])).toContain('no tool calls')
    expect(said([], cs, [box(1)])).toContain('no network events')
    expect(said(far, cs, [box(1)])).toContain('do not overlap')
    expect(said(es, cs, [])).toContain('topology')
    expect(
      said(
        es,
        cs.map(({ end: _, ...c }) => c),
        [box(1)],
      ),
    ).toContain('without an end')
    expect(said(es, cs, [box(1)])).toContain('not calibrated')
  })
})
