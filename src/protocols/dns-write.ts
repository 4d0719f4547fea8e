// Answers to DNS queries: the question as it was asked, and addresses or nothing (RFC 1035).

import { u16 } from './bytes.ts'

export const rcodes = { noError: 0, servFail: 2, nxDomain: 3, refused: 5 } as const

/**
 * The reply to a query with one question. Without a readable question (the bytes end before it does) undefined.
 * `address`: four bytes, for a question about A; `name`: of a PTR record.
 */
export function dnsReply(
  query: Uint8Array,
  rcode: number,
  answer?: { readonly address?: string; readonly name?: string; readonly ttlSeconds: number },
): Uint8Array | undefined {
  const end = questionEnd(query)
  if (end === undefined) return undefined
  const data =
    answer?.address !== undefined
      ? v4Bytes(answer.address)
      : answer?.name !== undefined
        ? nameBytes(answer.name)
        : undefined
  const reply = new Uint8Array(end + (data ? 12 + data.length : 0))
  reply.set(query.subarray(0, end))
  const view = new DataView(reply.buffer)
  // A response, recursion as it was desired and available; the rest of the flags are not ours to claim.
  view.setUint16(2, 0x8080 | (u16(query, 2) & 0x0100) | rcode)
  view.setUint16(4, 1)
  view.setUint16(6, data ? 1 : 0)
  view.setUint16(8, 0)
  view.setUint16(10, 0)
  if (answer && data) {
    view.setUint16(end, 0xc00c) // The question's name.
    view.setUint16(end + 2, u16(query, end - 4))
    view.setUint16(end + 4, 1)
    view.setUint32(end + 6, answer.ttlSeconds)
    view.setUint16(end + 10, data.length)
    reply.set(data, end + 12)
  }
  return reply
}

/** Where the first question ends; undefined for what is no query with one. */
function questionEnd(query: Uint8Array): number | undefined {
  if (query.length < 17 || (query[2] ?? 0) & 0x80 || u16(query, 4) !== 1) return undefined
  let at = 12
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
    if (length > 63) return undefined
    at += length + 1
    if (at >= query.length) return undefined
  }
  return at + 5 <= query.length ? at + 5 : undefined
}

function v4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.').map(Number))
}

function nameBytes(name: string): Uint8Array {
  const bytes: number[] = []
  for (const label of name.split('.').filter(Boolean)) {
    bytes.push(Math.min(label.length, 63))
    for (let i = 0; i < label.length && i < 63; i++) bytes.push(label.charCodeAt(i) & 0xff)
  }
  return Uint8Array.from([...bytes, 0])
}
