// IP packets as a gateway needs them: who to whom, and the few that it sends itself. IPv4 and IPv6, no fragments.

import { u16, u32, v4At, v6At } from './bytes.ts'

export interface IpPacket {
  readonly version: 4 | 6
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other'
  /** IANA number. */
  readonly number: number
  readonly src: string
  readonly dst: string
  /** 0 where the protocol has none. For ICMP `dstPort` is 0 too. */
  readonly srcPort: number
  readonly dstPort: number
  /** Where the transport header begins, and what it carries. Bytes. */
  readonly transportAt: number
  readonly payloadAt: number
}

/** The sequence number of a TCP segment: of a SYN, the one its connection begins with. 0 where it is cut off. */
export function sequenceOf(bytes: Uint8Array, { transportAt }: IpPacket): number {
  if (bytes.length < transportAt + 8) return 0
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(transportAt + 4)
}

const names: Readonly<Record<number, IpPacket['protocol']>> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp' }

/** Undefined for what is no IP packet or has not even its addresses. */
export function readIpPacket(bytes: Uint8Array): IpPacket | undefined {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4 && bytes.length >= 20) {
    const transportAt = ((bytes[0] ?? 0) & 15) * 4
    return transport(bytes, 4, bytes[9] ?? 0, v4At(bytes, 12), v4At(bytes, 16), transportAt)
  }
  if (version === 6 && bytes.length >= 40) {
    // Extension headers (hop by hop, routing, destination): each says its own length in units of 8 bytes.
    let next = bytes[6] ?? 0
    let at = 40
    while ((next === 0 || next === 43 || next === 60) && at + 8 <= bytes.length) {
      next = bytes[at] ?? 0
      at += ((bytes[at + 1] ?? 0) + 1) * 8
    }
    return transport(bytes, 6, next, v6At(bytes, 8), v6At(bytes, 24), at)
  }
  return undefined
}

function transport(
  bytes: Uint8Array,
  version: 4 | 6,
  number: number,
  src: string,
  dst: string,
  at: number,
): IpPacket {
  const protocol = names[number] ?? 'other'
  // SCTP, DCCP and UDP-Lite have their ports where TCP has them.
  const ported =
    (protocol === 'tcp' || protocol === 'udp' || [33, 132, 136].includes(number)) && bytes.length >= at + 4
  const payloadAt =
    protocol === 'tcp' ? at + ((bytes[at + 12] ?? 0x50) >> 4) * 4 : protocol === 'other' ? at : at + 8
  return {
    version,
    protocol,
    number,
    src,
    dst,
    srcPort: ported ? u16(bytes, at) : 0,
    dstPort: ported ? u16(bytes, at + 2) : 0,
    transportAt: at,
    payloadAt,
  }
}

/** The TCP checksum of a packet that the kernel left to its hardware is filled in, in place. */
export function fillTcpChecksum(bytes: Uint8Array, packet: IpPacket): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint16(packet.transportAt + 16, 0)
  view.setUint16(packet.transportAt + 16, checksum(bytes, packet.version, 6, packet.transportAt))
}

/** The reset that a closed port would answer to this SYN with (RFC 9293, 3.10.7.1). */
export function resetFor(bytes: Uint8Array, syn: IpPacket): Uint8Array {
  const header = answerHeader(bytes, syn, 6, 20)
  const tcp = header.length - 20
  const view = new DataView(header.buffer)
  view.setUint16(tcp, syn.dstPort)
  view.setUint16(tcp + 2, syn.srcPort)
  view.setUint32(tcp + 8, (u32(bytes, syn.transportAt + 4) + 1) >>> 0)
  header[tcp + 12] = 0x50
  header[tcp + 13] = 0x14 // RST, ACK
  view.setUint16(tcp + 16, checksum(header, syn.version, 6, tcp))
  return header
}

/** A datagram that answers this one. */
export function datagramFor(bytes: Uint8Array, query: IpPacket, payload: Uint8Array): Uint8Array {
  const packet = answerHeader(bytes, query, 17, 8 + payload.length)
  const udp = packet.length - 8 - payload.length
  const view = new DataView(packet.buffer)
  view.setUint16(udp, query.dstPort)
  view.setUint16(udp + 2, query.srcPort)
  view.setUint16(udp + 4, 8 + payload.length)
  packet.set(payload, udp + 8)
  // Zero means "none"; a sum of zero is sent as its complement.
  view.setUint16(udp + 6, checksum(packet, query.version, 17, udp) || 0xffff)
  return packet
}

/** What a host says when nobody has the port that this datagram went to (RFC 792, RFC 4443): IPv4's 3/3, IPv6's 1/4. */
export function unreachableFor(bytes: Uint8Array, packet: IpPacket): Uint8Array {
  // As much of it as routers send back: the program's kernel finds the socket by the ports in it.
  const quoted = bytes.subarray(0, packet.transportAt + 8)
  const answer = answerHeader(bytes, packet, packet.version === 4 ? 1 : 58, 8 + quoted.length)
  const icmp = answer.length - 8 - quoted.length
  answer.set(packet.version === 4 ? [3, 3] : [1, 4], icmp)
  answer.set(quoted, icmp + 8)
  // ICMP of IPv4 has no pseudo header in its sum.
  const sum =
    packet.version === 4 ? checksumFrom(0, answer, icmp) : checksum(answer, packet.version, 58, icmp)
  new DataView(answer.buffer).setUint16(icmp + 2, sum)
  return answer
}

/** Header from the destination back to the source; the rest is zero. The kernel fills in IPv4's own checksum. */
function answerHeader(bytes: Uint8Array, to: IpPacket, protocol: number, length: number): Uint8Array {
  const headerLength = to.version === 4 ? 20 : 40
  const packet = new Uint8Array(headerLength + length)
  const view = new DataView(packet.buffer)
  if (to.version === 4) {
    packet[0] = 0x45
    view.setUint16(2, packet.length)
    packet[8] = 64
    packet[9] = protocol
    packet.set(bytes.subarray(16, 20), 12)
    packet.set(bytes.subarray(12, 16), 16)
  } else {
    packet[0] = 0x60
    view.setUint16(4, length)
    packet[6] = protocol
    packet[7] = 64
    packet.set(bytes.subarray(24, 40), 8)
    packet.set(bytes.subarray(8, 24), 24)
  }
  return packet
}

/** Internet checksum of the transport part from `at`, pseudo header included (RFC 1071). */
function checksum(bytes: Uint8Array, version: 4 | 6, protocol: number, at: number): number {
  let sum = protocol + bytes.length - at
  const addresses = version === 4 ? bytes.subarray(12, 20) : bytes.subarray(8, 40)
  for (let i = 0; i < addresses.length; i += 2) sum += u16(addresses, i)
  return checksumFrom(sum, bytes, at)
}

function checksumFrom(sumBefore: number, bytes: Uint8Array, at: number): number {
  let sum = sumBefore
  for (let i = at; i + 1 < bytes.length; i += 2) sum += u16(bytes, i)
  if ((bytes.length - at) % 2 === 1) sum += (bytes[bytes.length - 1] ?? 0) << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
