// Packets out of a tcpdump stream: the classic pcap file with Linux "any" or NFLOG link headers, IPv4, TCP and UDP.

export interface Packet {
  /** Kernel clock, µs since the epoch. */
  readonly us: number
  readonly protocol: 'tcp' | 'udp'
  readonly src: string
  readonly srcPort: number
  readonly dst: string
  readonly dstPort: number
  /** TCP flag bits: FIN 1, SYN 2, RST 4, ACK 16. */
  readonly flags: number
  readonly seq: number
  /** Length on the wire of the IP packet, bytes. */
  readonly ipBytes: number
  /** What was captured of the payload; `payloadBytes` is how long it was. */
  readonly payload: Uint8Array
  readonly payloadBytes: number
}

/** A record of the file: its 1-based number, its time, and the packet it holds with what the kernel put before it. */
export interface CapturedPacket {
  readonly record: number
  readonly packet: Packet
  /** The log prefix of the rule, in an NFLOG capture. */
  readonly prefix?: string
}

/** Header lengths and the offset of the protocol number for DLT_LINUX_SLL and DLT_LINUX_SLL2. */
const linkHeaders: Record<number, { length: number; protocol: number }> = {
  113: { length: 16, protocol: 14 },
  276: { length: 20, protocol: 0 },
}
/** DLT_NFLOG: 4 bytes, then attributes of the kernel's nfnetlink_log, in the machine's byte order. */
const nflog = { link: 239, payload: 9, prefix: 10 } as const

/** All TCP and UDP packets in a capture, in file order; a cut last record is left out. */
export function readCapture(capture: Uint8Array): CapturedPacket[] {
  if (capture.length < 24) return []
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength)
  const magic = view.getUint32(0, true)
  const fractionPerUs = magic === 0xa1b2c3d4 ? 1 : magic === 0xa1b23c4d ? 1000 : 0
  const type = view.getUint32(20, true)
  if (fractionPerUs === 0 || (type !== nflog.link && !linkHeaders[type])) return []
  const packets: CapturedPacket[] = []
  let record = 0
  let at = 24
  while (at + 16 <= capture.length) {
    const us = view.getUint32(at, true) * 1_000_000 + Math.floor(view.getUint32(at + 4, true) / fractionPerUs)
    const captured = view.getUint32(at + 8, true)
    const start = at + 16
    if (start + captured > capture.length) break
    at = start + captured
    record++
    const { ip, prefix } = openFrame(type, capture.subarray(start, at))
    const packet = ip && ip.length >= 20 ? readIpv4(ip, us) : undefined
    if (packet) packets.push({ record, packet, ...(prefix === undefined ? {} : { prefix }) })
  }
  return packets
}

/** What a frame carries: an IPv4 packet, or nothing that we read. */
function openFrame(type: number, frame: Uint8Array): { ip?: Uint8Array; prefix?: string } {
  const link = linkHeaders[type]
  if (link) {
    const isIpv4 = frame.length >= link.length && u16(frame, link.protocol) === 0x0800
    return isIpv4 ? { ip: frame.subarray(link.length) } : {}
  }
  let opened: { ip?: Uint8Array; prefix?: string } = {}
  for (let at = 4; at + 4 <= frame.length; ) {
    const length = frame[at]! | (frame[at + 1]! << 8)
    const kind = frame[at + 2]! | (frame[at + 3]! << 8)
    if (length < 4) break
    const value = frame.subarray(at + 4, at + length)
    if (kind === nflog.payload) opened = { ...opened, ip: value }
    if (kind === nflog.prefix)
      opened = { ...opened, prefix: new TextDecoder('latin1').decode(value).split('\0')[0]! }
    at += (length + 3) & ~3
  }
  return opened
}

function readIpv4(bytes: Uint8Array, us: number): Packet | undefined {
  const headerBytes = (bytes[0]! & 15) * 4
  const ipBytes = u16(bytes, 2)
  const number = bytes[9]
  if (bytes[0]! >> 4 !== 4 || (number !== 6 && number !== 17) || bytes.length < headerBytes + 8)
    return undefined
  if ((u16(bytes, 6) & 0x1fff) !== 0) return undefined // A later fragment carries no ports.
  const inner = bytes.subarray(headerBytes, Math.min(bytes.length, ipBytes))
  const tcp = number === 6
  if (tcp && inner.length < 20) return undefined
  const offset = tcp ? (inner[12]! >> 4) * 4 : 8
  return {
    us,
    protocol: tcp ? 'tcp' : 'udp',
    src: address(bytes, 12),
    srcPort: u16(inner, 0),
    dst: address(bytes, 16),
    dstPort: u16(inner, 2),
    flags: tcp ? inner[13]! : 0,
    seq: tcp ? u16(inner, 4) * 65_536 + u16(inner, 6) : 0,
    ipBytes,
    payload: inner.subarray(offset),
    payloadBytes: Math.max(0, ipBytes - headerBytes - offset),
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function address(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}
