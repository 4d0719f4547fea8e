// The beginning of HTTP/1 in each direction, and HTTP/2's preface. Bodies are only located.

import { findText, hasText, latin1, printable } from './bytes.ts'

export interface HttpRequest {
  readonly method: string
  /** Path and query; for CONNECT the `host:port` asked for. Cut at `pathChars`. */
  readonly path: string
  /** Lower case, with its port where one was written; from an absolute target before the Host header. */
  readonly host?: string
  readonly userAgent?: string
  /** The Upgrade header, lower case: `websocket`, `h2c`. */
  readonly upgrade?: string
  readonly webSocketProtocols?: readonly string[]
  readonly contentType?: string
  readonly contentLength?: number
  /** Where the body begins; absent when the head is not complete. */
  readonly bodyAt?: number
}

export interface HttpResponse {
  readonly status: number
  readonly server?: string
  readonly upgrade?: string
  readonly webSocketProtocol?: string
  readonly bodyAt?: number
}

const pathChars = 1024
const headBytesMax = 16_384
const headersMax = 100
const furtherPathsMax = 16

const requestLine = /^([A-Z][A-Z_-]{2,19}) ([^\s]{1,8000})(?: (HTTP\/1\.[01])?|$)/
const knownMethods = new Set([
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'MKCOL',
  'SUBSCRIBE',
  'NOTIFY',
])

/** HTTP/2 with prior knowledge, RFC 9113 3.4. */
export function isHttp2Preface(bytes: Uint8Array): boolean {
  return hasText(bytes, 'PRI * HTTP/2.0\r\n')
}

/** The request a stream begins with. A head cut short gives what was read. */
export function readHttpRequest(bytes: Uint8Array): HttpRequest | undefined {
  const first = bytes[0] ?? 0
  if (first < 65 || first > 90) return undefined
  const { lines, bodyAt } = headLines(bytes)
  const match = requestLine.exec(lines[0] ?? '')
  if (!match) return undefined
  const [, method = '', target = '', version] = match
  // Without the version in sight (cut, HTTP/0.9) only a method nobody mistakes will do.
  if (version === undefined && !(knownMethods.has(method) && /^[/h]/.test(target))) return undefined
  const headers = readHeaders(lines)
  const absolute = /^[a-z][a-z0-9+.-]{1,10}:\/\/(?:[^/?#@]{0,1000}@)?([^/?#]{1,255})(.*)$/i.exec(target)
  const host = method === 'CONNECT' ? target : (absolute?.[1] ?? headers.get('host'))
  const path = absolute ? absolute[2] || '/' : target
  return {
    method,
    path: printable(path, pathChars),
    ...(host && { host: printable(host).toLowerCase() }),
    ...optional('userAgent', headers.get('user-agent')),
    ...optional('upgrade', headers.get('upgrade')?.toLowerCase()),
    ...optional('contentType', headers.get('content-type')?.toLowerCase()),
    ...(/^\d{1,9}$/.test(headers.get('content-length') ?? '') && {
      contentLength: Number(headers.get('content-length')),
    }),
    ...(headers.has('sec-websocket-protocol') && {
      webSocketProtocols: listOf(headers.get('sec-websocket-protocol') ?? ''),
    }),
    ...(bodyAt !== undefined && { bodyAt }),
  }
}

/** The paths of the requests that follow the first one on a connection kept open; at most 16. */
export function readFurtherPaths(bytes: Uint8Array, first: HttpRequest): string[] {
  const paths: string[] = []
  let request: HttpRequest | undefined = first
  for (let rest = bytes; paths.length < furtherPathsMax; ) {
    if (request.bodyAt === undefined) break
    rest = rest.subarray(request.bodyAt + (request.contentLength ?? 0))
    request = readHttpRequest(rest)
    if (!request) break
    paths.push(request.path)
  }
  return paths
}

/** The response a stream begins with. */
export function readHttpResponse(bytes: Uint8Array): HttpResponse | undefined {
  if (!hasText(bytes, 'HTTP/1.')) return undefined
  const { lines, bodyAt } = headLines(bytes)
  const match = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0] ?? '')
  if (!match) return undefined
  const headers = readHeaders(lines)
  return {
    status: Number(match[1]),
    ...optional('server', headers.get('server')),
    ...optional('upgrade', headers.get('upgrade')?.toLowerCase()),
    ...optional('webSocketProtocol', headers.get('sec-websocket-protocol')),
    ...(bodyAt !== undefined && { bodyAt }),
  }
}

function headLines(bytes: Uint8Array): { lines: string[]; bodyAt: number | undefined } {
  const limit = Math.min(bytes.length, headBytesMax)
  let end = findText(bytes, '\r\n\r\n', 0, limit)
  let bodyAt: number | undefined = end + 4
  if (end < 0) {
    end = findText(bytes, '\n\n', 0, limit)
    bodyAt = end + 2
  }
  if (end < 0) bodyAt = undefined
  const lines = latin1(bytes, 0, end < 0 ? limit : end)
    .split('\n', headersMax)
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  return { lines, bodyAt }
}

/** The first of each name counts: a second Host is how requests are smuggled. */
function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':')
    if (colon < 1 || colon > 64) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}

function listOf(value: string): string[] {
  return value
    .split(',', 16)
    .map((part) => printable(part.trim(), 64))
    .filter((part) => part !== '')
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  const entry: { [P in K]?: string } = {}
  if (value !== undefined && value !== '') entry[key] = printable(value)
  return entry
}
