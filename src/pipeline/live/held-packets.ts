// The first packets of a sandbox whose gateway is still being loaded: read at once, while the processes that sent them
// are there to be looked at, and handed on when it listens. Until then nothing is answered.

import { type Flow, flowOf } from '../../gateway/api.ts'
import { readIpPacket } from '../../protocols/ip-packet.ts'
import type { BoxNetwork, FirstPacket } from '../../schema/box-network.ts'
import type { JournalActor } from '../../schema/journal.ts'

/** What comes beyond is counted as lost; a connection's first packet is sent again. */
const heldMax = 4_096
/** Datagrams that a rule opens are held whole, up to 64 kB each. */
const heldBytesMax = 16 << 20

export interface HeldPackets {
  /** To be given to the gateway. */
  readonly network: BoxNetwork
  /** While a held packet is handed on: who sent it, as it was when it came. */
  sender(): JournalActor | undefined
  /** Whether anything came, or was lost, that nobody was told of yet. */
  any(): boolean
  /** Resolves with the first one. */
  readonly first: Promise<void>
}

export function holdPackets(
  network: BoxNetwork,
  actorOf: (unit: number, flow: Flow) => JournalActor,
): HeldPackets {
  let held: { readonly packet: FirstPacket; readonly actor: JournalActor | undefined }[] = []
  let bytes = 0
  let lost = 0
  let sender: JournalActor | undefined
  let wake = () => {}
  const first = new Promise<void>((resolve) => {
    wake = resolve
  })
  let take = (packet: FirstPacket) => {
    wake()
    if (held.length >= heldMax || bytes + packet.bytes.length > heldBytesMax) {
      lost++
      return
    }
    bytes += packet.bytes.length
    const read = readIpPacket(packet.bytes)
    // Local ones were let in already and need no answer.
    const actor = read && packet.scope !== 'local' ? actorOf(packet.unit, flowOf(read)) : undefined
    held.push({ packet: { ...packet, bytes: packet.bytes.slice() }, actor })
  }
  let lose = (count: number) => {
    wake()
    lost += count
  }
  network.listen(
    (packet) => take(packet),
    (count) => lose(count),
  )
  return {
    network: {
      ...network,
      listen(onPacket, onLost) {
        take = onPacket
        lose = onLost
        if (lost > 0) onLost(lost)
        const earlier = held
        held = []
        lost = 0
        for (const { packet, actor } of earlier) {
          sender = actor
          onPacket(packet)
        }
        sender = undefined
      },
    },
    sender: () => sender,
    any: () => held.length > 0 || lost > 0 || (network.dropped?.() ?? 0) > 0,
    first,
  }
}
