// Packets and captures made in memory, for tests.

export interface Frame {
  /** µs since the epoch. */
  readonly us: number
  readonly bytes: Uint8Array
  /** Length on the wire when the capture cut it. */
  readonly wireBytes?: number
}

export interface Segment {
  readonly from: string
  readonly to: string
  readonly sequence?: number
  /** `S`, `A`, `F`, `R`, `P`. */
  readonly flags?: string
  readonly payload?: string | Uint8Array
}

const text = new TextEncoder()

/** An Ethernet frame with IPv4 or IPv6 and TCP. `from` and `to` are `ip:port`, IPv6 in brackets and unabbreviated. */
export function tcpFrame(us: number, segment: Segment, tags: readonly number[] = []): Frame {
  const { from, to, sequence = 0, flags = 'A', payload = '' } = segment
  const body = typeof payload === 'string' ? text.encode(payload) : payload
  const bits = [...flags].reduce((sum, c) => sum | ({ F: 1, S: 2, R: 4, P: 8, A: 16 }[c] ?? 0), 0)
  const header = new Uint8Array(20)
  const view = new DataView(header.buffer)
  view.setUint16(0, portOf(from))
  view.setUint16(2, portOf(to))
  view.setUint32(4, sequence)
  header[12] = 0x50
  header[13] = bits
  return ethernet(us, ipPacket(6, from, to, joined(header, body)), isV6(from), tags)
}

export function udpFrame(us: number, from: string, to: string, payload: string | Uint8Array): Frame {
  const body = typeof payload === 'string' ? text.encode(payload) : payload
  const header = new Uint8Array(8)
  const view = new DataView(header.buffer)
  view.setUint16(0, portOf(from))
  view.setUint16(2, portOf(to))
  view.setUint16(4, 8 + body.length)
  return ethernet(us, ipPacket(17, from, to, joined(header, body)), isV6(from), [])
}

/** ICMP of IPv4; `rest` is what follows type, code and checksum. */
export function icmpFrame(
  us: number,
  from: string,
  to: string,
  type: number,
  code: number,
  rest: Uint8Array,
): Frame {
  return ethernet(us, ipPacket(1, from, to, joined(Uint8Array.from([type, code, 0, 0]), rest)), false, [])
}

/** The whole handshake and what both say, `gapUs` apart: `c:` and `s:` lines, e.g. `['c', 'GET /']`. */
export function conversation(
  us: number,
  client: string,
  server: string,
  said: readonly (readonly ['c' | 's', string | Uint8Array])[],
  gapUs = 1000,
): Frame[] {
  let at = us
  const tick = (): number => {
    at += gapUs
    return at
  }
  const next = { c: 1001, s: 5001 }
  const frames = [
    tcpFrame(us, { from: client, to: server, sequence: 1000, flags: 'S' }),
    tcpFrame(tick(), { from: server, to: client, sequence: 5000, flags: 'SA' }),
    tcpFrame(tick(), { from: client, to: server, sequence: 1001 }),
  ]
  for (const [who, payload] of said) {
    const [from, to] = who === 'c' ? [client, server] : [server, client]
    frames.push(tcpFrame(tick(), { from, to, sequence: next[who], flags: 'PA', payload }))
    next[who] += typeof payload === 'string' ? text.encode(payload).length : payload.length
  }
  return frames
}

export interface PcapOptions {
  readonly littleEndian?: boolean
  readonly nanoseconds?: boolean
  readonly linkType?: number
}

export function pcapFile(frames: readonly Frame[], options: PcapOptions = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = false, linkType = 1 } = options
  const header = new Uint8Array(24)
  const view = new DataView(header.buffer)
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian)
  view.setUint16(4, 2, littleEndian)
  view.setUint16(6, 4, littleEndian)
  view.setUint32(16, 262_144, littleEndian)
  view.setUint32(20, linkType, littleEndian)
  return joined(
    header,
    ...frames.map(({ us, bytes, wireBytes }) => {
      const record = new Uint8Array(16)
      const fields = new DataView(record.buffer)
      fields.setUint32(0, Math.floor(us / 1e6), littleEndian)
      fields.setUint32(4, (us % 1e6) * (nanoseconds ? 1000 : 1), littleEndian)
      fields.setUint32(8, bytes.length, littleEndian)
      fields.setUint32(12, wireBytes ?? bytes.length, littleEndian)
      return joined(record, bytes)
    }),
  )
}

/** The frame without its Ethernet header, for other link types. */
export function withoutEthernet(frame: Frame, prefix: readonly number[] = []): Frame {
  return { us: frame.us, bytes: joined(Uint8Array.from(prefix), frame.bytes.subarray(14)) }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function ethernet(us: number, packet: Uint8Array, v6: boolean, tags: readonly number[]): Frame {
  const type = v6 ? [0x86, 0xdd] : [8, 0]
  const vlan = tags.flatMap((tag) => [0x81, 0, tag >> 8, tag & 255])
  return { us, bytes: joined(new Uint8Array(12), Uint8Array.from([...vlan, ...type]), packet) }
}

function ipPacket(protocol: number, from: string, to: string, body: Uint8Array): Uint8Array {
  if (isV6(from)) {
    const header = new Uint8Array(40)
    header[0] = 0x60
    new DataView(header.buffer).setUint16(4, body.length)
    header[6] = protocol
    header.set(v6Bytes(from), 8)
    header.set(v6Bytes(to), 24)
    return joined(header, body)
  }
  const header = new Uint8Array(20)
  header[0] = 0x45
  new DataView(header.buffer).setUint16(2, 20 + body.length)
  header[9] = protocol
  header.set((from.split(':')[0] ?? '').split('.').map(Number), 12)
  header.set((to.split(':')[0] ?? '').split('.').map(Number), 16)
  return joined(header, body)
}

function isV6(end: string): boolean {
  return end.startsWith('[')
}

function v6Bytes(end: string): number[] {
  return end
    .slice(1, end.indexOf(']'))
    .split(':')
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
}

function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(':') + 1))
}
