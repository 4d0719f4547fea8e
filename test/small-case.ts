// Small cases of attribution, written as short rows.

import { type AttributionCase, type AttributionResult, eventFlags } from '../src/attribution/api.ts'
import { eventClasses } from '../src/schema/event.ts'
import type { TopologyEntry } from '../src/schema/topology.ts'

export const t0 = Date.UTC(2026, 10, 24, 8) * 1000

export interface E {
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
export interface C {
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
export function makeCase(
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

export const box = (k: number, more: Partial<TopologyEntry> = {}): TopologyEntry => ({
  box: `box-${k}`,
  ip: [`10.0.0.${k}`],
  nat: [],
  line: k,
  ...more,
})

export function lead(r: AttributionResult, i: number): { call: number; p: number } {
  const x = r.candStart[i]!
  return x < r.candStart[i + 1]! ? { call: r.candCall[x]!, p: r.candP[x]! } : { call: -1, p: 0 }
}

/** Eight calls, one every minute, each followed by what it names 0.3 s later, and a daemon that minds nobody. */
export function story(): { es: E[]; cs: C[] } {
  const es: E[] = []
  const cs: C[] = []
  for (let k = 0; k < 8; k++) {
    cs.push({ at: 60 * k, end: 60 * k + 5, box: 'box-1', names: [`site${k}.example.org`], id: `call-${k}` })
    es.push({ at: 60 * k + 0.3, name: `site${k}.example.org`, dst: `198.51.100.${k}` })
  }
  for (let k = 0; k < 12; k++) es.push({ at: 31 + 37.7 * k, name: 'daemon.example.net', dst: '192.0.2.99' })
  return { es, cs }
}
