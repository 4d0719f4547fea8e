import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossCounter, processEventsIn } from './process-connector.ts'

const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** A message as the kernel writes it: 16 bytes of netlink, 20 of the connector, then the event. */
function message(what: number, words: readonly number[], sequence = 0, cpu = 0): Uint8Array {
  const bytes = new Uint8Array(16 + 20 + 40)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, little)
  view.setUint32(16, 1, little)
  view.setUint32(20, 1, little)
  view.setUint32(24, sequence, little)
  view.setUint16(32, 40, little)
  view.setUint32(36, what, little)
  view.setUint32(40, cpu, little)
  view.setBigUint64(44, 123_456_789_012n, little)
  for (const [i, word] of words.entries()) view.setUint32(52 + 4 * i, word, little)
  return bytes
}

describe('reports of the process connector', () => {
  it('say who forked whom, who runs a program, and how it ended', () => {
    const bytes = Buffer.concat([
      message(1, [10, 10, 20, 20], 5, 1),
      message(2, [20, 20], 6, 1),
      message(0x8000_0000, [20, 20, 7 << 8, 17], 7, 1),
      message(0x8000_0000, [21, 21, 9, 17], 8, 1),
    ])
    expect([...processEventsIn(bytes)]).toEqual([
      { kind: 'fork', parent: 10, pid: 20, ns: 123_456_789_012, sequence: 5, cpu: 1 },
      { kind: 'exec', pid: 20, sequence: 6, cpu: 1 },
      { kind: 'exit', pid: 20, exitCode: 7, signal: 0, sequence: 7, cpu: 1 },
      { kind: 'exit', pid: 21, exitCode: 0, signal: 9, sequence: 8, cpu: 1 },
    ])
  })

  it('of threads are no processes, and the answer to the wish to listen is no event', () => {
    const bytes = Buffer.concat([
      message(1, [10, 10, 21, 10]),
      message(0x8000_0000, [21, 10, 0, 0]),
      message(0, [0]),
    ])
    expect([...processEventsIn(bytes)].map(({ kind }) => kind)).toEqual(['other', 'other'])
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(120), (noise, cut) => {
        const broken = Buffer.concat([message(1, [1, 1, 2, 2]).subarray(0, cut), noise])
        expect([...processEventsIn(broken)].length).toBeLessThan(10)
      }),
    )
  })

  it('show by their numbers which were lost, on each processor', () => {
    const counter = new LossCounter()
    const lost = (cpu: number, sequence: number) => counter.lost({ cpu, sequence })
    expect([lost(0, 7), lost(1, 3), lost(0, 8), lost(0, 11), lost(1, 4)]).toEqual([0, 0, 0, 2, 0])
    // One of the two comes late.
    expect([lost(0, 9), lost(0, 12)]).toEqual([-1, 0])
    expect([lost(2, 0xffff_ffff), lost(2, 0)]).toEqual([0, 0])
  })
})
