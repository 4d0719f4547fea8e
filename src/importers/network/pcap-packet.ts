// From a captured frame to addresses, ports and payload: link layers, IPv4 and IPv6, TCP, UDP and ICMP headers.
//
// One Packet is reused for every record: at a million packets a second, objects would be most of the work.

export const tcp = 6
export const udp = 17
export const icmp = 1
export const icmpV6 = 58

export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16 } as const

/** Headers a hostile packet may stack. */
const headersMax = 12

/** What became of a frame: read, or why not. */
export type Decoded =
  | 'read'
  | 'not IP'
  | 'fragment of a packet'
  | 'link housekeeping'
  | 'cut before its ports'
  | 'damaged header'
  | 'link type not read'

export class Packet {
  bytes: Uint8Array = new Uint8Array(0)
  /** The capture's 1-based record index. */
  record = 0
  us = 0
  /** Nanoseconds beyond `us`, for the text of the stamp. */
  restNs = 0
  /** Resolution of the stamp in µs, at least 1. */
  spanUs = 1
  /** Digits of the fraction the source writes. */
  digits = 6
  /** False when the time is the file's own, for want of one in the record. */
  stamped = true

  version = 4
  /** IP protocol number of the transport. */
  protocol = 0
  /** Names the connection: the same for both directions. Set by `setKey`. */
  key = ''
  /** Whether the sender is the first of the key's two ends. */
  srcIsLow = true
  /** Offsets of the addresses in `bytes`. */
  srcAt = 0
  dstAt = 0
  srcPort = 0
  dstPort = 0
  /** Size on the wire from the IP header on. */
  ipBytes = 0
  /** IPv4's identification; 0 when there is none. */
  ipId = 0
  sequence = 0
  flags = 0
  icmpType = 0
  icmpCode = 0
  /** Captured payload of the transport. */
  payloadAt = 0
  payloadEnd = 0
  /** Its length on the wire. */
  payloadBytes = 0

  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadAt, this.payloadEnd)
  }
}

/** Reads the frame `bytes` of the given link type (tcpdump.org/linktypes.html) into `packet`. */
export function decodeFrame(packet: Packet, linkType: number, bytes: Uint8Array, wireBytes: number): Decoded {
  packet.bytes = bytes
  switch (linkType) {
    case 1:
      return ethernet(packet, 12, wireBytes)
    case 0: // BSD loopback: the address family in the capturing machine's order; the IP version says the same.
    case 108:
      return bytes.length < 5 ? 'cut before its ports' : ip(packet, 4, wireBytes - 4)
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return ip(packet, 0, wireBytes)
    case 113: // Linux "any": packet type, address, protocol.
      return ethernet(packet, 14, wireBytes)
    case 276: // Its second version begins with the protocol.
      return bytes.length < 20 ? 'cut before its ports' : network(packet, u16(bytes, 0), 20, wireBytes - 20)
    case 9:
      return ppp(packet, bytes[0] === 0xff && bytes[1] === 3 ? 2 : 0, wireBytes)
    case 50:
      return ppp(packet, 2, wireBytes)
    default:
      return 'link type not read'
  }
}

/** Reads IP at the start of `bytes`; also for the header that an ICMP error quotes. */
export function decodeIp(packet: Packet, bytes: Uint8Array): Decoded {
  packet.bytes = bytes
  return ip(packet, 0, bytes.length)
}

function ethernet(packet: Packet, typeAt: number, wireBytes: number): Decoded {
  let at = typeAt
  for (let tags = 0; tags < 4; tags++) {
    if (at + 2 > packet.bytes.length) return 'cut before its ports'
    const type = u16(packet.bytes, at)
    if (type !== 0x8100 && type !== 0x88a8 && type !== 0x9100) {
      return network(packet, type, at + 2, wireBytes - at - 2)
    }
    at += 4 // VLAN tags, also several.
  }
  return 'not IP'
}

function network(packet: Packet, type: number, at: number, wireBytes: number): Decoded {
  if (type === 0x0800 || type === 0x86dd) return ip(packet, at, wireBytes)
  if (type === 0x8864) return ppp(packet, at + 6, wireBytes) // PPPoE session.
  if (type === 0x8100 || type === 0x88a8) return ethernet(packet, at + 2, wireBytes + at)
  if (type === 0x8847 || type === 0x8848) {
    for (let label = at, n = 0; n < 8; label += 4, n++) {
      if (label + 4 > packet.bytes.length) return 'cut before its ports'
      const bottom = ((packet.bytes[label + 2] ?? 0) & 1) === 1
      if (bottom) return ip(packet, label + 4, wireBytes - (label + 4 - at))
    }
  }
  return 'not IP'
}

function ppp(packet: Packet, at: number, wireBytes: number): Decoded {
  const { bytes } = packet
  if (at + 2 > bytes.length) return 'cut before its ports'
  const short = ((bytes[at] ?? 0) & 1) === 1 // Protocol numbers may be compressed to one byte.
  const protocol = short ? (bytes[at] ?? 0) : u16(bytes, at)
  if (protocol !== 0x21 && protocol !== 0x57) return 'not IP'
  const start = at + (short ? 1 : 2)
  return ip(packet, start, wireBytes - start)
}

function ip(packet: Packet, at: number, wireBytes: number): Decoded {
  const first = packet.bytes[at]
  if (first === undefined) return 'cut before its ports'
  if (first >> 4 === 4) return ipV4(packet, at, wireBytes)
  if (first >> 4 === 6) return ipV6(packet, at, wireBytes)
  return 'not IP'
}

