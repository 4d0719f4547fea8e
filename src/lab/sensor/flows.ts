// Packets put together into flows, and what the first bytes of each say, as a network sensor would.

import { groupBy } from '../group-by.ts'
import { udpPauseSeconds } from '../plan.ts'
import { type Application, readApplication } from './application.ts'
import type { CapturedPacket, Packet } from './packets.ts'

export interface Flow {
  readonly id: number
  readonly protocol: 'tcp' | 'udp'
  readonly src: string
  readonly srcPort: number
  readonly dst: string
  readonly dstPort: number
  readonly startUs: number
  endUs: number
  packetsToServer: number
  packetsToClient: number
  bytesToServer: number
  bytesToClient: number
  flagsToServer: number
  flagsToClient: number
  /** Everything with a payload, in order, at most `messagesMax`: when, whose, and its first bytes. */
  readonly messages: { readonly us: number; readonly toServer: boolean; readonly bytes: Uint8Array }[]
  application: Application
  /** The firewall blocked it: when first, and the prefix of the rule that did. */
  blocked?: { readonly us: number; readonly prefix: string }
}

const messagesMax = 400
const udpPauseUs = udpPauseSeconds * 1_000_000

export function assembleFlows(packets: readonly Packet[]): Flow[] {
  const flows: Flow[] = []
  const open = new Map<string, Flow>()
  const nextSeq = new Map<string, number>()
  for (const packet of packets) {
    const there = `${packet.protocol} ${packet.src}:${packet.srcPort} ${packet.dst}:${packet.dstPort}`
    const back = `${packet.protocol} ${packet.dst}:${packet.dstPort} ${packet.src}:${packet.srcPort}`
    const opening = packet.protocol === 'tcp' && (packet.flags & 18) === 2
    let flow = open.get(there) ?? (opening ? undefined : open.get(back))
    const stale =
      flow !== undefined &&
      (packet.protocol === 'udp' ? packet.us - flow.endUs > udpPauseUs : opening && flow.packetsToClient > 0)
    if (!flow || stale) {
      if (packet.protocol === 'tcp' && !opening) continue // The middle of what was there before the sensor.
      flow = newFlow(flows.length, packet)
      flows.push(flow)
      open.set(there, flow)
      nextSeq.delete(there)
      nextSeq.delete(back)
    }
    addPacket(flow, packet, there, nextSeq)
  }
  for (const flow of flows) flow.application = readApplication(flow)
  return flows
}

/** Notes at each flow what the firewall's own log says of its packets. */
export function markBlocked(flows: readonly Flow[], logged: readonly CapturedPacket[]): void {
  const byEnds = groupBy(flows, endsOf)
  for (const { packet, prefix = '' } of logged) {
    // A port that is used again is another flow: the latest that had begun.
    const flow = byEnds.get(endsOf(packet))?.findLast(({ startUs }) => startUs <= packet.us + loggedEarlyUs)
    if (flow) flow.blocked ??= { us: packet.us, prefix }
  }
}

/** The two captures stamp the same packet at different places. */
const loggedEarlyUs = 50_000

export function endsOf({ protocol, src, srcPort, dst, dstPort }: Flow | Packet): string {
  return `${protocol} ${src}:${srcPort} ${dst}:${dstPort}`
}

function newFlow(id: number, packet: Packet): Flow {
  return {
    id,
    protocol: packet.protocol,
    src: packet.src,
    srcPort: packet.srcPort,
    dst: packet.dst,
    dstPort: packet.dstPort,
    startUs: packet.us,
    endUs: packet.us,
    packetsToServer: 0,
    packetsToClient: 0,
    bytesToServer: 0,
    bytesToClient: 0,
    flagsToServer: 0,
    flagsToClient: 0,
    messages: [],
    application: { protocol: 'unknown' },
  }
}

function addPacket(flow: Flow, packet: Packet, direction: string, nextSeq: Map<string, number>): void {
  const toServer = packet.src === flow.src && packet.srcPort === flow.srcPort
  flow.endUs = Math.max(flow.endUs, packet.us)
  if (toServer) {
    flow.packetsToServer++
    flow.bytesToServer += packet.ipBytes
    flow.flagsToServer |= packet.flags
  } else {
    flow.packetsToClient++
    flow.bytesToClient += packet.ipBytes
    flow.flagsToClient |= packet.flags
  }
  if (packet.payloadBytes === 0) return
  if (packet.protocol === 'tcp') {
    const expected = nextSeq.get(direction)
    const behind = expected === undefined ? 0 : (expected - packet.seq + 0x1_0000_0000) % 0x1_0000_0000
    if (behind > 0 && behind < 0x4000_0000) return // Sent again.
    nextSeq.set(direction, (packet.seq + packet.payloadBytes) % 0x1_0000_0000)
  }
  if (flow.messages.length < messagesMax)
    flow.messages.push({ us: packet.us, toServer, bytes: packet.payload })
}
