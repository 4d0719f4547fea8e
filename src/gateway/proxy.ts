// The explicit proxies: HTTP (CONNECT and absolute targets), SOCKS 4a and 5, all on any port of the gateway's address.
//
// Who asks is known from the socket, as everywhere: user names, passwords and headers of a proxy say nothing.

import type { Socket } from 'node:net'
import { readHttpRequest } from '../protocols/http.ts'
import { readSocks } from '../protocols/socks.ts'
import type { Decision } from '../schema/decision.ts'
import { httpDenial } from './denials.ts'

export interface ProxyRequest {
  readonly host: string
  readonly port: number
  /** Says yes; the bytes that follow are the connection's own. */
  grant(): void
  /** Says no, and why where the protocol has words for it. */
  deny(decision: Decision): void
  /** Says that the host could not be reached. */
  fail(): void
}

const requestBytesMax = 65_536
const requestMs = 30_000
const leaveMs = 5_000
const noBytes = new Uint8Array(0)

/** Reads what the client wants. Undefined when it is no request that a proxy knows; the client is then gone. */
export function readProxyRequest(client: Socket): Promise<ProxyRequest | undefined> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0)
    let greeted = false
    const finish = (request: ProxyRequest | undefined, rest: Uint8Array) => {
      clearTimeout(timer)
      client.off('data', onData)
      client.off('close', onClose)
      client.off('end', onClose)
      client.pause()
      if (rest.length > 0) client.unshift(rest)
      if (!request) client.destroy()
      resolve(request)
    }
    const onClose = () => finish(undefined, noBytes)
    const timer = setTimeout(onClose, requestMs)
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length > requestBytesMax) return finish(undefined, noBytes)
      if (bytes[0] === 5 && !greeted) {
        const count = bytes[1]
        if (count === undefined || bytes.length < 2 + count) return
        const methods = bytes.subarray(2, 2 + count)
        // No authentication is wanted; a client that insists on a password may send any.
        const method = methods.includes(0) ? 0 : methods.includes(2) ? 2 : 0xff
        client.write(Uint8Array.of(5, method))
        if (method === 0xff) return finish(undefined, noBytes)
        greeted = true
      }
      const read = bytes[0] === 4 || bytes[0] === 5 ? socksRequest(client, bytes) : httpRequest(client, bytes)
      if (read === 'more') return
      finish(read?.request, read?.rest ?? noBytes)
    }
    client.on('data', onData)
    client.once('close', onClose)
    client.once('end', onClose)
    client.resume()
  })
}

type Read = { readonly request: ProxyRequest; readonly rest: Uint8Array } | undefined | 'more'

function socksRequest(client: Socket, bytes: Buffer): Read {
  let odd: ReturnType<typeof oddName>
  if (bytes[0] === 5) {
    const greeting = 2 + (bytes[1] ?? 0)
    const password = !bytes.subarray(2, greeting).includes(0)
    let at = greeting
    if (password) {
      if (bytes[at] === undefined) return 'more'
      const userLength = bytes[at + 1] ?? 0
      const end = at + 3 + userLength + (bytes[at + 2 + userLength] ?? Number.POSITIVE_INFINITY)
      if (bytes.length < end) return 'more'
      if (!answered.has(client)) client.write(Uint8Array.of(1, 0))
      answered.add(client)
      at = end
    }
    const length = socks5Length(bytes.subarray(at))
    if (length === undefined || bytes.length < at + length) return 'more'
    odd = oddName(bytes.subarray(at))
  }
  const request = readSocks(bytes, noBytes) ?? odd
  if (!request) return bytes[0] === 4 && bytes.length < 600 && bytes.indexOf(0, 8) < 0 ? 'more' : undefined
  const reply = (code: 'granted' | 'denied' | 'failed') => {
    const five = { granted: 0, denied: 2, failed: 5 }[code]
    const four = code === 'granted' ? 0x5a : 0x5b
    client.write(
      request.version === '5'
        ? Uint8Array.of(5, five, 0, 1, 0, 0, 0, 0, 0, 0)
        : Uint8Array.of(0, four, 0, 0, 0, 0, 0, 0),
    )
    if (code !== 'granted') leave(client)
  }
  if (request.command !== 'connect') {
    reply('failed')
    return undefined
  }
  return {
    request: {
      host: request.host,
      port: request.port,
      grant: () => reply('granted'),
      deny: () => reply('denied'),
      fail: () => reply('failed'),
    },
    rest: bytes.subarray(request.clientAt),
  }
}

/** Last words; then it is gone, whether the client hangs up or not. */
function leave(client: Socket, words = ''): void {
  client.resume()
  client.setTimeout(leaveMs, () => client.destroy())
  client.end(words)
}

/** Clients whose password was answered. */
const answered = new WeakSet<Socket>()

/** A name with bytes that no name has: said as it is, for the policy to refuse and the record to show. */
function oddName(bytes: Buffer) {
  if (bytes[1] !== 1 || bytes[3] !== 3) return undefined
  const end = 5 + (bytes[4] ?? 0)
  const host = bytes.toString('latin1', 5, end)
  return {
    version: '5',
    command: 'connect',
    host,
    port: bytes.readUInt16BE(end),
    clientAt: bytes.length,
  } as const
}

/** Bytes of `05 CMD 00 ATYP ADDRESS PORT`; undefined when not even that can be told. */
function socks5Length(bytes: Uint8Array): number | undefined {
  if (bytes.length < 5) return undefined
  const kind = bytes[3]
  return kind === 1 ? 10 : kind === 4 ? 22 : kind === 3 ? 7 + (bytes[4] ?? 0) : 5
}

function httpRequest(client: Socket, bytes: Buffer): Read {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0)
    return /^[A-Z]{1,20}(?: |$)/.test(bytes.subarray(0, 21).toString('latin1')) ? 'more' : undefined
  const head = bytes.subarray(0, end).toString('latin1')
  const request = readHttpRequest(bytes)
  if (!request) return undefined
  const connect = request.method === 'CONNECT'
  const target =
    /^[A-Z]+ (?:http:\/\/)?(?:[^/\s@]*@)?(\[[^\]\s]*\]|[^/:\s]*)(?::(\d{1,5}))?(\S*) HTTP\/1\.[01]/.exec(head)
  if (!target || (!connect && !/^[A-Z]+ http:\/\//.test(head))) {
    client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return undefined
  }
  const [, host = '', port, path = ''] = target
  const rest = bytes.subarray(end + 4)
  const read: ProxyRequest = {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? 80 : Number(port),
    grant: () => void (connect && client.write('HTTP/1.1 200 Connection Established\r\n\r\n')),
    deny: (decision) => leave(client, httpDenial(decision)),
    fail: () => leave(client, 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  }
  return { request: read, rest: connect ? rest : Buffer.concat([originForm(head, path || '/'), rest]) }
}

/** The request as the server itself wants it; one for each connection, as the next may be for another host. */
function originForm(head: string, path: string): Buffer {
  const [first = '', ...headers] = head.split('\r\n')
  const method = first.slice(0, first.indexOf(' '))
  const kept = headers.filter((line) => !/^(?:proxy-|connection:|keep-alive:)/i.test(line))
  const target = path.startsWith('/') ? path : `/${path}`
  return Buffer.from(
    [`${method} ${target} HTTP/1.1`, ...kept, 'Connection: close', '', ''].join('\r\n'),
    'latin1',
  )
}
