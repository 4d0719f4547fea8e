// Relays HTTP/1.1 request by request, so that each is decided: a connection that was let pass is no open door.
//
// Node's own parser reads both sides: what is ambiguous (two lengths, a space in a header name) is refused there, and
// what goes on is written anew, so that both ends read the same request.

import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { Decision } from '../schema/decision.ts'
import type { ExchangeWatcher } from './api.ts'
import { httpDenial } from './denials.ts'
import { takeSingle } from './http-single.ts'

export interface RequestFacts {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly userAgent: string | undefined
  /** `websocket` and the like. */
  readonly upgrade: string | undefined
}

export interface HttpRelayOptions {
  /** Decrypted, where it was TLS. */
  readonly client: Duplex
  /** The connection that was dialled for the first request. */
  readonly upstream: Duplex
  /** A further one to the same host, when the server closed the first; vetted again. */
  readonly redial: () => Promise<Duplex>
  readonly decide: (request: RequestFacts) => Decision
  /** Each request, when it was answered or refused. */
  readonly onRequest: (request: RequestFacts, decision: Decision, status: number | undefined) => void
  /** A request that became a connection of its own: both ends, after the answer, and what it is inside of. */
  readonly onUpgrade: (client: Duplex, upstream: Duplex, layers: readonly string[]) => void
  readonly onClose: () => void
  /** Looks on, where somebody wants to. */
  readonly watch?: (request: RequestFacts) => ExchangeWatcher | undefined
  /** Asked before bytes of a request go out; false ends the connection. */
  readonly spend: (bytes: number) => boolean
}

const headerBytesMax = 65_536
const headersMs = 60_000
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** One parser for all connections of a gateway. */
export function startHttpRelay(): { take(options: HttpRelayOptions): void; close(): void } {
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersMs,
    requestTimeout: 0,
    keepAliveTimeout: 0,
  })
  const taken = new WeakMap<Duplex, Taken>()
  const agent = lineAgent()
  server.on('request', (request, response) => {
    const options = taken.get(request.socket)
    if (options) passOn(request, response, options)
    else response.destroy()
  })
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('upgrade', (request, socket, head) => {
    const options = taken.get(socket)
    if (options) passUpgrade(request, socket, head, options)
    else socket.destroy()
  })
  server.on('connect', (request, socket, head) => {
    const options = taken.get(socket)
    if (options) passUpgrade(request, socket, head, options)
    else socket.destroy()
  })
  server.on('clientError', (_, socket) => socket.end(`HTTP/1.1 400 Bad Request\r\n${nothing}`))
  return {
    take(options) {
      if (takeSingle(options)) return
      const line = lineOver(options)
      taken.set(options.client, { ...options, agent, line })
      options.client.once('close', () => {
        line.close()
        options.upstream.destroy()
        options.onClose()
      })
      server.emit('connection', options.client)
      // It was paused while its first bytes were held; a listener alone does not start it again.
      options.client.resume()
    },
    close: () => server.closeAllConnections(),
  }
}

const nothing = 'Content-Length: 0\r\nConnection: close\r\n\r\n'

/** The way to the server of one connection: the socket that is there, and others when the server closed it between two requests. */
interface Line {
  /** Undefined: it comes by `done`. */
  connect(done: (error: Error | null, socket?: Duplex) => void): Duplex | undefined
  close(): void
}

function lineOver({ upstream, redial }: HttpRelayOptions): Line {
  let first: Duplex | undefined = upstream
  let closed = false
  const further = new Set<Duplex>()
  return {
    connect(done) {
      if (closed) {
        done(new Error('its client is gone'))
        return undefined
      }
      const made = first
      first = undefined
      if (made && !made.destroyed) return made
      redial().then(
        (socket) => {
          if (closed) socket.destroy()
          else further.add(socket.once('close', () => further.delete(socket)))
          done(null, socket)
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
      return undefined
    },
    close() {
      closed = true
      for (const socket of further) socket.destroy()
    },
  }
}

/** One agent for all lines: making one costs more than all else that a request does. Each line has one socket at a time. */
function lineAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const names = new WeakMap<Line, string>()
  let count = 0
  // Whom an agent may hand a socket on to, and that it may be given one later: Node knows that, its typings do not.
  const own = agent as unknown as {
    getName(options: { readonly line: Line }): string
    createConnection(
      options: { readonly line: Line },
      done: Parameters<Line['connect']>[0],
    ): Duplex | undefined
  }
  own.getName = ({ line }) => {
    const known = names.get(line) ?? String(++count)
    names.set(line, known)
    return known
  }
  own.createConnection = ({ line }, done) => line.connect(done)
  return agent
}

type Taken = HttpRelayOptions & { readonly agent: Agent; readonly line: Line }

function passOn(request: IncomingMessage, response: ServerResponse, options: Taken): void {
  const { decide, onRequest, spend } = options
  if (isTwofold(request)) {
    onRequest(factsOf(request), twofold, 400)
    response.writeHead(400, { 'Content-Length': 0, Connection: 'close' })
    response.end(() => request.destroy())
    return
  }
  const facts = factsOf(request)
  const decision = decide(facts)
  if (decision.verdict !== 'allow') {
    onRequest(facts, decision, 403)
    refuse(request, response, decision)
    return
  }
  const headers = onward(request.rawHeaders, request)
  const on = httpRequest(requestOptions(options, facts.method, request.url, headers))
  const watcher = options.watch?.(facts)
  if (watcher) on.once('close', watcher.end)
  on.once('response', (answer) => {
    if (watcher) {
      const { 'content-type': type = '', 'content-encoding': encoding = '' } = answer.headers
      watcher.answered(answer.statusCode ?? 0, type, encoding)
      answer.on('data', watcher.answer)
    }
    onRequest(facts, decision, answer.statusCode)
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage ?? '',
      onward(answer.rawHeaders, answer),
    )
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })
  on.once('socket', (socket) => socket.resume())
  on.on('continue', () => response.writeContinue())
  on.once('error', () => {
    if (response.headersSent) {
      response.destroy()
      return
    }
    onRequest(facts, decision, 502)
    response.writeHead(502, { 'Content-Length': 0 }).end()
  })
  response.once('close', () => {
    if (!response.writableFinished) on.destroy()
  })
  if (!spend(headBytes(request))) return
  request.on('data', (chunk: Buffer) => {
    if (!spend(chunk.length)) on.destroy()
    watcher?.request(chunk)
  })
  request.pipe(on)
}

