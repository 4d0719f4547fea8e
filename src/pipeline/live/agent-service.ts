// The gateway's own address as agents know it: hooks and telemetry are posted here.
//
// Who posts is known from the kernel, as with every connection. What is posted is what the agent's side says.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** Port of OTLP over HTTP (IANA); hooks go the same way. */
export const agentServicePort = 4318

const limits = {
  /** Of a body. What a tool answered stands in it. */
  bytes: 8 * 1024 * 1024,
  /** Of all bodies that are being read. */
  bytesInAll: 64 * 1024 * 1024,
  connections: 256,
  requestMs: 15_000,
  idleMs: 30_000,
} as const

export interface AgentServiceOptions<Caller> {
  /** `name`: the agent that the hook was set up for. Gives what the hook prints. */
  readonly onHook: (name: string, body: unknown, caller: Caller) => object
  /** An export in OTLP/JSON, whatever it came as. */
  readonly onTelemetry: (body: Uint8Array, caller: Caller) => void | Promise<void>
  /** A request that is none of these, or is broken: counted. */
  readonly onRefused: (why: string) => void
}

export interface AgentService<Caller> {
  take(client: Socket, caller: Caller): void
  close(): void
}

export function startAgentService<Caller>(options: AgentServiceOptions<Caller>): AgentService<Caller> {
  const callers = new WeakMap<object, Caller>()
  let connections = 0
  let bytesNow = 0
  /** Little that is sent may become as much as the longest body: one is unzipped and read after the other. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
  const server: Server = createServer({ requestTimeout: limits.requestMs, keepAliveTimeout: limits.idleMs })
  server.on('request', (request, response) => {
    const caller = callers.get(request.socket)
    if (caller === undefined) return void response.destroy()
    answer(request, response, caller).catch(() => response.destroy())
  })
  server.on('clientError', (_, socket) => socket.destroy())

  async function answer(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const refuse = (status: number, why: string) => {
      options.onRefused(why)
      reply(response, status, { error: why })
    }
    const path = (request.url ?? '').split('?')[0] ?? ''
    const hook = /^\/hook\/([a-z]{1,32})$/.exec(path)?.[1]
    const telemetry = /^\/v1\/(logs|traces|metrics)$/.exec(path)?.[1]
    if (request.method !== 'POST' || (hook === undefined && telemetry === undefined))
      return refuse(404, 'nothing is here')
    const type = request.headers['content-type'] ?? ''
    const protobuf = telemetry !== undefined && /^application\/(?:x-)?protobuf\b/.test(type)
    if (telemetry !== undefined && !protobuf && !/\bjson\b/.test(type))
      return refuse(415, 'OTLP is read as JSON or protocol buffers')
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity' && encoding !== 'gzip') return refuse(415, 'no encoding but gzip is read')
    let held = 0
    try {
      const sent = await bodyOf(request, (bytes) => {
        held += bytes
        bytesNow += bytes
        return held <= limits.bytes && bytesNow <= limits.bytesInAll
      })
      const read = async () => {
        const body = sent && encoding === 'gzip' ? await unzipped(sent) : sent
        if (!body) return refuse(413, 'the body is too long, or is not what it says')
        await take(body)
      }
      await (encoding === 'gzip' || telemetry !== undefined ? inTurn(read) : read())
    } finally {
      bytesNow -= held
    }

    async function take(body: Buffer): Promise<void> {
      if (telemetry !== undefined) {
        // Of figures nothing is asked.
        const json = protobuf && telemetry !== 'metrics' ? await jsonOf(telemetry, body) : body
        if (!json) return refuse(400, 'the body is no OTLP')
        if (telemetry !== 'metrics' || !protobuf) await options.onTelemetry(json, caller)
        // An answer without a word is the empty message.
        if (!protobuf) return reply(response, 200, {})
        return void response.writeHead(200, { 'Content-Type': type, 'Content-Length': 0 }).end()
      }
      let value: unknown
      try {
        value = JSON.parse(body.toString('utf8'))
      } catch {
        return refuse(400, 'the hook posted no JSON')
      }
      reply(response, 200, options.onHook(hook ?? '', value, caller))
    }
  }

  return {
    take(client, caller) {
      if (connections >= limits.connections) return void client.destroy()
      connections++
      client.once('close', () => connections--)
      callers.set(client, caller)
      server.emit('connection', client)
      client.resume()
    },
    close: () => server.closeAllConnections(),
  }
}

function reply(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}

async function unzipped(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: limits.bytes })
  } catch {
    return undefined
  }
}

async function jsonOf(kind: string, body: Uint8Array): Promise<Uint8Array | undefined> {
  // Loaded when the first one comes: most runs have none.
  const { readOtlp } = await import('../../protocols/otlp.ts')
  const read = readOtlp(kind === 'logs' ? 'logs' : 'traces', body)
  return read && Buffer.from(JSON.stringify(read))
}

/** Undefined when it is too long, or too much is held at once; `hold` says whether what came may be kept. */
async function bodyOf(
  request: IncomingMessage,
  hold: (bytes: number) => boolean,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let fits = true
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (!fits) continue
    fits = hold(chunk.length)
    if (fits) chunks.push(chunk)
    else chunks.length = 0
  }
  return fits ? Buffer.concat(chunks) : undefined
}
