// DNS over TCP: each message behind two bytes of length (RFC 1035, 4.2.2).

import type { Socket } from 'node:net'
import { readDns } from '../protocols/dns.ts'

const idleMs = 30_000
/** Queries on one connection; a client that wants more opens another. */
const queriesMax = 1_000
/** A query is a name and little else. */
const queryBytesMax = 4_096

/** `onStrange`: it ended without a query, or sent what is none. */
export function serveDns(
  client: Socket,
  answer: (query: Uint8Array) => Promise<Uint8Array | undefined>,
  onStrange: () => void,
): void {
  let bytes: Buffer = Buffer.alloc(0)
  let queries = 0
  let strange = false
  client.once('close', () => {
    if (queries === 0 || strange) onStrange()
  })
  client.setTimeout(idleMs, () => client.destroy())
  client.on('end', () => client.end())
  client.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.length >= 2 && bytes.readUInt16BE(0) > queryBytesMax) {
      strange = true
      client.destroy()
      return
    }
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const query = bytes.subarray(2, 2 + bytes.readUInt16BE(0))
      bytes = bytes.subarray(2 + query.length)
      if (!readDns(query)?.questions[0]) {
        strange = true
        client.destroy()
        return
      }
      if (++queries > queriesMax) return void client.destroy()
      answer(query).then(
        (reply) => {
          if (!reply) return void client.destroy()
          const length = Buffer.alloc(2)
          length.writeUInt16BE(reply.length)
          client.write(Buffer.concat([length, reply]))
        },
        () => client.destroy(),
      )
    }
  })
  client.resume()
}
