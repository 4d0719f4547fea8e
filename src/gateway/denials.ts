// Says no in the protocol's own words, so that a program can tell a policy from a broken network.

import type { Observed } from '../protocols/sniff.ts'
import type { Decision } from '../schema/decision.ts'

/** What a client of the observed protocol understands; undefined where only a reset is left. */
export function denialBytes(observed: Observed, decision: Decision): Uint8Array | undefined {
  const outer = observed.layers[0]
  if (outer === 'http' && observed.http?.method !== undefined) return Buffer.from(httpDenial(decision))
  if (outer === 'ssh') return sshDenial(decision)
  return undefined
}

/** A whole HTTP/1.1 response. */
export function httpDenial({ code, rule, reason }: Decision): string {
  const body = `${JSON.stringify({ error: 'denied', by: 'vigiles', code, rule, reason })}\n`
  return `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\nX-Vigiles-Denied: ${code}\r\n\r\n${body}`
}

/** Version line and SSH_MSG_DISCONNECT (RFC 4253, 11.1), which may come before any key exchange. */
function sshDenial({ reason }: Decision): Uint8Array {
  const text = Buffer.from(`vigiles: ${reason}`.slice(0, 500))
  const payload = Buffer.alloc(1 + 4 + 4 + text.length + 4)
  payload[0] = 1
  payload.writeUInt32BE(1, 1) // SSH_DISCONNECT_HOST_NOT_ALLOWED_TO_CONNECT
  payload.writeUInt32BE(text.length, 5)
  text.copy(payload, 9)
  // Length field, padding length, payload and padding together are a multiple of 8; at least 4 bytes of padding.
  const padding = 8 - ((5 + payload.length) % 8) + (8 - ((5 + payload.length) % 8) < 4 ? 8 : 0)
  const packet = Buffer.alloc(5 + payload.length + padding)
  packet.writeUInt32BE(1 + payload.length + padding, 0)
  packet[4] = padding
  payload.copy(packet, 5)
  return Buffer.concat([Buffer.from('SSH-2.0-vigiles\r\n'), packet])
}
