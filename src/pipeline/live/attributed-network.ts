// A sandbox's network where the kernel marks no packets: the unit of each first packet is looked up before it is decided.

import { BoundedMap } from '../../base/bounded-map.ts'
import { type IpPacket, readIpPacket } from '../../protocols/ip-packet.ts'
import type { CallLookUp } from '../../sandboxes/calls.ts'
import type { BoxNetwork } from '../../schema/box-network.ts'

/** First packets whose unit is remembered, for when they come again. */
const rememberedMax = 4_096

export function attributedNetwork(network: BoxNetwork, unitOf: CallLookUp['unitOf']): BoxNetwork {
  const known = new BoundedMap<string, number>(rememberedMax)
  return {
    ...network,
    listen(onPacket, onLost) {
      network.listen((first) => {
        const packet = first.scope === 'local' ? undefined : readIpPacket(first.bytes)
        const transport = packet?.protocol
        if (!packet || (transport !== 'tcp' && transport !== 'udp')) return onPacket(first)
        // Sent again, as we were slow to answer: the program may have given up meanwhile, it is still its packet.
        const key = transport === 'tcp' ? attemptKey(first.bytes, packet) : undefined
        const unit =
          (key === undefined ? undefined : known.get(key)) ??
          unitOf({
            transport,
            src: { ip: packet.src, port: packet.srcPort },
            dst: { ip: packet.dst, port: packet.dstPort },
          })
        if (key !== undefined && unit !== 0) known.set(key, unit)
        onPacket({ ...first, unit })
      }, onLost)
    },
  }
}

/** With its first sequence number, which the kernel picks anew for every attempt, also between the same ports. */
function attemptKey(bytes: Uint8Array, { src, srcPort, dst, dstPort, transportAt }: IpPacket): string {
  const sequence = bytes.subarray(transportAt + 4, transportAt + 8).join('.')
  return `${src} ${srcPort} ${dst} ${dstPort} ${sequence}`
}