function ipV4(packet: Packet, at: number, wireBytes: number): Decoded {
  const { bytes } = packet
  if (at + 20 > bytes.length) return 'cut before its ports'
  const headerBytes = ((bytes[at] ?? 0) & 15) * 4
  let total = u16(bytes, at + 2)
  if (total === 0) total = wireBytes // Segmentation offload leaves it empty.
  if (headerBytes < 20 || total < headerBytes) return 'damaged header'
  packet.version = 4
  packet.srcAt = at + 12
  packet.dstAt = at + 16
  packet.ipBytes = total
  packet.ipId = u16(bytes, at + 4)
  packet.protocol = bytes[at + 9] ?? 0
  if ((u16(bytes, at + 6) & 0x1fff) !== 0) return 'fragment of a packet'
  return transport(packet, at + headerBytes, at + total)
}

function ipV6(packet: Packet, at: number, wireBytes: number): Decoded {
  const { bytes } = packet
  if (at + 40 > bytes.length) return 'cut before its ports'
  const payloadBytes = u16(bytes, at + 4)
  const total = payloadBytes === 0 ? Math.max(40, wireBytes) : 40 + payloadBytes
  packet.version = 6
  packet.ipId = 0
  packet.srcAt = at + 8
  packet.dstAt = at + 24
  packet.ipBytes = total
  let next = bytes[at + 6] ?? 0
  let header = at + 40
  for (let i = 0; i < headersMax; i++) {
    const size =
      next === 44 ? 8 : next === 51 ? ((bytes[header + 1] ?? 0) + 2) * 4 : ((bytes[header + 1] ?? 0) + 1) * 8
    if (next !== 0 && next !== 43 && next !== 44 && next !== 51 && next !== 60 && next !== 135) break
    if (header + 8 > bytes.length) return 'cut before its ports'
    if (next === 44 && (u16(bytes, header + 2) & 0xfff8) !== 0) {
      packet.protocol = bytes[header] ?? 0
      return 'fragment of a packet'
    }
    next = bytes[header] ?? 0
    header += size
  }
  packet.protocol = next
  return transport(packet, header, at + total)
}

/** `end` is where the packet ends on the wire, which may lie beyond what was captured. */
function transport(packet: Packet, at: number, end: number): Decoded {
  const { bytes } = packet
  const captured = bytes.length
  let headerBytes = 0
  packet.srcPort = 0
  packet.dstPort = 0
  packet.flags = 0
  packet.sequence = 0
  switch (packet.protocol) {
    case tcp:
      // Before the checks: an ICMP error may quote no more than 8 bytes.
      packet.srcPort = u16(bytes, at)
      packet.dstPort = u16(bytes, at + 2)
      if (at + 14 > captured) return 'cut before its ports'
      headerBytes = ((bytes[at + 12] ?? 0) >> 4) * 4
      if (headerBytes < 20) return 'damaged header'
      packet.sequence = u16(bytes, at + 4) * 0x10000 + u16(bytes, at + 6)
      packet.flags = bytes[at + 13] ?? 0
      break
    case udp:
      if (at + 8 > captured) return 'cut before its ports'
      headerBytes = 8
      packet.srcPort = u16(bytes, at)
      packet.dstPort = u16(bytes, at + 2)
      break
    case icmp:
    case icmpV6:
      if (at + 4 > captured) return 'cut before its ports'
      headerBytes = 8
      packet.icmpType = bytes[at] ?? 0
      packet.icmpCode = bytes[at + 1] ?? 0
      if (isHousekeeping(packet)) return 'link housekeeping'
      break
    case 2: // IGMP
      return 'link housekeeping'
    default:
      break
  }
  packet.payloadAt = Math.min(captured, at + headerBytes)
  packet.payloadEnd = Math.max(packet.payloadAt, Math.min(captured, end))
  packet.payloadBytes = Math.max(0, end - at - headerBytes)
  return 'read'
}

/** Sets `key` and `srcIsLow` from addresses, ports and protocol. */
export function setKey(packet: Packet): void {
  const { bytes: b, srcAt: s, dstAt: d, srcPort, dstPort, protocol } = packet
  const size = packet.version === 4 ? 4 : 16
  let order = 0
  for (let i = 0; i < size && order === 0; i++) order = (b[s + i] ?? 0) - (b[d + i] ?? 0)
  if (order === 0) order = srcPort - dstPort
  const low = order <= 0 ? s : d
  const high = order <= 0 ? d : s
  const lowPort = order <= 0 ? srcPort : dstPort
  const highPort = order <= 0 ? dstPort : srcPort
  packet.srcIsLow = order <= 0
  if (size === 4) {
    packet.key = String.fromCharCode(
      protocol,
      u16(b, low),
      u16(b, low + 2),
      u16(b, high),
      u16(b, high + 2),
      lowPort,
      highPort,
    )
    return
  }
  let key = String.fromCharCode(protocol, lowPort, highPort)
  for (let i = 0; i < 16; i += 2) key += String.fromCharCode(u16(b, low + i), u16(b, high + i))
  packet.key = key
}

/** Neighbour and router discovery, multicast listeners: what every IPv6 link says to itself. */
function isHousekeeping(packet: Packet): boolean {
  const type = packet.icmpType
  return packet.protocol === icmpV6 && ((type >= 130 && type <= 137) || type === 143)
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
