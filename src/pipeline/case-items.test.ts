import { describe, expect, test } from 'vitest'
import { at, mergedOf } from '../../test/merged-of.ts'
import type { Event } from '../schema/event.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import { callAt, eventAt } from './case-items.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('columns', () => {
  const connection: Event = {
    class: 'network_activity',
    time: at('2026-11-24T03:00:00.5Z'),
    endTime: { ...at('2026-11-24T03:00:02Z'), spanUs: 1, source: '' },
    sensor: 'fw-1',
    srcEndpoint: { ip: '10.0.0.1', port: 40_000, hostname: 'box' },
    dstEndpoint: { ip: '192.0.2.1', port: 443 },
    natEndpoint: { ip: '198.51.100.1', port: 1024 },
    transport: 'tcp',
    disposition: 'blocked',
    policy: { rule: 'deny', reason: 'policy' },
    outcome: 'refused',
    bytesOut: 10,
    bytesIn: 0,
    connection: 'f1',
    box: 'box-1',
    observed: { sni: 'x.example.com' },
    alert: { title: 'Odd', severity: 'high' },
    line: 7,
  }
  const dns: Event = {
    class: 'dns_activity',
    time: { ...at('2026-11-24T03:00:00Z'), kind: 'ingest' },
    srcEndpoint: { ip: '10.0.0.1' },
    dstEndpoint: { ip: '10.0.0.53', port: 53 },
    dns: { query: { hostname: 'x.example.com', type: 'A' }, answers: ['192.0.2.1'], rcode: 'NOERROR' },
    line: 8,
  }
  const ping: Event = {
    class: 'network_activity',
    time: at('2026-11-24T03:00:00Z'),
    srcEndpoint: { ip: '10.0.0.1' },
    dstEndpoint: { ip: '192.0.2.1' },
    transport: 'icmp',
    packetsOut: 400,
    packetsIn: 399,
    bytesOut: 400_000,
    unmapped: { icmpType: 0 },
    line: 9,
  }
  const order: Event = {
    class: 'api_activity',
    time: at('2026-11-24T03:00:00Z'),
    srcEndpoint: { ip: '10.0.0.1' },
    dstEndpoint: { ip: '' },
    api: { service: 'ec2', operation: 'RunInstances' },
    unmapped: { instanceType: 'p5.48xlarge' },
    line: 10,
  }

  test('give back the events that were put into them', () => {
    const events = [connection, dns, ping, order]
    const merged = mergedOf([{ path: 'a', events }])
    for (const [i, event] of events.entries()) {
      const { time, ...rest } = eventAt(merged, i)
      const { time: given, ...others } = event
      expect(rest).toEqual(others)
      const { us, spanUs, kind, zone, source } = time
      expect({ us, spanUs, kind, zone, source }).toEqual(plain(given))
    }
  })

  test('give back a call', () => {
    const call: ToolCall = {
      name: 'Bash',
      command: 'ls',
      start: { ...at('2026-11-24T03:00:00Z'), spanUs: 1, source: '' },
      end: { ...at('2026-11-24T03:00:01Z'), spanUs: 1, source: '' },
      sourceId: 'call_1',
      run: 'r',
      episode: 'e',
      policyVersion: 'v1',
      turn: 0,
      step: 3,
      reward: -0.5,
      exitCode: 0,
      uncertaintyMs: 2,
      timeSource: 'executor',
      boxHints: ['box-1', 'c0ffee'],
      line: 4,
    }
    const merged = mergedOf([{ path: 'a', calls: [call] }])
    expect(callAt(merged, 0, undefined)).toEqual(call)
  })
})
