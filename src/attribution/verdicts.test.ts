import { describe, expect, it } from 'vitest'
import { box, type C, type E, makeCase } from '../../test/small-case.ts'
import { type AttributionCase, callFlags } from './api.ts'
import { attribute } from './attribute.ts'

/** A call of each of two boxes every minute for twenty minutes, 8 s long; it causes nothing. */
function idleCalls(boxes = [1, 2]): C[] {
  return Array.from({ length: 20 }, (_, k) =>
    boxes.map((b) => ({
      at: 60 * k + 7 * b,
      end: 60 * k + 7 * b + 8,
      box: `box-${b}`,
      names: [`n${k}.example`],
    })),
  ).flat()
}

/** Pseudo-random seconds within twenty minutes: no beat, and no regard for calls. */
const times = (n: number, seed = 1) =>
  Array.from({ length: n }, (_, k) => ((k * 0.618_034 + seed * 0.317) % 1) * 1200)
    .map((t, k) => (t + 29 * Math.sin(k * k)) % 1200)
    .filter((t) => t > 0)

const daemon = (b: number): E[] =>
  times(60, b).map((at) => ({ at, src: `10.0.0.${b}`, name: 'updates.example.net', dst: '192.0.2.99' }))

function judged(es: E[], cs: C[], more: Partial<AttributionCase> = {}, boxes = [1, 2]) {
  const r = attribute(
    makeCase(
      es,
      cs,
      boxes.map((b) => box(b)),
      more,
    ),
  )
  const out: Record<string, string> = { missing: r.missing }
  for (const { name, verdict } of r.hypotheses) out[name] = verdict
  return out
}

describe('explanations are supported by evidence of their own alone', () => {
  it('background: what goes on whether calls run or not, where all calls are known', () => {
    const es = [...daemon(1), ...daemon(2)]
    expect(judged(es, idleCalls())).toMatchObject({ background: 'supported', 'agent-caused': 'rejected' })
  })

  it('background is not what comes from sandboxes without a trace, nor of a time without one', () => {
    const es = [...daemon(1), ...daemon(2)]
    const partly = judged(es, idleCalls([1]))
    expect(partly).toMatchObject({ background: 'undecided', 'agent-caused': 'undecided' })
    expect(partly.missing).toContain('calls are recorded of 1 of the 2 sandboxes')
    const later = es.map((e) => ({ ...e, at: e.at + 86_400 * 4 }))
    expect(judged(later, idleCalls())).toEqual({
      'agent-caused': 'undecided',
      'periodic-job': 'undecided',
      outside: 'undecided',
      background: 'undecided',
      missing: 'logs and traces do not overlap in time',
    })
  })

  it('minds no call that another input repeats', () => {
    const cs = idleCalls().flatMap((c) => [c, { ...c, flags: callFlags.echo }])
    expect(judged([...daemon(1), ...daemon(2)], cs).background).toBe('supported')
  })

  it('periodic: a steady beat that goes on between calls', () => {
    const es = Array.from({ length: 52 }, (_, k) => ({
      at: 4 + 23 * k,
      name: 'metrics.example',
      dst: '192.0.2.9',
    }))
    expect(judged(es, idleCalls([1]), {}, [1])).toMatchObject({ 'periodic-job': 'supported' })
  })

  it('outside: connections that somebody outside began at a sandbox, not those of a gateway nobody lists', () => {
    const scan = times(60).map((at) => ({ at, src: '203.0.113.5', dst: '10.0.0.1', port: 22 }))
    expect(judged(scan, idleCalls())).toMatchObject({ outside: 'supported' })
    const gateway = times(60).map((at, k) => ({
      at,
      src: '203.0.113.5',
      dst: k % 3 === 0 ? `198.51.100.${k}` : '10.9.9.9',
      port: k % 3 === 0 ? 443 : 53,
    }))
    expect(judged(gateway, idleCalls(), { topology: [] })).toMatchObject({ outside: 'rejected' })
    const probing = times(60).map((at) => ({ at, src: '203.0.113.5', dst: '10.9.9.9', port: 22 }))
    expect(judged(probing, idleCalls(), { topology: [] }).outside).not.toBe('supported')
  })
})
