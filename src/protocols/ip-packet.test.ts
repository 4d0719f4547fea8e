import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { datagramFor, fillTcpChecksum, readIpPacket, resetFor, unreachableFor } from './ip-packet.ts'

/** A SYN as the kernel logs it: 198.19.255.2:58000 → 203.0.113.5:80, checksum left to the hardware. */
const syn4 = Uint8Array.from(
  Buffer.from(
    '4500003c1f4040004006000 0c613ff02cb007105e2900050aabbccdd00000000a002fd7d00000000'.replaceAll(' ', ''),
    'hex',
  ),
)

describe('IP packets', () => {
  it('reads who sends to whom', () => {
    expect(readIpPacket(syn4)).toMatchObject({
      version: 4,
      protocol: 'tcp',
      src: '198.19.255.2',
      dst: '203.0.113.5',
      srcPort: 58_000,
      dstPort: 80,
    })
  })

  it('answers a SYN with the reset of a closed port', () => {
    const packet = readIpPacket(syn4)!
    const reset = resetFor(syn4, packet)
    expect(readIpPacket(reset)).toMatchObject({
      src: '203.0.113.5',
      dst: '198.19.255.2',
      srcPort: 80,
      dstPort: 58_000,
    })
    const view = new DataView(reset.buffer)
    expect(view.getUint32(28)).toBe(0xaabbccde) // Acknowledges the SYN.
    expect(reset[33]).toBe(0x14)
    expect(sumOf(reset, 6, 20)).toBe(0xffff)
  })

  it('fills in the checksum of a SYN', () => {
    const bytes = syn4.slice()
    fillTcpChecksum(bytes, readIpPacket(bytes)!)
    expect(sumOf(bytes, 6, 20)).toBe(0xffff)
  })

  it('answers a datagram of any length with a right checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (payload) => {
        const query = syn4.slice()
        query[9] = 17
        const answer = datagramFor(query, readIpPacket(query)!, payload)
        const sum = sumOf(answer, 17, 20)
        expect(sum === 0xffff || sum === 0).toBe(true)
        expect(answer.subarray(28)).toEqual(payload)
      }),
    )
  })

  it('says of a datagram that nobody has its port, in words of its own version', () => {
    const sent = syn4.slice()
    sent[9] = 17
    const answer = unreachableFor(sent, readIpPacket(sent)!)
    expect(readIpPacket(answer)).toMatchObject({ protocol: 'icmp', src: '203.0.113.5', dst: '198.19.255.2' })
    expect([...answer.subarray(20, 22)]).toEqual([3, 3])
    expect(answer.subarray(28)).toEqual(sent.subarray(0, 28))
    expect(sumFrom(0, answer, 20)).toBe(0xffff)
  })

  it('takes any bytes without failing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        readIpPacket(bytes)
      }),
    )
  })
})

/** One's complement sum of the transport part with its pseudo header, IPv4: 0xffff when the checksum is right. */
function sumOf(bytes: Uint8Array, protocol: number, at: number): number {
  return sumFrom(protocol + bytes.length - at + sumFrom(0, bytes.subarray(0, 20), 12), bytes, at)
}

function sumFrom(before: number, bytes: Uint8Array, at: number): number {
  let sum = before
  for (let i = at; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}
