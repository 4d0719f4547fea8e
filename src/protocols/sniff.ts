// From the first bytes of a connection's two directions: what it is, what it carries, and the names in it.

import { findText, hasText, u32 } from './bytes.ts'
import { isHttp2Preface, readFurtherPaths, readHttpRequest, readHttpResponse } from './http.ts'
import { readSocks } from './socks.ts'
import { findSshBanner, readGreetedSshBanner, readSshBanner, sshRole } from './ssh.ts'
import { type Mining, mayBeStratumV2, readStratum } from './stratum.ts'
import { isTlsRecord, readClientHello, readServerHello } from './tls.ts'
import { readWebSocketData } from './websocket.ts'

export interface Observed {
  /** Protocols found, outermost first: `['socks', 'tls']`. Empty when nothing was recognised. */
  layers: string[]
  sni?: string
  alpn?: readonly string[]
  tlsVersion?: string
  /** Encrypted Client Hello was offered: `sni` is only the outer name. */
  ech?: boolean
  httpHost?: string
  http?: { method?: string; path?: string; userAgent?: string; status?: number; morePaths?: string[] }
  ssh?: { client?: string; server?: string }
  /** Who plays the SSH client: anything but the initiator is a role reversal. */
  sshClient?: 'initiator' | 'responder'
  /** What a proxy was asked to reach. */
  target?: { host: string; port: number }
  /** WebSocket subprotocol, e.g. `chisel-v3`. */
  webSocketProtocol?: string
  mining?: Mining
  possible?: 'stratum-v2'
}

/** Proxies within proxies are followed this deep. */
const depthMax = 4

/**
 * Reads the beginnings of both directions; either may be empty or cut anywhere. A few KiB each are enough.
 * `client` is what the initiator of the TCP connection sent.
 */
export function sniff(client: Uint8Array, server: Uint8Array): Observed {
  const seen: Observed = { layers: [] }
  layer(client, server, seen, 0)
  return seen
}

function layer(client: Uint8Array, server: Uint8Array, seen: Observed, depth: number): void {
  if (depth >= depthMax || (client.length === 0 && server.length === 0)) return
  if (tls(client, server, seen)) return
  if (http(client, server, seen, depth)) return
  if (ssh(client, server, seen)) return
  const socks = readSocks(client, server)
  if (socks) {
    seen.layers.push('socks')
    seen.target ??= { host: socks.host, port: socks.port }
    layer(client.subarray(socks.clientAt), server.subarray(socks.serverAt), seen, depth + 1)
    return
  }
  if (mining(client, server, seen)) return
  const name = otherProtocol(client) ?? otherProtocol(server)
  if (name) seen.layers.push(name)
  else if (mayBeStratumV2(client)) seen.possible = 'stratum-v2'
  else if (depth > 0) carriedSsh(client, server, seen)
}

function ssh(client: Uint8Array, server: Uint8Array, seen: Observed): boolean {
  const fromInitiator = readSshBanner(client)
  // Lines before it could be anyone's text: they need a client that speaks SSH.
  const fromResponder = fromInitiator ? readGreetedSshBanner(server) : readSshBanner(server)
  if (!fromInitiator && !fromResponder) return false
  seen.layers.push('ssh')
  const roles = [
    fromInitiator && sshRole(client, fromInitiator.end),
    fromResponder && sshRole(server, fromResponder.end),
  ]
  const reversed = roles[0] === 'server' || roles[1] === 'client'
  if (reversed || roles[0] === 'client' || roles[1] === 'server') {
    seen.sshClient = reversed ? 'responder' : 'initiator'
  }
  const [clientBanner, serverBanner] = reversed
    ? [fromResponder, fromInitiator]
    : [fromInitiator, fromResponder]
  seen.ssh = {
    ...(clientBanner && { client: clientBanner.text }),
    ...(serverBanner && { server: serverBanner.text }),
  }
  return true
}

function tls(client: Uint8Array, server: Uint8Array, seen: Observed): boolean {
  const hello = readClientHello(client)
  const reply = readServerHello(server)
  if (!hello && !reply && !(isTlsRecord(client) && (server.length === 0 || isTlsRecord(server)))) return false
  seen.layers.push('tls')
  if (hello?.sni !== undefined) seen.sni = hello.sni
  if (hello && hello.alpn.length > 0) seen.alpn = hello.alpn
  else if (reply?.alpn !== undefined) seen.alpn = [reply.alpn]
  if (hello?.ech) seen.ech = true
  const version = reply?.version ?? hello?.version
  if (version !== undefined) seen.tlsVersion = version
  return true
}

