import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toIso } from '../base/time.ts'
import { FloodGate, type FloodOptions, type Refusal } from './flood.ts'

const startUs = 1_800_000_000_000_000

function refusal(port: number, unit = 'exec-1'): Refusal {
  return {
    class: 'network_activity',
    activity: 'refuse',
    connection: 'c',
    box: 'run-1',
    transport: 'tcp',
    srcEndpoint: { ip: '10.8.0.2', port: 40_000 },
    dstEndpoint: { ip: '192.0.2.9', port },
    disposition: 'blocked',
    policy: { rule: 'default' },
    actor: { unit, tier: 'none' },
  }
}

const lookup: Refusal = {
  class: 'dns_activity',
  box: 'run-1',
  query: { hostname: 'x.example.net', type: 'A' },
  disposition: 'blocked',
  actor: { unit: 'exec-1', tier: 'none' },
}

describe('a flood of refusals', () => {
  it('is written in full up to the limit, and counted beyond', () => {
    const gate = new FloodGate({ alikePerSecondMax: 3 })
    const written = Array.from({ length: 10 }, (_, i) => gate.offer(refusal(22), startUs + i * 1000)).flat()
    expect(written.map((line) => line.class)).toEqual(Array(3).fill('network_activity'))
    expect(gate.due(startUs + 500_000)).toEqual([])
    expect(gate.due(startUs + 1_000_000)).toEqual([
      {
        class: 'aggregate',
        of: 'network_activity',
        box: 'run-1',
        count: 7,
        firstTime: toIso(startUs + 3_000),
        lastTime: toIso(startUs + 9_000),
        dstEndpoint: { ip: '192.0.2.9', port: 22 },
        transport: 'tcp',
        disposition: 'blocked',
        policy: { rule: 'default' },
        actor: { unit: 'exec-1', tier: 'none' },
      },
    ])
    expect(gate.offer(refusal(22), startUs + 1_000_001)).toHaveLength(1)
  })

  it('is counted by name when it is lookups', () => {
    const gate = new FloodGate({ alikePerSecondMax: 1 })
    gate.offer(lookup, startUs)
    gate.offer(lookup, startUs)
    expect(gate.end()).toMatchObject([{ of: 'dns_activity', count: 1, query: { hostname: 'x.example.net' } }])
  })

  it('of a unit towards ever other destinations is counted with the first of them', () => {
    const gate = new FloodGate({ unitPerSecondMax: 2, destinationsMax: 2 })
    for (let port = 1; port <= 6; port++) gate.offer(refusal(port), startUs)
    const [aggregate, ...rest] = gate.end()
    expect(rest).toEqual([])
    expect(aggregate).toMatchObject({
      count: 4,
      destinations: { first: ['192.0.2.9:3/tcp', '192.0.2.9:4/tcp'] },
    })
    expect(aggregate).not.toHaveProperty('dstEndpoint')
  })

  it('of one unit does not hide what another does', () => {
    const gate = new FloodGate({ alikePerSecondMax: 1, unitPerSecondMax: 1 })
    for (let i = 0; i < 100; i++) gate.offer(refusal(22, 'exec-1'), startUs)
    expect(gate.offer(refusal(22, 'exec-2'), startUs)).toHaveLength(1)
  })

  it('loses nothing in the counts, whatever comes when, even with the clock set back', () => {
    const options: FloodOptions = {
      alikePerSecondMax: 2,
      unitPerSecondMax: 5,
      keysMax: 3,
      destinationsMax: 2,
    }
    const act = fc.record({
      port: fc.integer({ min: 1, max: 5 }),
      unit: fc.constantFrom('a', 'b', 'c'),
      afterUs: fc.integer({ min: -1_500_000, max: 700_000 }),
      tick: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const gate = new FloodGate(options)
        let us = startUs
        let total = 0
        const tell = (lines: ReturnType<FloodGate['offer']>) => {
          for (const line of lines) total += line.class === 'aggregate' ? line.count : 1
        }
        for (const { port, unit, afterUs, tick } of acts) {
          us += afterUs
          tell(gate.offer(refusal(port, unit), us))
          if (tick) tell(gate.due(us))
        }
        tell(gate.end())
        expect(total).toBe(acts.length)
        expect(gate.end()).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
