// `vigiles serve` as a process of its own, and requests to it byte for byte as an attacker would write them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface ServerProcess {
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly operator: string
  readonly reader: string
  readonly pid: number
  /** Everything it printed so far. */
  readonly printed: () => { readonly out: string; readonly err: string }
  stop(): Promise<number | null>
}

export interface Ended {
  readonly code: number | null
  readonly err: string
}

/** Starts it with state and cache in `folder`; what ends before it prints a URL gives how it ended. */
export async function startServer(folder: string, args: readonly string[]): Promise<ServerProcess | Ended> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), cli, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      XDG_STATE_HOME: join(folder, 'xdg-state'),
      XDG_CACHE_HOME: join(folder, 'xdg-cache'),
    },
  })
  let out = ''
  let err = ''
  const ended = once(child, 'exit')
  const printed = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      out += chunk
      if (out.includes('only to look') || (args.includes('--read-only') && out.includes('\n'))) resolve()
    })
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const tooLate = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await Promise.race([printed, ended])
  clearTimeout(tooLate)
  if (child.exitCode !== null || child.signalCode !== null) return { code: child.exitCode, err }
  const urls = out.split('\n').map((line) => line.replace(/ {2}\(only to look\)$/, ''))
  const url = new URL(urls[0] ?? '')
  return {
    origin: url.origin,
    host: url.host,
    port: Number(url.port),
    operator: url.searchParams.get('token') ?? '',
    reader: urls[1] ? (new URL(urls[1]).searchParams.get('token') ?? '') : '',
    pid: child.pid ?? 0,
    printed: () => ({ out, err }),
    async stop() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000)
      const [code] = await ended
      clearTimeout(hard)
      return code
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Asked {
  readonly method?: string
  /** As it goes over the wire: nothing is normalised. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request with just these headers. Rejects when the connection is cut. */
export function send(origin: string, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin)
  const request = protocol === 'https:' ? httpsRequest : httpRequest
  // Said always: some methods would send a body without its length.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: hostname,
        port,
        method,
        path,
        headers: { ...length, ...headers },
        rejectUnauthorized: false,
        agent: false,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Bytes as they are; what came back until the other side closed, or `ms` went by. */
export function sendRaw(port: number, bytes: string, ms: number): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const end = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed })
    }
    const timer = setTimeout(() => end(false), ms)
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => end(true))
    socket.on('close', () => end(true))
  })
}
