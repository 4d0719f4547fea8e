import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventClasses } from '../schema/event.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { type AttributionCase, type AttributionResult, callFlags, eventFlags, tiers } from './api.ts'
import { attribute } from './attribute.ts'

const t0 = Date.UTC(2026, 10, 24, 8) * 1000

interface E {
  at: number
  src?: string
  dst?: string
  port?: number
  name?: string
  srcPort?: number
  nat?: [string, number]
  identity?: string
  connection?: string
  class?: string
  answers?: string[]
  span?: number
  clock?: number
  flags?: number
  line?: number
}
interface C {
  at: number
  end?: number
  box?: string
  names?: string[]
  flags?: number
  id?: string
  slack?: number
  episode?: string
  line?: number
}

/** A case from short rows; times in seconds. Clock 0 and 1 are network, 2 the agents'. */
function makeCase(
  es: E[],
  cs: C[],
  topology: TopologyEntry[] = [],
  more: Partial<AttributionCase> = {},
): AttributionCase {
  const texts = ['']
  const id = (text = '') => {
    if (text === '') return 0
    const known = texts.indexOf(text)
    return known >= 0 ? known : texts.push(text) - 1
  }
  const n = es.length
  const m = cs.length
  const starts = (lists: (string[] | undefined)[]) => {
    const out = new Uint32Array(lists.length + 1)
    lists.forEach((l, k) => {
      out[k + 1] = out[k]! + (l?.length ?? 0)
    })
    return out
  }
  const names = cs.flatMap((c) => c.names ?? [])
  return {
    clocks: [
      { name: 'eve', side: 'network', zone: 'utc', family: 'eve' },
      { name: 'conntrack', side: 'network', zone: 'utc', family: 'conntrack' },
      { name: 'agents', side: 'agent', zone: 'utc', family: 'agents' },
    ],
    events: {
      n,
      fromUs: Float64Array.from(es, (e) => t0 + e.at * 1e6),
      spanUs: Float64Array.from(es, (e) => (e.span ?? 0.001) * 1e6),
      endUs: new Float64Array(n).fill(Number.NaN),
      clock: Uint16Array.from(es, (e) => e.clock ?? 0),
      srcIp: Uint32Array.from(es, (e) => id(e.src ?? '10.0.0.1')),
      dstIp: Uint32Array.from(es, (e) => id(e.dst ?? '198.51.100.7')),
      natIp: Uint32Array.from(es, (e) => id(e.nat?.[0])),
      srcPort: Uint16Array.from(es, (e, k) => e.srcPort ?? 30_000 + k),
      dstPort: Uint16Array.from(es, (e) => e.port ?? 443),
      natPort: Uint16Array.from(es, (e) => e.nat?.[1] ?? 0),
      name: Uint32Array.from(es, (e) => id(e.name)),
      rule: new Uint32Array(n),
      box: new Uint32Array(n),
      identity: Uint32Array.from(es, (e) => id(e.identity)),
      connection: Uint32Array.from(es, (e) => id(e.connection)),
      class: Uint8Array.from(es, (e) => eventClasses.findIndex((c) => c === (e.class ?? 'network_activity'))),
      transport: new Uint8Array(n).fill(1),
      flags: Uint8Array.from(es, (e) => e.flags ?? eventFlags.alert),
      bytesOut: new Float64Array(n).fill(Number.NaN),
      bytesIn: new Float64Array(n).fill(Number.NaN),
      answersStart: starts(es.map((e) => e.answers)),
      answers: Uint32Array.from(
        es.flatMap((e) => e.answers ?? []),
        (a) => id(a),
      ),
      file: new Uint32Array(n),
      line: Uint32Array.from(es, (e, k) => e.line ?? k + 1),
    },
    calls: {
      n: m,
      startUs: Float64Array.from(cs, (c) => t0 + c.at * 1e6),
      endUs: Float64Array.from(cs, (c) => (c.end === undefined ? Number.NaN : t0 + c.end * 1e6)),
      uncertaintyUs: Float64Array.from(cs, (c) => (c.slack ?? 0) * 1e6),
      clock: new Uint16Array(m).fill(2),
      box: Uint32Array.from(cs, (c) => id(c.box)),
      episode: Uint32Array.from(cs, (c) => id(c.episode ?? 'episode-1')),
      run: new Uint32Array(m),
      sourceId: Uint32Array.from(cs, (c) => id(c.id)),
      turn: new Int32Array(m).fill(-1),
      step: new Int32Array(m).fill(-1),
      toolClass: new Uint8Array(m),
      flags: Uint8Array.from(cs, (c) => c.flags ?? 0),
      targetsStart: starts(cs.map((c) => c.names)),
      targets: Uint32Array.from(names, (t) => id(t)),
      targetPort: new Uint16Array(names.length),
      targetVia: new Uint8Array(names.length),
      file: new Uint32Array(m).fill(1),
      line: Uint32Array.from(cs, (c, k) => c.line ?? k + 1),
    },
    topology,
    toolClasses: ['shell'],
    controls: [],
    texts,
    ...more,
  }
}

