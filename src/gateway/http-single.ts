// The commonest request of programs that know nothing of connections: a GET without a body that asks for its connection to
// be closed. It is plain enough to be read here, goes on as it came, and nothing that its client sends behind it does.
//
// Anything that two readers could read differently, and whatever asks for more, is left to Node's own parser.

import type { Duplex } from 'node:stream'
import { httpDenial } from './denials.ts'
import type { HttpRelayOptions, RequestFacts } from './http-relay.ts'
import { resetStream } from './relay.ts'

const headBytesMax = 8_192
const headersMax = 64
/** Of an answer, what is looked at for its status. */
const answerBytesMax = 4_096

/** Takes over a connection that has sent such a request and nothing else; false when it has not. */
export function takeSingle(options: HttpRelayOptions): boolean {
  const { client, upstream } = options
  if (upstream.destroyed || !upstream.writable) return false
  const head: unknown = client.read()
  if (!(head instanceof Uint8Array)) return false
  const request = readSingle(head)
  // Who looks on is handed answers by the other way.
  if (!request || options.watch?.(request)) {
    client.unshift(head)
    return false
  }
  const decision = options.decide(request)
  client.on('error', () => {})
  client.once('close', () => {
    upstream.destroy()
    options.onClose()
  })
  // Read, so that its end is seen, and kept from going on.
  client.resume()
  if (decision.verdict !== 'allow') {
    options.onRequest(request, decision, 403)
    finish(client, httpDenial(decision))
    return true
  }
  if (!options.spend(head.length)) return true
  let answered = false
  const answer = (status: number | undefined) => {
    if (!answered) options.onRequest(request, decision, status)
    answered = true
  }
  upstream.on('data', (chunk: Uint8Array) => {
    if (!answered) answer(statusOf(chunk))
    if (!client.write(chunk)) upstream.pause()
  })
  client.on('drain', () => upstream.resume())
  upstream.once('end', () => {
    if (!answered) return
    upstream.end()
    finish(client)
  })
  upstream.on('error', () => {})
  upstream.once('close', () => {
    if (answered) {
      // Cut off on one side, cut off on the other.
      if (!client.writableEnded) resetStream(client)
      return
    }
    answer(502)
    finish(client, 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
  upstream.once('end', () => {
    if (!answered) upstream.destroy()
  })
  upstream.write(head)
  upstream.resume()
  return true
}

/** Nothing comes after it. */
function finish(client: Duplex, text = ''): void {
  if (client.destroyed || client.writableEnded) return
  client.end(text, () => client.destroy())
}

const requestLine = /^GET (\/[\x21-\x7e]*) HTTP\/1\.1$/
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*)$/
/** Of these there is one at most, and its value is kept. */
const kept: ReadonlySet<string> = new Set(['host', 'connection', 'user-agent'])
/** What speaks of a body, of this hop, or of more than one request. */
const otherwise =
  /^(?:content-length|transfer-encoding|trailer|te|upgrade|expect|keep-alive|http2-settings|proxy-.*)$/

/** The whole head of such a request and nothing behind it; undefined for all else. */
export function readSingle(bytes: Uint8Array): RequestFacts | undefined {
  if (bytes.length > headBytesMax || bytes[0] !== 0x47 /* G */) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 || end + 4 !== text.length) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const path = requestLine.exec(first)?.[1]
  if (path === undefined || lines.length > headersMax) return undefined
  const found = new Map<string, string>()
  for (const line of lines) {
    const [, written = '', value = ''] = headerLine.exec(line) ?? []
    const name = written.toLowerCase()
    if (name === '' || otherwise.test(name)) return undefined
    if (!kept.has(name)) continue
    if (found.has(name)) return undefined
    found.set(name, value.trimEnd())
  }
  if (found.get('connection')?.toLowerCase() !== 'close') return undefined
  const host = found.get('host')
  if (host === undefined || host === '') return undefined
  return { method: 'GET', path, host, userAgent: found.get('user-agent'), upgrade: undefined }
}

/** Of the first answer that is one, not of what is said before it (100 Continue, 103 Early Hints). */
function statusOf(chunk: Uint8Array): number | undefined {
  const bytes = chunk.subarray(0, answerBytesMax)
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  for (;;) {
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?:[ \r]|$)/.exec(text)?.[1])
    if (!Number.isInteger(status)) return undefined
    if (status >= 200 || status === 101) return status
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return status
    text = text.slice(end + 4)
  }
}
