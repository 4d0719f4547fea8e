import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDns } from './dns.ts'
import { dnsReply, rcodes } from './dns-write.ts'

/** A query for `name`, with EDNS as resolvers send it. */
function query(name: string, type: number): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Uint8Array.from([
    ...[0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
    ...[...labels, 0, type >> 8, type & 255, 0, 1],
    ...[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0],
  ])
}

describe('DNS replies', () => {
  it('give an address for the question that was asked', () => {
    const reply = dnsReply(query('api.example.com', 1), rcodes.noError, {
      address: '198.18.0.7',
      ttlSeconds: 60,
    })
    expect(readDns(reply!)).toMatchObject({
      id: 0xabcd,
      response: true,
      rcode: 'NOERROR',
      questions: [{ name: 'api.example.com', type: 'A' }],
      answers: [{ name: 'api.example.com', type: 'A', value: '198.18.0.7', ttlSeconds: 60 }],
      complete: true,
    })
  })

  it('give a name for a reverse question, and nothing where there is nothing', () => {
    const reverse = dnsReply(query('7.0.18.198.in-addr.arpa', 12), rcodes.noError, {
      name: 'api.example.com',
      ttlSeconds: 60,
    })
    expect(readDns(reverse!)?.answers).toMatchObject([{ type: 'PTR', value: 'api.example.com' }])
    expect(readDns(dnsReply(query('example.com', 28), rcodes.noError)!)).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
    })
    expect(readDns(dnsReply(query('example.com', 16), rcodes.refused)!)).toMatchObject({ rcode: 'REFUSED' })
  })

  it('are not made for what is no query with one question', () => {
    const two = query('example.com', 1)
    two[5] = 2
    expect(dnsReply(two, rcodes.noError)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        dnsReply(bytes, rcodes.noError, { address: '198.18.0.1', ttlSeconds: 1 })
      }),
    )
  })
})
