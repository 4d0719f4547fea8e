// One connection, or what stands in for one in UDP, ICMP and the rest, as packets add to it.

import { v4At, v6At } from '../../protocols/bytes.ts'
import { sniffDatagram } from '../../protocols/datagram.ts'
import { readHttpRequest, readHttpResponse } from '../../protocols/http.ts'
import { readClientHello, readServerHello } from '../../protocols/tls.ts'
import { icmp, icmpV6, type Packet, tcp, tcpFlags, udp } from './pcap-packet.ts'
import type { Talk } from './pcap-talk.ts'

/** Names kept in `Flow.names`. */
export const namesMax = 32

/** The same packet on the next interface of a capture of "any" comes within this. */
const duplicateUs = 2000

/** An instant of the capture, kept with what its record wrote. */
export interface Stamp {
  readonly us: number
  readonly restNs: number
  readonly spanUs: number
  readonly digits: number
  readonly stamped: boolean
}

export class Flow {
  readonly key: string
  /** Index of its first packet. */
  readonly record: number
  readonly protocol: number
  readonly clientIp: string
  readonly serverIp: string
  readonly clientPort: number
  readonly serverPort: number
  readonly #clientIsLow: boolean
  readonly first: Stamp
  lastUs: number
  #lastRestNs: number
  #lastIpId = 0
  #lastSequence = 0
  #lastIpBytes = 0
  #lastSrcIsLow = true
  bytesOut = 0
  bytesIn = 0
  packetsOut = 0
  packetsIn = 0
  readonly icmpType: number
  readonly icmpCode: number
  /** TCP: the initiator's SYN and what was answered. */
  synSequence: number | undefined
  synAckSequence: number | undefined
  finOut = false
  finIn = false
  resetBy: 'client' | 'server' | undefined
  /** What an ICMP error said of it, while nothing had been answered. */
  unreachable: 'refused' | 'no-answer' | undefined
  /** TCP, from the first payload on. */
  talk: Talk | undefined
  /** Told by its first datagrams, or by DNS messages over TCP. */
  protocolName: string | undefined
  /** Names asked for over TCP whose packet already stood for another event; at most `namesMax`. */
  readonly names: string[] = []
  /** It had to make room for others before it ended. */
  evicted = false

  constructor(packet: Packet) {
    const senderIsClient = isSenderClient(packet)
    this.key = packet.key
    this.record = packet.record
    this.protocol = packet.protocol
    this.#clientIsLow = packet.srcIsLow === senderIsClient
    const [clientAt, serverAt] = senderIsClient ? [packet.srcAt, packet.dstAt] : [packet.dstAt, packet.srcAt]
    const text = packet.version === 4 ? v4At : v6At
    this.clientIp = text(packet.bytes, clientAt)
    this.serverIp = text(packet.bytes, serverAt)
    this.clientPort = senderIsClient ? packet.srcPort : packet.dstPort
    this.serverPort = senderIsClient ? packet.dstPort : packet.srcPort
    this.icmpType = packet.icmpType
    this.icmpCode = packet.icmpCode
    this.first = stampOf(packet)
    this.lastUs = packet.us
    this.#lastRestNs = packet.restNs
  }

  /** Its last packet, on the first one's clock. */
  get last(): Stamp {
    return { ...this.first, us: this.lastUs, restNs: this.#lastRestNs }
  }

  isFromServer(packet: Packet): boolean {
    return packet.srcIsLow !== this.#clientIsLow
  }

  /** Both sides said goodbye, or one broke it off. */
  get closed(): boolean {
    return this.resetBy !== undefined || (this.finOut && this.finIn)
  }

  /** Worth more than an unanswered attempt. */
  get established(): boolean {
    return this.talk !== undefined || (this.protocol !== tcp && this.packetsIn > 0 && this.packetsOut > 0)
  }

  /** Counts a packet, once however many interfaces saw it, and reads its flags; payload is the caller's. */
  add(packet: Packet): boolean {
    const fromServer = this.isFromServer(packet)
    if (this.#isDuplicate(packet)) return fromServer
    if (fromServer) {
      this.packetsIn++
      this.bytesIn += packet.ipBytes
    } else {
      this.packetsOut++
      this.bytesOut += packet.ipBytes
    }
    if (packet.us >= this.lastUs) {
      this.lastUs = packet.us
      this.#lastRestNs = packet.restNs
    }
    if (this.protocol === tcp) this.#flags(packet, fromServer)
    else if (this.protocol === udp && this.packetsIn + this.packetsOut <= 4) {
      this.protocolName ??= sniffDatagram(packet.payload, this.serverPort)
    }
    return fromServer
  }

  #isDuplicate(packet: Packet): boolean {
    const { ipId, sequence, ipBytes, us } = packet
    const same =
      ipId !== 0 &&
      ipId === this.#lastIpId &&
      sequence === this.#lastSequence &&
      ipBytes === this.#lastIpBytes &&
      us - this.lastUs <= duplicateUs &&
      packet.srcIsLow === this.#lastSrcIsLow &&
      this.packetsIn + this.packetsOut > 0
    this.#lastIpId = ipId
    this.#lastSequence = sequence
    this.#lastIpBytes = ipBytes
    this.#lastSrcIsLow = packet.srcIsLow
    return same
  }

  #flags(packet: Packet, fromServer: boolean): void {
    const { flags } = packet
    if (flags & tcpFlags.syn) {
      if (!fromServer) this.synSequence ??= packet.sequence
      else this.synAckSequence ??= packet.sequence
    }
    if (flags & tcpFlags.fin) {
      if (fromServer) this.finIn = true
      else this.finOut = true
    }
    if (flags & tcpFlags.rst) this.resetBy ??= fromServer ? 'server' : 'client'
  }
}

export function stampOf(packet: Packet): Stamp {
  const { us, restNs, spanUs, digits, stamped } = packet
  return { us, restNs, spanUs, digits, stamped }
}

/** Who began it: certain with a SYN, else from what is said, else the lower port is taken for the server's. */
function isSenderClient(packet: Packet): boolean {
  const { protocol, flags, srcPort, dstPort } = packet
  if (protocol === tcp) {
    if (flags & tcpFlags.syn) return (flags & tcpFlags.ack) === 0
    // No ACK either: a FIN, NULL or Xmas probe, which only a prober sends.
    if ((flags & (tcpFlags.ack | tcpFlags.rst)) === 0) return true
    const { payload } = packet
    if (readClientHello(payload) || readHttpRequest(payload)) return true
    if (readServerHello(payload) || readHttpResponse(payload)) return false
    return srcPort >= dstPort
  }
  // The first datagram seen is the first one sent, unless it comes from a service to a passing port.
  if (protocol === udp) return !(srcPort < 1024 && dstPort >= 32_768)
  if (protocol === icmp) return packet.icmpType !== 0
  if (protocol === icmpV6) return packet.icmpType !== 129
  return true
}