/** `line` is for the agent, which gets all that it does not know handed through. */
function requestOptions(
  { agent, line }: Taken,
  method: string,
  path: string | undefined,
  headers: string[],
): RequestOptions & { readonly line: Line } {
  return { agent, line, method, path, headers, setHost: false }
}

/** What a request's head weighs, names in paths and headers included. */
function headBytes({ rawHeaders, url = '' }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, url.length + 16)
}

function passUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: Taken): void {
  const { decide, onRequest } = options
  if (isTwofold(request)) {
    onRequest(factsOf(request), twofold, 400)
    socket.end(`HTTP/1.1 400 Bad Request\r\n${nothing}`)
    return
  }
  const facts = factsOf(request)
  const decision = decide(facts)
  if (decision.verdict !== 'allow') {
    onRequest(facts, decision, 403)
    socket.end(httpDenial(decision))
    return
  }
  // HTTP/2 in the open would be a connection of many requests, none of which is decided: its server answers without it.
  const headers = /\bh2c\b/.test(facts.upgrade ?? '')
    ? onward(request.rawHeaders, request)
    : [...request.rawHeaders]
  const on = httpRequest(requestOptions(options, facts.method, request.url, headers))
  const answerHead = (answer: IncomingMessage) =>
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${rawText(answer.rawHeaders)}\r\n`
  on.once('socket', (socket) => socket.resume())
  const become = (answer: IncomingMessage, upstream: Duplex, upstreamHead: Buffer) => {
    onRequest(facts, decision, answer.statusCode)
    socket.write(answerHead(answer))
    if (head.length > 0) socket.unshift(head)
    if (upstreamHead.length > 0) upstream.unshift(upstreamHead)
    options.onUpgrade(socket, upstream, facts.upgrade === 'websocket' ? ['http', 'websocket'] : ['http'])
  }
  on.once('upgrade', become)
  // A proxy beyond ours: what it answered with anything but 2xx is a response like another.
  on.once('connect', (answer: IncomingMessage, upstream: Duplex, upstreamHead: Buffer) => {
    become(answer, upstream, upstreamHead)
    if (answer.statusCode !== 200) socket.end()
  })
  on.once('response', (answer) => {
    onRequest(facts, decision, answer.statusCode)
    socket.write(answerHead(answer))
    answer.pipe(socket)
  })
  on.once('error', () => socket.destroy())
  on.end()
}

/**
 * What one server reads in one way and another in another: two hosts, or a `Connection` that takes away what the request
 * is read by. Nothing honest sends it.
 */
function isTwofold({ rawHeaders, headers, url = '' }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length
  const target = absoluteTarget.exec(url)?.[1]
  return (
    hosts > 1 ||
    (target !== undefined && bare(headers.host ?? '') !== bare(target)) ||
    /(?:^|[\s,])(?:host|content-length)(?:$|[\s,])/i.test(headers.connection ?? '')
  )
}

function bare(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, '')
}

const twofold = {
  verdict: 'deny',
  code: 'protocol',
  rule: 'built-in: requests',
  reason: 'the request can be read in two ways',
} as const satisfies Decision

const absoluteTarget = /^https?:\/\/([^/?#]*)(.*)$/i

function factsOf(request: IncomingMessage): RequestFacts {
  const { method = '', url = '', headers } = request
  const absolute = absoluteTarget.exec(url)
  return {
    method,
    path: absolute ? absolute[2] || '/' : url,
    // The target's is what the server must go by (RFC 9112, 3.2.2); a header that says otherwise was refused.
    host: absolute?.[1] ?? headers.host,
    userAgent: headers['user-agent'],
    upgrade: headers.upgrade?.toLowerCase(),
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, decision: Decision): void {
  const denial = httpDenial(decision)
  const body = denial.slice(denial.indexOf('\r\n\r\n') + 4)
  // The rest of a body that nobody wants is not read.
  response.writeHead(403, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
    'X-Vigiles-Denied': decision.code,
  })
  response.end(body, () => request.destroy())
}

/** Headers as they came, in their order, without those that belong to one hop; the body's framing is Node's to write. */
function onward(raw: readonly string[], message: IncomingMessage): string[] {
  const named = new Set((message.headers.connection ?? '').toLowerCase().split(/\s*,\s*/))
  const chunked = message.headers['transfer-encoding'] !== undefined
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const header = (raw[i] ?? '').toLowerCase()
    if (hopByHop.has(header) || named.has(header)) continue
    kept.push(raw[i] ?? '', raw[i + 1] ?? '')
  }
  if (chunked) kept.push('Transfer-Encoding', 'chunked')
  return kept
}

function rawText(raw: readonly string[]): string {
  let text = ''
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`
  return text
}
