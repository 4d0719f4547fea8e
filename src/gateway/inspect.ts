// Looks at the first bytes of both directions and says when enough is known to decide.

import { type Observed, sniff } from '../protocols/sniff.ts'
import type { Ask } from '../schema/ask.ts'
import { limits } from './api.ts'

export interface Inspection {
  readonly observed: Observed
  /** `sure`: more bytes would not change it; `promising`: the beginning of something known; else nothing known yet. */
  readonly state: 'sure' | 'promising' | 'unknown'
}

/** The beginnings as they are now. */
export function inspect(client: Uint8Array, server: Uint8Array): Inspection {
  const observed = sniff(client, server)
  const full = client.length >= limits.headBytes || server.length >= limits.headBytes
  if (full) return { observed, state: 'sure' }
  const inner = observed.layers.at(-1)
  if (inner === undefined) return { observed, state: mayBecomeKnown(client) ? 'promising' : 'unknown' }
  // A TLS record without its hello's name, a request whose head has not ended: wait for the rest.
  if (inner === 'tls' && client.length > 0 && !helloIsWhole(client)) return { observed, state: 'promising' }
  if (inner === 'http' && client.length > 0 && (!headIsWhole(client) || bodyIsDue(client)))
    return { observed, state: 'promising' }
  return { observed, state: 'sure' }
}

/** What the bytes say, in the words that the policy is asked with. */
export function askOf(observed: Observed): Partial<Ask> {
  return {
    layers: observed.layers,
    ...(observed.sni !== undefined && { sni: observed.sni }),
    ...(observed.ech && { ech: true }),
    // Of a CONNECT it is where the other proxy should go, which is judged by itself.
    ...(observed.httpHost !== undefined &&
      observed.http?.method !== 'CONNECT' && { httpHost: observed.httpHost }),
    ...(observed.http?.method !== undefined && { method: observed.http.method }),
    ...(observed.http?.path !== undefined && { path: observed.http.path }),
  }
}

/** The first TLS record carries the whole hello in practice; one split over records is waited for until the timer. */
function helloIsWhole(bytes: Uint8Array): boolean {
  if (bytes.length < 9) return false
  const handshake = ((bytes[6] ?? 0) << 16) | ((bytes[7] ?? 0) << 8) | (bytes[8] ?? 0)
  const records = Math.ceil((handshake + 4) / 16_384)
  return bytes.length >= handshake + 4 + 5 * records
}

/** A body is announced and none of it is here: what it asks for may stand in it. Not where the client waits to be told. */
function bodyIsDue(bytes: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(bytes)
  const end = /\r?\n\r?\n/.exec(text)
  if (!end || end.index + end[0].length < text.length) return false
  const head = text.slice(0, end.index)
  return /^(?:content-length:\s*[1-9]|transfer-encoding:)/im.test(head) && !/^expect:/im.test(head)
}

function headIsWhole(bytes: Uint8Array): boolean {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at] !== 10) continue
    if (bytes[at - 1] === 10 || (bytes[at - 1] === 13 && bytes[at - 2] === 10)) return true
  }
  return false
}

/** Too few bytes yet to tell: a lone `{`, the letters of a method, the first bytes of a TLS record. */
function mayBecomeKnown(client: Uint8Array): boolean {
  const first = client[0]
  if (first === undefined) return false
  if (first === 0x16) return client.length < 9
  if (first === 0x7b) return client.length < 4096 && !client.includes(10) // JSON lines.
  if (first >= 0x41 && first <= 0x5a) return client.length < 1024 && !client.includes(10)
  return client.length < 3
}