function http(client: Uint8Array, server: Uint8Array, seen: Observed, depth: number): boolean {
  if (isHttp2Preface(client)) {
    seen.layers.push('http2')
    return true
  }
  const request = readHttpRequest(client)
  const response = readHttpResponse(server)
  if (!request && !response) return false
  // The outer request of a chain of proxies is the one this connection was opened for.
  seen.http ??= {
    ...(request && { method: request.method, path: request.path }),
    ...(request?.userAgent !== undefined && { userAgent: request.userAgent }),
    ...(response && { status: response.status }),
  }
  if (request?.host !== undefined) seen.httpHost ??= request.host
  seen.layers.push('http')
  const carriedClient = request?.bodyAt === undefined ? new Uint8Array(0) : client.subarray(request.bodyAt)
  const carriedServer = response?.bodyAt === undefined ? new Uint8Array(0) : server.subarray(response.bodyAt)
  if (request?.method === 'CONNECT') {
    const target = hostAndPort(request.path)
    if (target) seen.target ??= target
    // An HTTP response that follows a 200 is a second one only if the first was no tunnel.
    layer(carriedClient, carriedServer, seen, depth + 1)
  } else if (request?.upgrade === 'websocket' || response?.upgrade === 'websocket') {
    seen.layers.push('websocket')
    const protocol = response?.webSocketProtocol ?? request?.webSocketProtocols?.[0]
    if (protocol !== undefined) seen.webSocketProtocol = protocol
    layer(readWebSocketData(carriedClient, 0), readWebSocketData(carriedServer, 0), seen, depth + 1)
  } else if (!mining(carriedClient, carriedServer, seen)) {
    const morePaths = request ? readFurtherPaths(client, request) : []
    if (morePaths.length > 0) seen.http.morePaths ??= morePaths
    // `SSH-…` right behind `HTTP/1.1 200` is a tunnel dressed up as HTTP.
    ssh(carriedClient, carriedServer, seen)
  }
  return true
}

function mining(client: Uint8Array, server: Uint8Array, seen: Observed): boolean {
  const found = readStratum(client, server)
  if (!found) return false
  seen.layers.push('stratum')
  seen.mining = found
  return true
}

/** SSH behind a tunnel's own few bytes: within a proxy or WebSocket it need not come first. */
function carriedSsh(client: Uint8Array, server: Uint8Array, seen: Observed): void {
  const fromClient = findSshBanner(client)
  const fromServer = findSshBanner(server)
  if (!fromClient && !fromServer) return
  seen.layers.push('ssh')
  seen.ssh = {
    ...(fromClient && { client: fromClient.text }),
    ...(fromServer && { server: fromServer.text }),
  }
}

/** Protocols told by a magic number alone. */
function otherProtocol(bytes: Uint8Array): string | undefined {
  if (u32(bytes, 0) === 0xf9beb4d9) return 'bitcoin-p2p'
  if (u32(bytes, 0) === 0x01210101 && u32(bytes, 4) === 0x01010101) return 'monero-p2p'
  if (bytes[0] === 19 && hasText(bytes, 'BitTorrent protocol', 1)) return 'bittorrent'
  if (hasText(bytes, 'RFB 00')) return 'vnc'
  if (hasText(bytes, '*') && /^\*\d{1,4}\r\n\$/.test(String.fromCharCode(...bytes.subarray(0, 16))))
    return 'redis'
  if (bytes[0] === 0x10 && findText(bytes, 'MQTT', 2, 16) >= 0) return 'mqtt'
  if (hasText(bytes, '0') && findText(bytes, 'git-upload-pack ', 4, 5) === 4) return 'git'
  if (hasText(bytes, '220 ') || hasText(bytes, '220-')) return 'smtp-or-ftp'
  if (bytes[0] === 3 && bytes[1] === 0 && bytes[4] !== undefined && bytes[5] === 0xe0) return 'rdp'
  return undefined
}

function hostAndPort(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[0-9a-f:.%]{2,64}\]|[^:\s]{1,255}):(\d{1,5})$/i.exec(text)
  if (!match) return undefined
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase(), port: Number(match[2]) }
}
