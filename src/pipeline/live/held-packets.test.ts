import { describe, expect, it } from 'vitest'
import type { BoxNetwork, FirstPacket } from '../../schema/box-network.ts'
import { holdPackets } from './held-packets.ts'

/** An IPv4 datagram from 10.0.0.2 to 192.0.2.1:9. */
function datagram(port: number): Uint8Array {
  const bytes = new Uint8Array(28)
  bytes.set([
    0x45,
    0,
    0,
    28,
    0,
    0,
    0,
    0,
    64,
    17,
    0,
    0,
    10,
    0,
    0,
    2,
    192,
    0,
    2,
    1,
    port >> 8,
    port & 255,
    0,
    9,
  ])
  return bytes
}

function scene() {
  let send: (packet: FirstPacket) => void = () => {}
  let lose: (count: number) => void = () => {}
  const network: BoxNetwork = {
    addresses: { own: '', own6: '', gateway: '' },
    listenFd: -1,
    originalDestination: () => ({ ip: '', port: 0 }),
    send: () => true,
    listen(onPacket, onLost) {
      send = onPacket
      lose = onLost
    },
    close() {},
  }
  const living = new Set(['alive'])
  const held = holdPackets(network, (unit) => ({
    unit: `unit-${unit}`,
    tier: 'identity',
    ...(living.has('alive') && { process: { pid: 7 } }),
  }))
  return { held, living, send: (packet: FirstPacket) => send(packet), lose: (n: number) => lose(n) }
}

describe('packets before there is a gateway', () => {
  it('wait in their order, with who sent them while that could be seen', () => {
    const { held, living, send } = scene()
    expect(held.any()).toBe(false)
    const bytes = datagram(4000)
    send({ unit: 1, scope: 'outside', bytes })
    bytes.fill(0) // The reader uses its buffer again.
    send({ unit: 1, scope: 'local', bytes: datagram(4001) })
    living.clear()
    expect(held.any()).toBe(true)
    const seen: unknown[] = []
    const note = ({ unit, scope, bytes }: FirstPacket) =>
      seen.push([unit, scope, bytes[20]! * 256 + bytes[21]!, held.sender()?.process?.pid])
    held.network.listen(note, () => {})
    send({ unit: 2, scope: 'outside', bytes: datagram(4002) })
    expect(seen).toEqual([
      [1, 'outside', 4000, 7],
      [1, 'local', 4001, undefined],
      [2, 'outside', 4002, undefined],
    ])
    expect(held.any()).toBe(false)
  })

  it('are lost beyond a number, and said to be', () => {
    const { held, send, lose } = scene()
    lose(3)
    for (let i = 0; i < 5_000; i++) send({ unit: 1, scope: 'outside', bytes: datagram(i) })
    let [came, lost] = [0, 0]
    held.network.listen(
      () => came++,
      (count) => {
        lost += count
      },
    )
    expect(came + lost).toBe(5_003)
    expect(came).toBe(4_096)
  })
  it('are lost beyond so many bytes, too: long datagrams are held whole', () => {
    const { held, send } = scene()
    const long = new Uint8Array(60_000)
    long.set(datagram(1))
    for (let i = 0; i < 1_000; i++) send({ unit: 1, scope: 'relayed', bytes: long })
    let [bytes, lost] = [0, 0]
    held.network.listen(
      (packet) => {
        bytes += packet.bytes.length
      },
      (count) => {
        lost += count
      },
    )
    expect(bytes).toBeGreaterThan(15 << 20)
    expect(bytes).toBeLessThanOrEqual(16 << 20)
    expect(bytes / long.length + lost).toBe(1_000)
  })
})
