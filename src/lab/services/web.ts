// What the range's web hosts answer: a registry, documents, an API, a cloud, and Git over HTTP.

import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import { archiveOf, packageDocument } from './packages.ts'

export interface Tls {
  readonly key: string
  readonly cert: string
}

export function serveWeb(ip: string, port: number, answer: RequestListener, tls?: Tls): void {
  const server = tls ? createTlsServer(tls, answer) : createServer(answer)
  server.on('error', (error) => console.error(`${ip}:${port} ${error.message}`))
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(port, ip)
}

/** Packages as npm asks for them; whatever name is asked for exists. */
export function registry(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const path = (request.url ?? '/').slice(1)
  if (path.endsWith('.tgz')) {
    response.setHeader('content-type', 'application/octet-stream')
    response.end(archiveOf(path.split('/')[0]!))
    return
  }
  response.setHeader('content-type', 'application/json')
  // Advisories: none.
  if (path.startsWith('-/')) return void response.end('{}')
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http'
  response.end(packageDocument(path.split('/')[0] || 'index', `${scheme}://${request.headers.host}`))
}

export function documents(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.setHeader('content-type', 'text/html')
  response.end(`<!doctype html><title>Guide</title>${'<p>Read the manual.</p>'.repeat(60)}`)
}

export function api(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    response.statusCode = request.url?.includes('/missing') ? 404 : 200
    response.end(JSON.stringify({ ok: response.statusCode === 200, path: request.url }))
  })
}

/** RunInstances and DescribeInstances, as far as a client that does not look closely would notice. */
export function cloud(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  request.on('data', (data: Buffer) => {
    if (body.length < 65_536) body += data.toString()
  })
  request.on('end', () => {
    const asked = `${request.url} ${body}`
    response.setHeader('content-type', 'application/json')
    const ids = asked.includes('RunInstances') ? ['i-0f3a51c2', 'i-0f3a51c3'] : []
    response.end(
      JSON.stringify({
        RequestId: 'B0A1C2D3-0000-4000-8000-00000000EC5A',
        InstanceIdSets: { InstanceIdSet: ids },
      }),
    )
  })
}

/** An instance metadata service; what it hands out opens nothing. */
export function metadata(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const path = request.url ?? '/'
  if (/credentials\/[\w-]+$/.test(path)) {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        AccessKeyId: 'RANGE-KEY-OPENS-NOTHING',
        AccessKeySecret: 'none',
        SecurityToken: 'none',
        Code: 'Success',
      }),
    )
  } else response.end(path.endsWith('credentials/') ? 'training-worker' : 'ram/\ninstance-id\nregion-id\n')
}

/** Git's own CGI program behind HTTP. */
export function git(root: string, backend: string): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://git.example')
    const child = spawn(backend, [], {
      env: {
        PATH: process.env.PATH ?? '',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        REQUEST_METHOD: request.method ?? 'GET',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: request.socket.remoteAddress ?? '',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.on('error', () => response.writeHead(500).end())
    child.stdin.on('error', () => {})
    request.pipe(child.stdin)
    let head: Buffer | undefined = Buffer.alloc(0)
    child.stdout.on('data', (data: Buffer) => {
      if (!head) return void response.write(data)
      head = Buffer.concat([head, data])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      for (const line of head.subarray(0, end).toString().split('\r\n')) {
        const colon = line.indexOf(':')
        const [key, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
        if (key === 'Status') response.statusCode = Number(value.slice(0, 3))
        else response.setHeader(key, value)
      }
      const rest = head.subarray(end + 4)
      head = undefined
      response.write(rest)
    })
    child.stdout.on('end', () => response.end())
  }
}
