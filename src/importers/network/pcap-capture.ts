// A capture's packet records, one after the other: each is an event's first packet, joined to one, or refused.

import { hexText } from '../../protocols/bytes.ts'
import { isCertainDns } from '../../protocols/dns.ts'
import type { FileInfo, Sink } from '../api.ts'
import { DnsPairs, dnsMessage } from './pcap-dns.ts'
import { DnsStream } from './pcap-dns-stream.ts'
import { flowEvent } from './pcap-event.ts'
import { type Flow, namesMax } from './pcap-flow.ts'
import { FlowTable } from './pcap-flows.ts'
import { decodeFrame, icmp, icmpV6, Packet, setKey, tcp, udp } from './pcap-packet.ts'
import { type Memory, Talk } from './pcap-talk.ts'

/** Largest packet record believed; tcpdump's own largest snap length. */
export const recordBytesMax = 262_144
/** Times up to this many µs are exact in a double (the year 2255). */
const usMax = Number.MAX_SAFE_INTEGER

/** When a record was taken; undefined where its format gives none. */
export interface RecordTime {
  readonly us: number
  readonly restNs: number
  readonly spanUs: number
  readonly digits: number
}

export class Capture {
  readonly #sink: Sink
  readonly #modifiedUs: number | undefined
  readonly #packet = new Packet()
  readonly #flows: FlowTable
  readonly #dns: DnsPairs
  readonly #memory: Memory = { held: 0 }
  readonly #unreadLinks = new Set<number>()
  /** Whether the record at hand stands for an event already. */
  #owned = false
  records = 0

  constructor(sink: Sink, file: FileInfo) {
    this.#sink = sink
    this.#modifiedUs = file.modifiedUs === undefined ? undefined : Math.floor(file.modifiedUs)
    this.#flows = new FlowTable((flow) => sink.event(flowEvent(flow)))
    this.#dns = new DnsPairs((event) => sink.event(event))
  }

  /** A record that cannot be read at all. */
  refuse(reason: string, bytes: Uint8Array): void {
    this.#sink.reject(++this.records, reason, hexText(bytes, 64))
  }

  /** One packet record: `bytes` as captured, `wireBytes` its length on the wire. `bytes` is not kept. */
  record(linkType: number, time: RecordTime | undefined, bytes: Uint8Array, wireBytes: number): void {
    const packet = this.#packet
    if (!this.#setTime(packet, time)) {
      this.refuse(time ? 'time out of range' : 'a packet without a time, in a file without one', bytes)
      return
    }
    const decoded = decodeFrame(packet, linkType, bytes, Math.max(wireBytes, bytes.length))
    switch (decoded) {
      case 'read':
        break
      case 'cut before its ports':
      case 'damaged header':
        this.refuse(decoded, bytes)
        return
      case 'link type not read':
        // Said once with the evidence; a whole capture of them need not be kept twice.
        if (!this.#unreadLinks.has(linkType)) {
          this.#unreadLinks.add(linkType)
          this.refuse(`link type ${linkType} is not read`, bytes)
          return
        }
        this.records++
        this.#sink.skip(decoded)
        return
      default:
        this.records++
        this.#sink.skip(decoded)
        return
    }
    packet.record = ++this.records
    this.#owned = false
    this.#read(packet)
    if (!this.#owned) this.#sink.skip('packet of a flow')
  }

  end(): void {
    this.#flows.end()
    this.#dns.end()
  }

  #setTime(packet: Packet, time: RecordTime | undefined): boolean {
    const us = time?.us ?? this.#modifiedUs
    if (us === undefined || !(us >= 0 && us <= usMax)) return false
    packet.us = us
    packet.restNs = time?.restNs ?? 0
    packet.spanUs = time?.spanUs ?? 1
    packet.digits = time?.digits ?? 6
    packet.stamped = time !== undefined
    return true
  }

  #read(packet: Packet): void {
    const { protocol } = packet
    if (protocol === icmp || protocol === icmpV6) {
      if (this.#flows.quotedFlow(packet)) return
      // Echo requests and replies meet by their identifier; other types keep to themselves.
      const isEcho =
        protocol === icmp ? packet.icmpType === 8 || packet.icmpType === 0 : packet.icmpType >> 1 === 64
      const { bytes, payloadAt } = packet
      const identifier = ((bytes[payloadAt - 4] ?? 0) << 8) | (bytes[payloadAt - 3] ?? 0)
      packet.srcPort = isEcho ? identifier : packet.icmpType << 8
      packet.dstPort = packet.srcPort
    }
    setKey(packet)
    if (protocol === udp && this.#readDns(packet)) return
    const flow = this.#flows.flowOf(packet)
    if (flow.record === packet.record) this.#owned = true
    if (protocol === tcp && packet.payloadBytes > 0) this.#talk(flow, packet)
    this.#flows.promote(flow)
  }

  #talk(flow: Flow, packet: Packet): void {
    const begin = { client: flow.synSequence, server: flow.synAckSequence }
    if (!flow.talk && flow.serverPort === 53) {
      flow.talk = new Talk(this.#memory, begin, new DnsStream((bytes) => this.#dnsOverTcp(flow, bytes)))
    }
    flow.talk ??= new Talk(this.#memory, begin)
    flow.talk.packet(
      flow.isFromServer(packet),
      packet.us,
      packet.sequence,
      packet.payload,
      packet.payloadBytes,
    )
  }

  /** A datagram that is DNS: by its port, or beyond doubt by its form. mDNS, LLMNR and NetBIOS stay flows. */
  #readDns(packet: Packet): boolean {
    const { srcPort, dstPort } = packet
    const byPort = srcPort === 53 || dstPort === 53
    if (!byPort) {
      if (isLinkName(srcPort) || isLinkName(dstPort)) return false
      if (!isCertainDns(packet.payload) || this.#flows.find(packet.key)) return false
    }
    const message = dnsMessage(packet.payload)
    if (!message) return false
    if (!byPort && message.response && !this.#dns.expects(packet, message)) return false
    if (this.#dns.message(packet, message, true, packet.ipBytes)) this.#owned = true
    return true
  }

  #dnsOverTcp(flow: Flow, bytes: Uint8Array): void {
    const message = dnsMessage(bytes)
    if (!message) return
    flow.protocolName = 'dns'
    const name = message.questions[0]?.name
    if (this.#owned && !message.response && name && flow.names.length < namesMax) flow.names.push(name)
    if (this.#dns.message(this.#packet, message, !this.#owned, bytes.length)) this.#owned = true
  }
}

function isLinkName(port: number): boolean {
  return port === 5353 || port === 5355 || port === 137
}
