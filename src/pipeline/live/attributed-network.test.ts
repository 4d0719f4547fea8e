import { describe, expect, it } from 'vitest'
import type { BoxNetwork, FirstPacket } from '../../schema/box-network.ts'
import { attributedNetwork } from './attributed-network.ts'

/** An IPv4 SYN from 10.0.0.2:4000 to 192.0.2.1:80. */
function syn(sequence: number): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  bytes.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 192, 0, 2, 1])
  view.setUint16(20, 4000)
  view.setUint16(22, 80)
  view.setUint32(24, sequence)
  bytes[32] = 0x50
  bytes[33] = 2
  return bytes
}

describe('a network whose kernel marks no packets', () => {
  const units: number[] = []
  let send: (packet: FirstPacket) => void = () => {}
  const bare: BoxNetwork = {
    addresses: { own: '', own6: '', gateway: '' },
    listenFd: -1,
    originalDestination: () => ({ ip: '', port: 0 }),
    send: () => true,
    listen(onPacket) {
      send = onPacket
    },
    close() {},
  }
  let owner = 0
  let asked: unknown[] = []
  const packet = (bytes: Uint8Array, scope: FirstPacket['scope'] = 'outside') => {
    send({ unit: 0, scope, bytes })
    return units.pop()
  }

  it('asks whose each first packet is, and remembers it for when that comes again', () => {
    const network = attributedNetwork(bare, (tuple) => {
      asked.push(tuple)
      return owner
    })
    network.listen(
      ({ unit }) => units.push(unit),
      () => {},
    )
    owner = 3
    expect(packet(syn(1))).toBe(3)
    expect(asked).toEqual([
      { transport: 'tcp', src: { ip: '10.0.0.2', port: 4000 }, dst: { ip: '192.0.2.1', port: 80 } },
    ])
    // Its socket is gone; the next attempt between the same ports is somebody else's to find.
    owner = 0
    expect([packet(syn(1)), packet(syn(2))]).toEqual([3, 0])
    owner = 4
    expect([packet(syn(2)), packet(syn(1))]).toEqual([4, 3])
    asked = []
    expect(packet(syn(9), 'local')).toBe(0)
    expect(packet(Uint8Array.of(1, 2, 3))).toBe(0)
    expect(asked).toEqual([])
  })
})
