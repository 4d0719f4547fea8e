import { describe, expect, it } from 'vitest'
import {
  conversation,
  type Frame,
  icmpFrame,
  joined,
  type PcapOptions,
  pcapFile,
  tcpFrame,
  udpFrame,
  withoutEthernet,
} from '../../../test/captures.ts'
import { type Result, readAll } from '../../../test/importers/read-all.ts'
import { pcap } from './pcap.ts'
import { flowLimits } from './pcap-flows.ts'

const t0 = 1_780_000_000_000_000
const client = '10.0.0.5:40000'
const server = '198.51.100.9:443'

function read(frames: readonly Frame[], options?: PcapOptions): Result {
  return readAll(pcap, 'a.pcap', pcapFile(frames, options))
}

/** Every packet record is an event, a reject or a skip. */
function told({ events, rejects, skips }: Result): number {
  return events.length + rejects.length + Object.values(skips).reduce((sum, n) => sum + n, 0)
}

const request: readonly (readonly ['c' | 's', string])[] = [
  ['c', 'GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n'],
  ['s', 'HTTP/1.1 200 OK\r\n\r\nhi'],
]

describe('a TCP connection', () => {
  it('becomes one event, with its totals and what was said', () => {
    const frames = conversation(t0, client, server, request)
    const { events, skips } = read(frames)
    expect(events).toHaveLength(1)
    expect(skips).toEqual({ 'packet of a flow': 4 })
    expect(events[0]).toMatchObject({
      class: 'http_activity',
      srcEndpoint: { ip: '10.0.0.5', port: 40000 },
      dstEndpoint: { ip: '198.51.100.9', port: 443 },
      outcome: 'established',
      packetsOut: 3,
      packetsIn: 2,
      bytesOut: 120 + 38,
      bytesIn: 80 + 21,
      observed: { protocol: 'http', httpHost: 'example.com' },
      http: { method: 'GET', path: '/a', status: 200 },
      line: 1,
    })
    expect(events[0]?.time).toMatchObject({ us: t0, spanUs: 1, zone: 'utc', source: '1780000000.000000' })
    expect(events[0]?.endTime?.us).toBe(t0 + 4000)
  })

  it('reads the same in either byte order and resolution', () => {
    const frames = conversation(t0, client, server, request)
    const [plain] = read(frames).events
    for (const littleEndian of [true, false]) {
      for (const nanoseconds of [true, false]) {
        const [event] = read(frames, { littleEndian, nanoseconds }).events
        expect(event?.http).toEqual(plain?.http)
        expect(event?.endTime?.us).toBe(plain?.endTime?.us)
      }
    }
  })

  it.each([
    ['raw IP', 101, []],
    ['raw IP, as BSD numbers it', 12, []],
    ['IPv4', 228, []],
    ['loopback, little endian', 0, [2, 0, 0, 0]],
    ['loopback, network order', 108, [0, 0, 0, 2]],
    ['Linux "any"', 113, [0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0]],
    ['Linux "any", second version', 276, [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['PPP', 9, [0xff, 3, 0, 0x21]],
  ])('is read over %s', (_name, linkType, prefix) => {
    const frames = conversation(t0, client, server, request).map((frame) => withoutEthernet(frame, prefix))
    expect(read(frames, { linkType }).events[0]).toMatchObject({ class: 'http_activity', line: 1 })
  })

  it('is read behind two VLAN tags, and over IPv6', () => {
    const [a, b] = ['[2001:db8:0:0:0:0:0:5]:40000', '[2001:db8:0:0:0:0:0:9]:443']
    const tagged = tcpFrame(t0, { from: client, to: server, flags: 'S' }, [100, 7])
    const v6 = tcpFrame(t0, { from: a, to: b, flags: 'S' })
    expect(read([tagged, v6]).events).toMatchObject([
      { dstEndpoint: { ip: '198.51.100.9', port: 443 } },
      { srcEndpoint: { ip: '2001:db8::5', port: 40000 }, dstEndpoint: { ip: '2001:db8::9' } },
    ])
  })

  it('is put together from segments out of order and sent again', () => {
    const frames = conversation(t0, client, server, [
      ['c', 'GET /or'],
      ['c', 'der HTTP/1.1\r\n'],
      ['c', 'Host: example.com\r\n\r\n'],
    ])
    const [syn, synAck, ack, a, b, c] = frames as [Frame, Frame, Frame, Frame, Frame, Frame]
    const { events } = read([syn, synAck, ack, c, a, a, b, c])
    expect(events[0]).toMatchObject({ http: { path: '/order' }, observed: { httpHost: 'example.com' } })
  })

  it('is counted once when two interfaces saw every packet', () => {
    const frames = conversation(t0, client, server, request)
    for (const [i, frame] of frames.entries()) frame.bytes[19] = i + 1 // IP identification.
    const twice = frames.flatMap((frame) => [frame, { ...frame, us: frame.us + 3 }])
    const [once] = read(frames).events
    const result = read(twice)
    expect(told(result)).toBe(10)
    expect(result.events).toMatchObject([
      { packetsOut: once?.packetsOut, bytesIn: once?.bytesIn, http: once?.http },
    ])
  })

  it('is understood up to a gap, and mining beyond it', () => {
    const said: (readonly ['c' | 's', string])[] = [
      ['s', '{"id":1,"result":true}\n'],
      ['s', 'this one is lost\n'],
      ['s', '{"id":null,"method":"mining.notify","params":[]}\n'],
    ]
    const frames = conversation(t0, client, server, said).filter((_, i) => i !== 4)
    expect(read(frames).events[0]?.mining?.methods).toEqual(['mining.notify'])
  })

  it('is understood as far as a snap length leaves it', () => {
    const frames = conversation(t0, client, server, request).map((frame) => ({
      us: frame.us,
      bytes: frame.bytes.subarray(0, 96),
      wireBytes: frame.bytes.length,
    }))
    expect(read(frames).events[0]).toMatchObject({ http: { path: '/a' }, bytesOut: 158 })
  })

  it('finds mining that begins after 20 KiB of other lines', () => {
    const other = `${JSON.stringify({ id: 1, method: 'ping', params: ['x'.repeat(1200)] })}\n`
    const said = Array.from({ length: 20 }, () => ['c', other] as const)
    const late = ['c', '{"id":2,"method":"mining.authorize","params":["w.rig","x"]}\n'] as const
    expect(read(conversation(t0, client, server, [...said, late])).events[0]).toMatchObject({
      class: 'network_activity',
      observed: { protocol: 'stratum' },
      mining: { methods: ['mining.authorize'], worker: 'w.rig' },
    })
  })

  it('counts who breaks the silence; keep-alives and repeats do not', () => {
    const said: (readonly ['c' | 's', string])[] = [['c', 'hello']]
    for (let i = 0; i < 6; i++) said.push(['s', 'k'], ['c', 'k'])
    const frames = conversation(t0, client, server, said, 10_000)
    // Every prompt comes two seconds later than the last; its answer 10 ms after it.
    const spread = frames.map((frame, i) => ({
      ...frame,
      us: frame.us + Math.floor(Math.max(0, i - 2) / 2) * 2e6,
    }))
    const keepAlive = tcpFrame(t0 + 20e6, {
      from: server,
      to: client,
      sequence: 5000 + 6,
      flags: 'A',
      payload: '\0',
    })
    expect(read([...spread, keepAlive]).events[0]?.bursts).toEqual({
      serverFirst: 6,
      serverFirstAnswered: 6,
      serverFirstLargeAnswered: 0,
      clientFirst: 0,
      clientFirstAnswered: 0,
      serverPayloadMean: 1,
    })
  })
})

describe('how an attempt ended', () => {
  const syn = tcpFrame(t0, { from: client, to: server, sequence: 1, flags: 'S' })
  const synAck = tcpFrame(t0 + 1, { from: server, to: client, sequence: 9, flags: 'SA' })
  const reset = tcpFrame(t0 + 2, { from: server, to: client, sequence: 10, flags: 'RA' })
  const unreachable = (code: number): Frame =>
    icmpFrame(t0 + 3, '192.0.2.1:0', client, 3, code, joined(new Uint8Array(4), syn.bytes.subarray(14, 42)))

  it.each([
    ['no-answer', [syn, { ...syn, us: t0 + 1e6 }]],
    ['refused', [syn, reset]],
    ['refused', [syn, unreachable(13)]],
    ['no-answer', [syn, unreachable(1)]],
    ['established', [syn, synAck]],
    ['reset', [syn, synAck, reset]],
    ['established', [synAck]],
  ] as const)('%s', (outcome, frames) => {
    const result = read(frames)
    expect(result.events).toHaveLength(1)
    expect(result.events[0]).toMatchObject({ outcome, dstEndpoint: { port: 443 } })
    expect(told(result)).toBe(frames.length)
  })

  it('takes the lower port for the server when the beginning is missing', () => {
    const { events } = read([tcpFrame(t0, { from: server, to: client, payload: 'x' })])
    expect(events[0]).toMatchObject({ srcEndpoint: { port: 40000 }, dstEndpoint: { port: 443 } })
    expect(events[0]?.outcome).toBeUndefined()
  })

  it('begins another flow when ports are used again', () => {
    const again = tcpFrame(t0 + 5e6, { from: client, to: server, sequence: 77, flags: 'S' })
    expect(read([syn, reset, again]).events.map((event) => event.outcome)).toEqual(['refused', 'no-answer'])
  })

  it('ends a silent flow by the packets’ own time', () => {
    const frames = [0, 1, 400].map((s) => udpFrame(t0 + s * 1e6, '10.0.0.5:5000', '10.0.0.6:6000', 'x'))
    expect(read(frames).events.map((event) => [event.line, event.packetsOut])).toEqual([
      [1, 2],
      [3, 1],
    ])
  })
})

describe('DNS', () => {
  const ask = (id: number, name: string): Uint8Array =>
    Uint8Array.from([
      0,
      id,
      1,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      name.length,
      ...new TextEncoder().encode(name),
      0,
      0,
      1,
      0,
      1,
    ])
  const answer = (id: number, name: string): Uint8Array => {
    const bytes = joined(
      ask(id, name),
      Uint8Array.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 203, 0, 113, 5]),
    )
    bytes[2] = 0x81
    bytes[3] = 0x80
    bytes[7] = 1
    return bytes
  }
  const box = '10.0.0.5:40001'
  const resolver = '10.0.0.1:53'

  it('gives one event for a question and its answer, one for a question without', () => {
    const result = read([
      udpFrame(t0, box, resolver, ask(1, 'asked')),
      udpFrame(t0 + 5, box, resolver, ask(1, 'asked')),
      udpFrame(t0 + 9, resolver, box, answer(1, 'asked')),
      udpFrame(t0 + 10, resolver, box, answer(1, 'asked')),
      udpFrame(t0 + 20, box, resolver, ask(2, 'silent')),
    ])
    expect(result.events).toMatchObject([
      {
        class: 'dns_activity',
        line: 1,
        dns: { query: { hostname: 'asked', type: 'A' }, answers: ['203.0.113.5'], rcode: 'NOERROR' },
        endTime: { us: t0 + 9 },
      },
      { class: 'dns_activity', line: 5, dns: { query: { hostname: 'silent' } }, outcome: 'no-answer' },
    ])
    expect(told(result)).toBe(5)
  })

  it('knows a question on an odd port, and a reply whose question was not captured', () => {
    const result = read([
      udpFrame(t0, box, '10.0.0.1:5300', ask(1, 'odd')),
      udpFrame(t0 + 9, '10.0.0.1:5300', box, answer(1, 'odd')),
      udpFrame(t0 + 10, resolver, box, answer(7, 'late')),
    ])
    expect(result.events).toMatchObject([
      { dns: { query: { hostname: 'odd' }, answers: ['203.0.113.5'] }, dstEndpoint: { port: 5300 } },
      { dns: { query: { hostname: 'late' } }, srcEndpoint: { ip: '10.0.0.5' }, dstEndpoint: { port: 53 } },
    ])
  })

  it('gives every question over TCP an event while each packet stands for one at most', () => {
    const framed = (bytes: Uint8Array): Uint8Array => joined(Uint8Array.from([0, bytes.length]), bytes)
    const both = joined(framed(ask(1, 'one')), framed(ask(2, 'two')))
    const result = read(
      conversation(t0, box, resolver, [
        ['c', both],
        ['s', framed(answer(1, 'one'))],
        ['s', framed(answer(2, 'two'))],
      ]),
    )
    expect(result.events.map((event) => [event.class, event.line, event.dns?.query.hostname])).toEqual([
      ['dns_activity', 4, 'one'],
      ['dns_activity', 6, 'two'],
      ['network_activity', 1, undefined],
    ])
    expect(told(result)).toBe(6)
  })
})

