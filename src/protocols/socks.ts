// SOCKS 4, 4a and 5 (RFC 1928, 1929): what the proxy was asked to reach, and where the carried bytes begin.

import { latin1, printable, u16, v4At, v6At } from './bytes.ts'

export interface SocksRequest {
  readonly version: '4' | '4a' | '5'
  readonly command: 'connect' | 'bind' | 'udp'
  readonly host: string
  readonly port: number
  /** Whether the proxy said yes; absent when its reply is not there. */
  readonly granted?: boolean
  /** Where the carried bytes begin in each direction. */
  readonly clientAt: number
  readonly serverAt: number
}

const commands = ['connect', 'bind', 'udp'] as const

/** The request at the start of a connection to a SOCKS proxy, or undefined when it is not one (yet). */
export function readSocks(client: Uint8Array, server: Uint8Array): SocksRequest | undefined {
  if (client[0] === 4) return readSocks4(client, server)
  if (client[0] === 5) return readSocks5(client, server)
  return undefined
}

function readSocks4(client: Uint8Array, server: Uint8Array): SocksRequest | undefined {
  const command = commands[(client[1] ?? 0) - 1]
  if (!command || command === 'udp' || client.length < 9) return undefined
  const userEnd = client.indexOf(0, 8)
  if (userEnd < 0 || userEnd > 8 + 255 || !isText(client, 8, userEnd)) return undefined
  const replied =
    server.length >= 8 && server[0] === 0 && (server[1] ?? 0) >= 0x5a && (server[1] ?? 0) <= 0x5d
  if (server.length > 0 && !replied) return undefined
  const named = client[4] === 0 && client[5] === 0 && client[6] === 0 && client[7] !== 0
  let clientAt = userEnd + 1
  let host = v4At(client, 4)
  if (named) {
    const nameEnd = client.indexOf(0, clientAt)
    if (nameEnd <= clientAt || nameEnd > clientAt + 255 || !isText(client, clientAt, nameEnd))
      return undefined
    host = printable(latin1(client, clientAt, nameEnd)).toLowerCase()
    clientAt = nameEnd + 1
  }
  return {
    version: named ? '4a' : '4',
    command,
    host,
    port: u16(client, 2),
    ...(replied && { granted: server[1] === 0x5a }),
    clientAt,
    serverAt: replied ? 8 : 0,
  }
}

function readSocks5(client: Uint8Array, server: Uint8Array): SocksRequest | undefined {
  const methodCount = client[1] ?? 0
  if (methodCount === 0 || methodCount > 32) return undefined
  if (server.length > 0 && server[0] !== 5) return undefined
  let at = 2 + methodCount
  let serverAt = server.length > 0 ? 2 : 0
  // RFC 1929: version 1, user, password; the proxy answers 1, status. The password is not looked at.
  if (client[at] === 1 && client[1 + at] !== undefined) {
    const passwordAt = at + 2 + (client[at + 1] ?? 0)
    at = passwordAt + 1 + (client[passwordAt] ?? 0)
    if (server[serverAt] === 1) serverAt += 2
  }
  const command = commands[(client[at + 1] ?? 0) - 1]
  if (client[at] !== 5 || !command || client[at + 2] !== 0) return undefined
  const target = addressAt(client, at + 3)
  if (!target) return undefined
  const reply = server[serverAt] === 5 ? addressAt(server, serverAt + 3) : undefined
  return {
    version: '5',
    command,
    host: target.host,
    port: target.port,
    ...(reply && { granted: server[serverAt + 1] === 0 }),
    clientAt: target.end,
    serverAt: reply ? reply.end : serverAt,
  }
}

/** Type, address, port. */
function addressAt(bytes: Uint8Array, at: number): { host: string; port: number; end: number } | undefined {
  const type = bytes[at]
  const length = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? (bytes[at + 1] ?? 0) : 0
  const from = type === 3 ? at + 2 : at + 1
  const end = from + length + 2
  if (length === 0 || end > bytes.length) return undefined
  if (type === 3 && !isText(bytes, from, from + length)) return undefined
  const host =
    type === 1
      ? v4At(bytes, from)
      : type === 4
        ? v6At(bytes, from)
        : printable(latin1(bytes, from, from + length)).toLowerCase()
  return { host, port: u16(bytes, from + length), end }
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((bytes[i] ?? 0) < 33 || (bytes[i] ?? 0) > 126) return false
  return true
}
