import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { decide } from './decide.ts'
import { callsMax, Meter, namesPerMinuteDefault } from './meter.ts'
import { parsePolicy } from './parse.ts'

const compile = (policy: object) => compilePolicy(parsePolicy({ version: 1, ...policy }, 'p').policy!)
const use = (nowMs: number, host = 'a.example', more: object = {}) => ({
  nowMs,
  host,
  rule: 'allow a.example (p)',
  ...more,
})

describe('limits over time', () => {
  it('counts connections of the last minute', () => {
    const meter = new Meter(compile({ limits: { connectionsPerMinute: 3 } }))
    for (const at of [0, 10_000, 20_000]) expect(meter.connect(use(at))).toBeUndefined()
    expect(meter.connect(use(59_000))).toMatchObject({
      verdict: 'deny',
      code: 'limit',
      rule: 'limit connectionsPerMinute',
    })
    expect(meter.connect(use(60_000))).toBeUndefined()
    expect(meter.connect(use(61_000))?.code).toBe('limit')
    expect(meter.connect(use(70_000))).toBeUndefined()
    // A clock that goes back gives nothing away.
    expect(meter.connect(use(0))?.code).toBe('limit')
    expect(meter.connect(use(10_000_000))).toBeUndefined()
  })

  it('agrees with counting by hand', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (gaps, most) => {
        const meter = new Meter(compile({ limits: { connectionsPerMinute: most } }))
        const accepted: number[] = []
        let nowMs = 0
        for (const gap of gaps) {
          nowMs += gap
          const second = Math.floor(nowMs / 1000)
          const recent = accepted.filter((at) => second - at < 60).length
          const refused = meter.connect(use(nowMs)) !== undefined
          expect(refused).toBe(recent >= most)
          if (!refused) accepted.push(second)
        }
      }),
    )
  })

  it('counts destinations, bytes to a host and bytes of a call', () => {
    const meter = new Meter(
      compile({ limits: { destinations: 2, bytesOutPerHost: '1 KB', bytesOutPerCall: '1500' } }),
    )
    expect(meter.connect(use(0, 'a.example'))).toBeUndefined()
    expect(meter.connect(use(0, 'b.example'))).toBeUndefined()
    expect(meter.connect(use(0, 'a.example'))).toBeUndefined()
    expect(meter.connect(use(0, 'A.Example.'))).toBeUndefined()
    expect(meter.connect(use(0, 'c.example'))?.rule).toBe('limit destinations')
    expect(meter.send({ ...use(0, 'a.example', { call: 'c1' }), bytes: 1000 })).toBeUndefined()
    expect(meter.send({ ...use(0, 'A.example', { call: 'c2' }), bytes: 1 })?.rule).toBe(
      'limit bytesOutPerHost',
    )
    expect(meter.send({ ...use(0, 'b.example', { call: 'c1' }), bytes: 501 })?.rule).toBe(
      'limit bytesOutPerCall',
    )
    expect(meter.send({ ...use(0, 'b.example', { call: 'c1' }), bytes: 500 })).toBeUndefined()
  })

  it('holds limits of a phase, a tool and a rule to what they are for', () => {
    const compiled = compile({
      allow: [{ host: 'slow.example', limits: { connectionsPerMinute: 1 } }, 'a.example'],
      phases: { setup: { limits: { connectionsPerMinute: 1 } } },
      tools: { Bash: { limits: { destinations: 1 } } },
    })
    const meter = new Meter(compiled)
    const rule = decide(compiled, { stage: 'connect', dnsName: 'slow.example', port: 443 }).rule
    expect(meter.connect(use(0, 'slow.example', { rule }))).toBeUndefined()
    expect(meter.connect(use(0, 'slow.example', { rule }))?.rule).toContain('slow.example')
    for (const _ of [1, 2, 3]) expect(meter.connect(use(0))).toBeUndefined()
    expect(meter.connect(use(0, 'a.example', { phase: 'setup' }))).toBeUndefined()
    expect(meter.connect(use(0, 'a.example', { phase: 'setup' }))?.rule).toContain('setup')
    expect(meter.connect(use(0, 'a.example', { tool: 'Bash' }))).toBeUndefined()
    expect(meter.connect(use(0, 'b.example', { tool: 'Bash' }))?.rule).toContain('Bash')
    expect(meter.connect(use(0, 'b.example', { tool: 'Edit' }))).toBeUndefined()
  })

  it('does not let names under a wildcard carry data', () => {
    const compiled = compile({ allow: ['*.a.example', 'b.example'] })
    const meter = new Meter(compiled)
    const under = decide(compiled, { stage: 'name', dnsName: 'x.a.example' }).rule
    const exact = decide(compiled, { stage: 'name', dnsName: 'b.example' }).rule
    for (let i = 0; i < namesPerMinuteDefault; i++)
      expect(meter.lookup({ nowMs: i, host: `${i}.a.example`, rule: under })).toBeUndefined()
    expect(meter.lookup({ nowMs: 200, host: 'one-more.a.example', rule: under })?.rule).toBe(
      'limit namesPerMinute',
    )
    expect(meter.lookup({ nowMs: 200, host: '1.a.example', rule: under })).toBeUndefined()
    expect(meter.lookup({ nowMs: 200, host: 'b.example', rule: exact })).toBeUndefined()
    expect(meter.lookup({ nowMs: 61_000, host: 'one-more.a.example', rule: under })).toBeUndefined()
  })

  it('forgets only calls, the oldest first, and says how many', () => {
    const meter = new Meter(compile({ limits: { bytesOutPerCall: 10 } }))
    for (let i = 0; i <= callsMax; i++) meter.send({ ...use(0, 'a.example', { call: `c${i}` }), bytes: 10 })
    expect(meter.forgotten).toBe(1)
    expect(meter.send({ ...use(0, 'a.example', { call: `c${callsMax}` }), bytes: 1 })?.code).toBe('limit')
  })
})
