import { describe, expect, it } from 'vitest'
import type { BoxNetwork, FirstPacket } from '../schema/box-network.ts'
import type { JournalLine } from '../schema/journal.ts'
import { readFirstPackets } from './first-packets.ts'

/** An IPv4 datagram from 10.0.0.2 to 192.0.2.1:9, from a port that says which one it is. */
function datagram(port: number): Uint8Array {
  const head = [
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
  ]
  return Uint8Array.from([...head, 0, 8, 0, 0])
}

function scene(dropped = 0) {
  let send: (packet: FirstPacket) => void = () => {}
  let lose: (count: number) => void = () => {}
  const lines: JournalLine[] = []
  const heard: string[] = []
  const network: BoxNetwork = {
    addresses: { own: '', own6: '', gateway: '' },
    listenFd: -1,
    originalDestination: () => ({ ip: '', port: 0 }),
    send: () => true,
    listen(onPacket, onLost) {
      send = onPacket
      lose = onLost
    },
    dropped: () => dropped,
    close() {},
  }
  const packets = readFirstPackets({
    network,
    box: 'box',
    record: (line) => void lines.push(line),
    actorOf: (unit) => ({ tier: 'identity', unit: `unit-${unit}` }),
    onPacket: ({ unit, bytes }) => void heard.push(`${unit}:${bytes[20]! * 256 + bytes[21]!}`),
  })
  const counts = () =>
    lines.map((line) => (line.class === 'aggregate' ? [line.actor.unit, line.count] : [line.class]))
  return { packets, heard, counts, send: (p: FirstPacket) => send(p), lose: (n: number) => lose(n) }
}

describe('first packets', () => {
  it('of one call that floods hold up no other’s, and each is handed on or counted as its own', async () => {
    const { packets, heard, counts, send, lose } = scene(7)
    const bytes = datagram(0)
    for (let i = 0; i < 20_000; i++) {
      bytes.set([i >> 8, i & 255], 20) // The reader uses its buffer again.
      send({ unit: 1, scope: 'outside', bytes })
    }
    send({ unit: 2, scope: 'outside', bytes: datagram(53) })
    lose(7)
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard.indexOf('2:53')).toBeGreaterThan(0)
    expect(heard.length).toBeLessThan(200)
    await packets.end()
    const own = heard.filter((one) => one.startsWith('1:'))
    expect(own).toEqual(Array.from({ length: own.length }, (_, i) => `1:${i}`))
    expect(counts()).toEqual([
      ['unit-1', 20_000 - own.length],
      [undefined, 7],
    ])
    expect(packets.lost()).toBe(7)
  })
})
