import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planLab } from '../plan.ts'
import { closedPrefixes } from '../range/network.ts'
import { shiftCapture, tellingRecords } from './capture.ts'
import { shown } from './clock.ts'
import { writeEve } from './eve.ts'
import { assembleFlows, markBlocked } from './flows.ts'
import { readCapture } from './packets.ts'
import { raiseAlerts } from './signatures.ts'

const plan = planLab(1)
const [nat, server] = [plan.natIp, plan.outside.pool.ip]

interface Made {
  us: number
  out: boolean
  flags: number
  seq?: number
  text?: string
}

/** A capture as tcpdump writes it on "any": SLL2 headers, IPv4, TCP; with `prefix` as on NFLOG. */
function capture(made: readonly Made[], prefix?: string): Uint8Array {
  const bytes: number[] = []
  const u16 = (value: number) => [value >> 8, value & 255]
  const u32le = (value: number) => [
    value & 255,
    (value >>> 8) & 255,
    (value >>> 16) & 255,
    (value >>> 24) & 255,
  ]
  const ip = (text: string) => text.split('.').map(Number)
  bytes.push(
    ...u32le(0xa1b2c3d4),
    2,
    0,
    4,
    0,
    ...u32le(0),
    ...u32le(0),
    ...u32le(65_535),
    ...u32le(prefix === undefined ? 276 : 239),
  )
  for (const { us, out, flags, seq = 0, text = '' } of made) {
    const payload = [...new TextEncoder().encode(text)]
    const [src, srcPort, dst, dstPort] = out ? [nat, 20_001, server, 3333] : [server, 3333, nat, 20_001]
    const tcp = [
      ...u16(srcPort),
      ...u16(dstPort),
      0,
      0,
      ...u16(seq),
      0,
      0,
      0,
      0,
      0x50,
      flags,
      0,
      0,
      0,
      0,
      0,
      0,
    ]
    const head = [0x45, 0, ...u16(40 + payload.length), 0, 0, 0, 0, 64, 6, 0, 0, ...ip(src), ...ip(dst)]
    const ipPacket = [...head, ...tcp, ...payload]
    const packet =
      prefix === undefined
        ? [8, 0, ...new Array<number>(18).fill(0), ...ipPacket]
        : [
            2,
            0,
            0,
            7,
            ...attribute(10, [...new TextEncoder().encode(`${prefix}\0`)]),
            ...attribute(9, ipPacket),
          ]
    bytes.push(
      ...u32le(Math.floor(us / 1e6)),
      ...u32le(us % 1e6),
      ...u32le(packet.length),
      ...u32le(packet.length),
    )
    bytes.push(...packet)
  }
  return Uint8Array.from(bytes)
}

/** A netlink attribute of a little-endian machine, padded to four bytes. */
function attribute(type: number, value: readonly number[]): number[] {
  const length = value.length + 4
  return [length & 255, length >> 8, type, 0, ...value, ...new Array<number>(-length & 3).fill(0)]
}

function readPackets(bytes: Uint8Array) {
  return readCapture(bytes).map(({ packet }) => packet)
}

const subscribe = '{"id":1,"method":"mining.subscribe","params":["minerd"]}\n'
const session = capture([
  { us: 5_000_000, out: true, flags: 2 },
  { us: 5_000_100, out: false, flags: 18 },
  { us: 5_000_200, out: true, flags: 24, seq: 1, text: subscribe },
  { us: 5_000_300, out: true, flags: 24, seq: 1, text: subscribe },
  { us: 6_000_000, out: true, flags: 17, seq: 100 },
])

test('packets become one flow with its own counts, and bytes sent again are read once', () => {
  const flows = assembleFlows(readPackets(session))
  expect(flows).toMatchObject([
    {
      src: nat,
      srcPort: 20_001,
      dst: server,
      dstPort: 3333,
      startUs: 5_000_000,
      endUs: 6_000_000,
      packetsToServer: 4,
      packetsToClient: 1,
    },
  ])
  expect(flows[0]!.application).toEqual({
    protocol: 'json-lines',
    us: 5_000_200,
    methods: [{ us: 5_000_200, method: 'mining.subscribe' }],
  })
})

test('a port that is used again is another flow', () => {
  const twice = capture([
    { us: 1_000_000, out: true, flags: 2 },
    { us: 1_000_100, out: false, flags: 20 },
    { us: 9_000_000, out: true, flags: 2 },
    { us: 9_000_100, out: false, flags: 20 },
  ])
  expect(assembleFlows(readPackets(twice)).map((flow) => flow.startUs)).toEqual([1_000_000, 9_000_000])
})

test('the alarm has the time of its packet, on the clock of the firewall', () => {
  const flows = assembleFlows(readPackets(session))
  const alerts = raiseAlerts(flows, plan)
  expect(alerts.map(({ us, sid }) => [us, sid])).toEqual([[5_000_200, 9_000_002]])
  const clock = { offsetMs: 7300, driftPpm: 40, fromUs: 5_000_200 }
  const lines = writeEve(flows, alerts, { clock, sensor: 'fw', stopUs: 20_000_000 })
  expect(lines.map(({ alarm }) => alarm)).toEqual([true, false])
  expect(JSON.parse(lines[0]!.text)).toMatchObject({
    timestamp: '1970-01-01T00:00:12.300200+0000',
    event_type: 'alert',
    src_ip: nat,
    src_port: 20_001,
    proto: 'TCP',
  })
  expect(shown(clock, 1_005_000_200) - shown(clock, 5_000_200)).toBe(1_000_000_000 + 40_000)
})

test('a capture cut anywhere gives the packets before the cut', () => {
  const whole = readPackets(session).length
  fc.assert(
    fc.property(fc.integer({ min: 0, max: session.length }), (at) => {
      expect(readPackets(session.subarray(0, at)).length).toBeLessThanOrEqual(whole)
    }),
  )
})

test('what the firewall blocked is an alarm that says so, and only that connection', () => {
  const refused = [
    { us: 1_000_000, out: true, flags: 2 },
    { us: 1_000_050, out: false, flags: 20 },
  ]
  const flows = assembleFlows(readPackets(capture([...refused, { us: 9_000_000, out: true, flags: 2 }])))
  markBlocked(flows, readCapture(capture([{ us: 1_000_020, out: true, flags: 2 }], closedPrefixes.mail)))
  expect(flows.map((flow) => flow.blocked?.prefix)).toEqual([closedPrefixes.mail, undefined])
  const clock = { offsetMs: 0, driftPpm: 0, fromUs: 0 }
  const lines = writeEve(flows, raiseAlerts(flows, plan), { clock, sensor: 'fw', stopUs: 20_000_000 })
  const rows = lines.map(({ text }): Record<string, unknown> => JSON.parse(text))
  expect(rows.filter((row) => row.event_type === 'alert')).toMatchObject([
    { alert: { action: 'blocked', signature_id: 9_000_011 }, verdict: { action: 'drop' } },
  ])
})

test('the capture of the firewall has its clock, and its first packets stand for their connections', () => {
  const captured = readCapture(session)
  const flows = assembleFlows(captured.map(({ packet }) => packet))
  expect(tellingRecords(flows, captured).map(({ record }) => record)).toEqual([1])
  const moved = readPackets(shiftCapture(session, (us) => us + 7_300_000)).map(({ us }) => us)
  expect(moved).toEqual(readPackets(session).map(({ us }) => us + 7_300_000))
})