const box = (k: number, more: Partial<TopologyEntry> = {}): TopologyEntry => ({
  box: `box-${k}`,
  ip: [`10.0.0.${k}`],
  nat: [],
  line: k,
  ...more,
})

function lead(r: AttributionResult, i: number): { call: number; p: number } {
  const x = r.candStart[i]!
  return x < r.candStart[i + 1]! ? { call: r.candCall[x]!, p: r.candP[x]! } : { call: -1, p: 0 }
}

/** Eight calls, one every minute, each followed by what it names 0.3 s later, and a daemon that minds nobody. */
function story(): { es: E[]; cs: C[] } {
  const es: E[] = []
  const cs: C[] = []
  for (let k = 0; k < 8; k++) {
    cs.push({ at: 60 * k, end: 60 * k + 5, box: 'box-1', names: [`site${k}.example.org`], id: `call-${k}` })
    es.push({ at: 60 * k + 0.3, name: `site${k}.example.org`, dst: `198.51.100.${k}` })
  }
  for (let k = 0; k < 12; k++) es.push({ at: 31 + 37.7 * k, name: 'daemon.example.net', dst: '192.0.2.99' })
  return { es, cs }
}

describe('attribution of small cases with known answers', () => {
  it('names the call whose command names the destination, and none for a daemon', () => {
    const { es, cs } = story()
    const r = attribute(makeCase(es, cs, [box(1)]))
    for (let k = 0; k < 8; k++) {
      expect(lead(r, k).call).toBe(k)
      expect(lead(r, k).p).toBeGreaterThan(0.9)
      expect(r.tier[k]).toBe(tiers.indexOf('content'))
    }
    for (let k = 8; k < 20; k++) {
      // One of its visits falls into a call by chance: that one may be doubted, but never be called attributed.
      if (es[k]!.at % 60 > 8) expect(r.pNone[k]).toBeGreaterThan(0.9)
      else expect(lead(r, k).p).toBeLessThan(0.9)
    }
  })

  it('explains in lines whose log-odds add up to the odds', () => {
    const { es, cs } = story()
    const r = attribute(makeCase(es, cs, [box(1)]))
    const [lines] = r.explain(3)
    const sum = lines!.reduce((s, e) => s + e.logOdds, 0)
    expect(sum).toBeCloseTo(Math.min(14, Math.log(lead(r, 3).p / r.pNone[3]!)), 0)
    expect(lines!.map((e) => e.text).join(' ')).toContain(
      'site3.example.org stands in the command (rare: named by 1 of 8 calls)',
    )
  })

  it('never looks at calls of another box when the address belongs to one', () => {
    const r = attribute(
      makeCase(
        [{ at: 1, src: '10.0.0.2', name: 'drop.example' }],
        [{ at: 0.5, end: 5, box: 'box-1', names: ['drop.example'] }],
        [box(1), box(2)],
      ),
    )
    expect(lead(r, 0).call).toBe(-1)
    expect(r.pNone[0]).toBe(1)
  })

  it('lets a NAT port range, and a conntrack record, fix the box', () => {
    const nat = (k: number) => [{ ip: '192.0.2.1', portStart: k * 1000, portEnd: k * 1000 + 999 }]
    const ranged = [box(1, { nat: nat(1) }), box(2, { nat: nat(2) })]
    const cs: C[] = [1, 2].map((k) => ({ at: 0, end: 5, box: `box-${k}`, names: ['drop.example'] }))
    const byPort = attribute(
      makeCase([{ at: 1, src: '192.0.2.1', srcPort: 2005, name: 'drop.example' }], cs, ranged),
    )
    expect(lead(byPort, 0).call).toBe(1)
    const shared = [1, 2].map((k) => box(k, { nat: [{ ip: '192.0.2.1' }] }))
    const byRecord = attribute(
      makeCase(
        [
          { at: 1, src: '192.0.2.1', srcPort: 777, name: 'drop.example' },
          { at: 1, src: '10.0.0.2', srcPort: 555, nat: ['192.0.2.1', 777], clock: 1 },
        ],
        cs,
        shared,
      ),
    )
    expect([lead(byRecord, 0).call, lead(byRecord, 1).call]).toEqual([1, 1])
    const unknown = attribute(
      makeCase([{ at: 1, src: '192.0.2.1', srcPort: 777, name: 'drop.example' }], cs, shared),
    )
    expect(lead(unknown, 0).p).toBeLessThan(0.6)
  })

  it('takes a record that names the call at its word, and says so when that call was not recorded', () => {
    const { es, cs } = story()
    const r = attribute(
      makeCase([...es, { at: 200, identity: 'call-5' }, { at: 201, identity: 'call-77' }], cs, [box(1)]),
    )
    expect(lead(r, 20)).toMatchObject({ call: 5, p: 0.999 })
    expect(r.tier[20]).toBe(tiers.indexOf('identity'))
    expect(r.pNone[21]).toBe(1)
    expect(r.noneSplit[21 * 4 + 3]).toBeGreaterThan(0.5)
  })

  it('gives what an outside party began to the outside', () => {
    const { es, cs } = story()
    const r = attribute(
      makeCase([...es, { at: 121, src: '203.0.113.5', dst: '10.0.0.1', port: 22 }], cs, [box(1)]),
    )
    expect(r.pNone[20]).toBe(1)
    expect(r.noneSplit[20 * 4 + 2]).toBeGreaterThan(0.9)
  })

  it('answers alike for all records of one connection', () => {
    const { es, cs } = story()
    const flow = { connection: 'f1', dst: '198.51.100.77', name: 'late.example', srcPort: 4242 }
    cs.push({ at: 500, end: 503, box: 'box-1', names: ['late.example'] }, { at: 504, end: 540, box: 'box-1' })
    es.push(
      { at: 500.3, ...flow },
      { at: 520, ...flow, class: 'tls_activity' },
      { at: 530, ...flow, class: 'detection_finding' },
    )
    const r = attribute(makeCase(es, cs, [box(1)]))
    expect([20, 21, 22].map((i) => lead(r, i))).toEqual(Array(3).fill(lead(r, 20)))
    expect(lead(r, 20).call).toBe(8)
  })

  it('lays a tunnel that outlives its call at the door of that call, not of whatever runs next', () => {
    const { es, cs } = story()
    cs.push({ at: 490, end: 491, box: 'box-1', names: ['c2.example'], flags: callFlags.background })
    for (let k = 0; k < 20; k++) {
      es.push({ at: 490.4 + 30 * k, name: 'c2.example', dst: '203.0.113.66', port: 22 })
      cs.push({ at: 500 + 30 * k, end: 522 + 30 * k, box: 'box-1' })
    }
    const r = attribute(makeCase(es, cs, [box(1)]))
    for (let i = 20; i < 40; i++) expect(lead(r, i)).toMatchObject({ call: 8 })
    expect(r.onset[39]).toBe(20)
  })

  it('uses DNS answers to give an address the name that a command has', () => {
    const { es, cs } = story()
    cs.push({ at: 600, end: 604, box: 'box-1', names: ['drop.example'] })
    es.push(
      {
        at: 600.2,
        class: 'dns_activity',
        dst: '10.9.9.9',
        port: 53,
        name: 'drop.example',
        answers: ['203.0.113.8'],
      },
      { at: 600.3, dst: '203.0.113.8', port: 4444 },
    )
    const c = makeCase(es, cs, [box(1)])
    const r = attribute(c)
    expect(c.texts[r.dstName[21]!]).toBe('drop.example')
    expect(lead(r, 21).call).toBe(8)
    expect(lead(r, 21).p).toBeGreaterThan(0.9)
  })

  it('gives what recurs at a steady beat without calls to a periodic job', () => {
    const { cs } = story()
    const es = Array.from({ length: 30 }, (_, k) => ({
      at: 7 + 20 * k,
      name: 'metrics.example',
      dst: '192.0.2.9',
    }))
    const r = attribute(makeCase(es, cs, [box(1)]))
    expect(r.noneSplit[20 * 4]! / r.pNone[20]!).toBeGreaterThan(0.5)
  })

  it('finds a firewall clock 7.3 s ahead, and one in a zone eight hours away', () => {
    for (const ahead of [7.3, 8 * 3600]) {
      const es: E[] = []
      const cs: C[] = []
      for (let k = 0; k < 30; k++) {
        const at = 50 * k + ((k * k * 7) % 23)
        cs.push({ at, end: at + 3, box: 'box-1', names: [`site${k}.example.org`] })
        es.push({
          at: at + 0.2 + ((k * 13) % 10) / 20 + ahead,
          name: `site${k}.example.org`,
          dst: `198.51.100.${k}`,
        })
      }
      const r = attribute(makeCase(es, cs, [box(1)]))
      expect(r.clocks[0]!.aligned).toBe(true)
      expect(Math.abs(r.clocks[0]!.offsetMs - ahead * 1000)).toBeLessThan(400)
      for (let k = 0; k < 30; k++) expect(lead(r, k).call).toBe(k)
    }
  })

  it('matches a trace that names no box to the address that did what it names', () => {
    const es: E[] = []
    const cs: C[] = []
    for (let k = 0; k < 20; k++) {
      cs.push({ at: 30 * k, end: 30 * k + 4, names: [`site${k}.example.org`] })
      es.push({ at: 30 * k + 0.4, src: '10.0.0.2', name: `site${k}.example.org`, dst: `198.51.100.${k}` })
      es.push({ at: 30 * k + 1, src: '10.0.0.3', name: `other${k}.example.org`, dst: `203.0.113.${k}` })
    }
    const r = attribute(makeCase(es, cs))
    for (let k = 0; k < 20; k++) {
      expect(lead(r, 2 * k).call).toBe(k)
      expect(lead(r, 2 * k + 1).p).toBeLessThan(0.5)
    }
  })

  it('tells two episodes of one file apart that ran side by side and name what everybody names', () => {
    const es: E[] = []
    const cs: C[] = []
    for (let k = 0; k < 24; k++) {
      const at = 30 * k + (k % 5)
      const names = ['git.example.org']
      cs.push(
        { at, end: at + 6, names, episode: 'left' },
        { at: at + 2, end: at + 8, names, episode: 'right' },
      )
      const goes = { name: 'git.example.org', dst: '198.51.100.7' }
      es.push({ at: at + 0.3, src: '10.0.0.1', ...goes }, { at: at + 2.3, src: '10.0.0.2', ...goes })
    }
    const r = attribute(makeCase(es, cs, [box(1), box(2)]))
    for (let i = 0; i < es.length; i++) expect(lead(r, i)).toMatchObject({ call: i })
  })

  it('shares a machine’s own address with the sandboxes that are seen by it', () => {
    const { es, cs } = story()
    const nat = [{ ip: '10.0.9.1' }]
    const machine = { box: 'machine', ip: ['10.0.9.1'], nat, line: 9 }
    const seen = es.map((e) => ({ ...e, src: '10.0.9.1' }))
    const r = attribute(makeCase(seen, cs, [machine, box(1, { nat }), box(2, { nat })]))
    for (let k = 0; k < 8; k++) expect(lead(r, k).call).toBe(k)
  })

  it('takes message stamps at their word when it aligns clocks', () => {
    const { es, cs } = story()
    const late = es.map((e) => ({ ...e, at: e.at + 7.3 }))
    const sharp = attribute(makeCase(late, cs))
    const blurred = attribute(
      makeCase(
        late,
        cs.map((c) => ({ ...c, slack: 0.25 })),
      ),
    )
    expect(blurred.clocks[0]!.offsetMs).toBeCloseTo(sharp.clocks[0]!.offsetMs, 0)
  })

  it('aligns traces that only know when an episode was, and calls nothing more than likely by them', () => {
    const es: E[] = []
    const cs: C[] = []
    for (let k = 0; k < 12; k++) {
      const from = 90 * k + 17 * (k % 3)
      for (let m = 0; m < 4; m++) {
        const name = `site${k}-${m}.example.org`
        cs.push({ at: from, end: from + 40, box: 'box-1', names: [name], episode: `episode-${k}` })
        es.push({ at: from + 4 + 9 * m + 28_800, name, dst: `198.51.100.${4 * k + m}` })
      }
    }
    const r = attribute(makeCase(es, cs, [box(1)]))
    expect(r.clocks[0]!.aligned).toBe(true)
    expect(Math.abs(r.clocks[0]!.offsetMs - 28_800_000)).toBeLessThan(10_000)
    for (let i = 0; i < es.length; i++) {
      expect(lead(r, i).call).toBe(i)
      expect(lead(r, i).p).toBeLessThan(0.9)
    }
  })

  it('counts a call that is told twice once', () => {
    const { es, cs } = story()
    const once = attribute(makeCase(es, cs))
    const twice = attribute(makeCase(es, [...cs, ...cs.map((c) => ({ ...c, flags: callFlags.echo }))]))
    for (let i = 0; i < es.length; i++) expect(lead(twice, i)).toEqual(lead(once, i))
  })
})

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
