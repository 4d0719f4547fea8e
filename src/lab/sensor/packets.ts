// Packets out of a tcpdump stream: the classic pcap file with Linux "any" link headers, IPv4, TCP and UDP.

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

/** Header lengths and the offset of the protocol number for DLT_LINUX_SLL and DLT_LINUX_SLL2. */
const linkHeaders: Record<number, { length: number; protocol: number }> = {
  113: { length: 16, protocol: 14 },
  276: { length: 20, protocol: 0 },
}

/** All TCP and UDP packets in a capture, in file order; a cut last record is left out. */
export function readPackets(capture: Uint8Array): Packet[] {
  if (capture.length < 24) return []
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength)
  const magic = view.getUint32(0, true)
  const fractionPerUs = magic === 0xa1b2c3d4 ? 1 : magic === 0xa1b23c4d ? 1000 : 0
  const link = linkHeaders[view.getUint32(20, true)]
  if (fractionPerUs === 0 || !link) return []
  const packets: Packet[] = []
  let at = 24
  while (at + 16 <= capture.length) {
    const us = view.getUint32(at, true) * 1_000_000 + Math.floor(view.getUint32(at + 4, true) / fractionPerUs)
    const captured = view.getUint32(at + 8, true)
    const start = at + 16
    if (start + captured > capture.length) break
    at = start + captured
    if (captured < link.length + 20 || view.getUint16(start + link.protocol) !== 0x0800) continue
    const packet = readIpv4(capture.subarray(start + link.length, start + captured), us)
    if (packet) packets.push(packet)
  }
  return packets
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
