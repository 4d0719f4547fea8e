// The capture itself as a log: stamped by the firewall's clock, and which of its records stand for a connection.

import { groupBy } from '../group-by.ts'
import { endsOf, type Flow } from './flows.ts'
import type { CapturedPacket } from './packets.ts'

/** A copy of a classic little-endian µs pcap file with every stamp moved; a cut last record is left out. */
export function shiftCapture(capture: Uint8Array, shown: (us: number) => number): Uint8Array {
  const copy = Uint8Array.from(capture)
  const view = new DataView(copy.buffer)
  let at = 24
  while (at + 16 <= copy.length) {
    const end = at + 16 + view.getUint32(at + 8, true)
    if (end > copy.length) break
    const us = shown(view.getUint32(at, true) * 1_000_000 + view.getUint32(at + 4, true))
    view.setUint32(at, Math.floor(us / 1_000_000), true)
    view.setUint32(at + 4, us % 1_000_000, true)
    at = end
  }
  return copy.subarray(0, at)
}

/**
 * A reader of captures names a connection by its first packet, and a DNS exchange by one of its own: these records
 * are what answers may be about.
 */
export function tellingRecords(
  flows: readonly Flow[],
  captured: readonly CapturedPacket[],
): { record: number; flow: Flow }[] {
  const byEnds = groupBy(flows, endsOf)
  const first = new Set<Flow>()
  return captured.flatMap(({ record, packet }) => {
    const back = {
      ...packet,
      src: packet.dst,
      srcPort: packet.dstPort,
      dst: packet.src,
      dstPort: packet.srcPort,
    }
    const flow = [packet, back]
      .flatMap((ends) => byEnds.get(endsOf(ends)) ?? [])
      .find(({ startUs, endUs }) => startUs <= packet.us && packet.us <= endUs)
    if (!flow || (first.has(flow) && flow.application.protocol !== 'dns')) return []
    first.add(flow)
    return [{ record, flow }]
  })
}