describe('other packets', () => {
  it('joins echo requests and replies, and counts what is no flow', () => {
    const echo = (type: number, from: string, to: string): Frame =>
      icmpFrame(t0, from, to, type, 0, Uint8Array.from([0x12, 0x34, 0, 1, 0, 0, 0, 0]))
    const arp = { us: t0, bytes: joined(new Uint8Array(12), Uint8Array.from([8, 6]), new Uint8Array(28)) }
    const fragment = tcpFrame(t0, { from: client, to: server })
    fragment.bytes[21] = 9
    const result = read([echo(8, '10.0.0.5', '10.0.0.6'), echo(0, '10.0.0.6', '10.0.0.5'), arp, fragment])
    expect(result.events).toMatchObject([
      { transport: 'icmp', packetsOut: 1, packetsIn: 1, outcome: 'established', unmapped: { icmpType: 8 } },
    ])
    expect(result.skips).toEqual({ 'packet of a flow': 1, 'not IP': 1, 'fragment of a packet': 1 })
  })

  it('refuses a packet cut before its ports, and one link type it cannot read', () => {
    const frame = tcpFrame(t0, { from: client, to: server })
    const cut = { us: t0, bytes: frame.bytes.subarray(0, 36), wireBytes: 54 }
    expect(read([cut]).rejects).toMatchObject([{ line: 1, reason: 'cut before its ports' }])
    const radio = read([frame, frame, frame], { linkType: 127 })
    expect(radio.rejects).toMatchObject([{ line: 1, reason: 'link type 127 is not read' }])
    expect(radio.skips).toEqual({ 'link type not read': 2 })
  })

  it('gives a flow out when its table is full, and keeps conversations through a scan', () => {
    const talk = conversation(t0, client, server, request)
    const scan: Frame[] = []
    for (let i = 0; i < flowLimits.attempts + 10; i++) {
      const to = `198.18.${(i >> 8) & 255}.${i & 255}:${1 + (i >> 16)}`
      scan.push(tcpFrame(t0 + 10_000 + i, { from: '10.0.0.5:50000', to, flags: 'S' }))
    }
    const last = tcpFrame(t0 + 1e6, { from: server, to: client, sequence: 6000, payload: 'more' })
    const result = read([...talk, ...scan, last])
    expect(result.events.filter((event) => event.unmapped?.evicted === true)).toHaveLength(10)
    expect(result.events.filter((event) => event.dstEndpoint.port === 443)).toHaveLength(1)
    expect(told(result)).toBe(talk.length + scan.length + 1)
  })
})
