// Receives agents' spans and log records by OTLP/HTTP, JSON or protocol buffers, and answers when they are in the spool.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { jsonDepthMax, nestsDeeper } from '../../base/json-depth.ts'
import { readOtlp } from '../../protocols/otlp.ts'
import { isLoopback, type ListenAddress, shownAddress } from './listen-address.ts'
import { object } from './records.ts'
import { cannot, type ReceiverTarget } from './syslog-listen.ts'

const requestMs = 30_000
/** Requests that are being read at once. */
const readingMax = 32

export interface OtlpReceiver {
  readonly address: string
  readonly counts: { records: number; bytes: number; dropped: number }
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly why?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Throws OperatorError when the address can't be listened on. */
export async function listenOtlp(
  { host, port }: ListenAddress,
  target: ReceiverTarget,
): Promise<OtlpReceiver> {
  const counts = { records: 0, bytes: 0, dropped: 0 }
  let reading = 0

  async function take(request: IncomingMessage): Promise<Answer> {
    const kind = { '/v1/traces': 'traces', '/v1/logs': 'logs' }[request.url?.split('?', 1)[0] ?? '']
    if (kind !== 'traces' && kind !== 'logs') return { status: 404, why: 'POST /v1/traces or /v1/logs' }
    if (request.method !== 'POST') return { status: 405, why: 'POST only', headers: { allow: 'POST' } }
    // A page in a browser that was led here by a false name must not write.
    if (isLoopback(host) && !isOurName(request.headers.host))
      return { status: 421, why: 'not the name of this machine' }
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'application/json' && type !== 'application/x-protobuf') {
      return { status: 415, why: 'application/json or application/x-protobuf' }
    }
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (encoding !== 'identity' && encoding !== 'gzip') return { status: 415, why: 'gzip or no encoding' }
    if (reading >= readingMax)
      return { status: 503, why: 'too many at once', headers: { 'retry-after': '1' } }
    reading++
    const body = await bodyOf(request, target.limits.bodyBytes).finally(() => {
      reading--
    })
    if (!body) return { status: 413, why: `more than ${target.limits.bodyBytes} bytes` }
    const bytes = encoding === 'gzip' ? unfolded(body, target.limits.bodyBytes) : body
    if (!bytes) return { status: 400, why: 'no gzip, or it unfolds to too much' }
    const read = type === 'application/json' ? jsonLine(kind, bytes) : protobufLine(kind, bytes)
    if (typeof read === 'string') {
      counts.dropped++
      return { status: 400, why: read }
    }
    if (read.records > 0) {
      if (!target.spool.append('otlp/spans.jsonl', [read.line])) {
        counts.dropped += read.records
        target.onProblem('the spool is full of what has not been read yet; senders are told to wait')
        return { status: 503, why: 'no room', headers: { 'retry-after': '30' } }
      }
      counts.records += read.records
      counts.bytes += read.line.length
    }
    return { status: 200, headers: { 'content-type': type } }
  }

  const server = createServer((request, response) => {
    take(request)
      .catch((error: unknown): Answer => {
        target.onProblem(`a request failed: ${error instanceof Error ? error.message : String(error)}`)
        return { status: 503, why: 'it could not be kept', headers: { 'retry-after': '5' } }
      })
      .then((answer) => reply(request, response, answer))
  })
  server.requestTimeout = requestMs
  server.headersTimeout = requestMs
  server.maxConnections = target.limits.connections
  server.on('clientError', (_, socket) => socket.destroy())
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => reject(cannot(host, port, 'TCP', error)))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
  return {
    address: shownAddress(host, bound),
    counts,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** An empty success is `{}` in JSON and nothing at all in protocol buffers; a refusal carries a status message. */
function reply(request: IncomingMessage, response: ServerResponse, { status, why, headers }: Answer): void {
  const json = status !== 200 || headers?.['content-type'] === 'application/json'
  const body =
    status === 200 ? (json ? '{}' : '') : JSON.stringify({ code: grpcCode(status), message: why ?? '' })
  // What is left of a body that is not wanted is not read.
  if (status !== 200) response.setHeader('connection', 'close')
  response.writeHead(status, {
    ...headers,
    ...(status === 200 ? {} : { 'content-type': 'application/json' }),
  })
  response.end(body)
  if (status === 413) request.destroy()
}

function grpcCode(status: number): number {
  return status === 503 ? 14 : status === 404 ? 5 : 3
}

function bodyOf(request: IncomingMessage, max: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    if (Number(request.headers['content-length'] ?? 0) > max) {
      resolve(undefined)
      return
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > max) {
        request.pause()
        resolve(undefined)
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('aborted', () => reject(new Error('the sender went away')))
  })
}

function unfolded(body: Buffer, max: number): Buffer | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: max })
  } catch {
    return undefined
  }
}

type Line = { readonly line: string; readonly records: number } | string

/** As it came, on one line: numbers beyond what a double holds stay as they were written. */
function jsonLine(kind: 'traces' | 'logs', bytes: Uint8Array): Line {
  const text = new TextDecoder('utf-8').decode(bytes)
  if (nestsDeeper(text)) return `nests deeper than ${jsonDepthMax} levels`
  try {
    const records = recordsOf(kind, JSON.parse(text))
    return records === undefined
      ? 'no export request'
      : { line: text.replace(/[\r\n]+/g, ' ').trim(), records }
  } catch {
    return 'not JSON'
  }
}

function protobufLine(kind: 'traces' | 'logs', bytes: Uint8Array): Line {
  const read = readOtlp(kind, bytes)
  const records = read === undefined ? undefined : (recordsOf(kind, read) ?? 0)
  return read === undefined || records === undefined
    ? 'no export request'
    : { line: JSON.stringify(read), records }
}

/** How many spans or log records it holds; undefined when it is none. */
function recordsOf(kind: 'traces' | 'logs', value: unknown): number | undefined {
  const [outer, inner, rows] =
    kind === 'traces' ? ['resourceSpans', 'scopeSpans', 'spans'] : ['resourceLogs', 'scopeLogs', 'logRecords']
  const list = (row: unknown, key: string) => {
    const found = object(row)?.[key]
    return Array.isArray(found) ? (found as unknown[]) : undefined
  }
  const resources = list(value, outer!)
  if (!resources) return undefined
  let records = 0
  for (const resource of resources)
    for (const scope of list(resource, inner!) ?? []) records += list(scope, rows!)?.length ?? 0
  return records
}

function isOurName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d{1,5}$/, '').replace(/^\[|\]$/g, '')
  return name === 'localhost' || isLoopback(name)
}
