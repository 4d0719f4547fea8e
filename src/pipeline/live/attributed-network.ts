// A sandbox's network where the kernel marks no packets: the unit of each first packet is looked up before it is decided.

import { readIpPacket } from '../../protocols/ip-packet.ts'
import type { CallLookUp } from '../../sandboxes/calls.ts'
import type { BoxNetwork } from '../../schema/box-network.ts'

export function attributedNetwork(network: BoxNetwork, unitOf: CallLookUp['unitOf']): BoxNetwork {
  return {
    ...network,
    listen(onPacket, onLost) {
      network.listen((first) => {
        const packet = first.scope === 'local' ? undefined : readIpPacket(first.bytes)
        const transport = packet?.protocol
        if (!packet || (transport !== 'tcp' && transport !== 'udp')) return onPacket(first)
        const unit = unitOf({
          transport,
          src: { ip: packet.src, port: packet.srcPort },
          dst: { ip: packet.dst, port: packet.dstPort },
        })
        onPacket({ ...first, unit })
      }, onLost)
    },
  }
}
