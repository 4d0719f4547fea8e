// Puts the watch room together and listens.

import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { OperatorError } from '../base/errors.ts'
import type { FollowOptions, PageRule } from '../pipeline/follow/api.ts'
import { endReaders } from '../store/cases/readers.ts'
import { createApp } from './app.ts'
import { newTokens, Sessions } from './auth.ts'
import { FollowedStream, tellPages } from './follow/followed-stream.ts'
import { pageForRuns } from './follow/page-for-runs.ts'
import { KnownHosts } from './guard.ts'
import { Hub } from './hub.ts'
import { LiveRuns } from './live/live-runs.ts'
import { Sources } from './sources.ts'
import { StaticFiles } from './static-files.ts'
import { closeQueries } from './views/query.ts'

export interface ServeOptions {
  /** Cases, recordings, or folders of them. */
  readonly paths: readonly string[]
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  /** Another address than loopback without TLS. */
  readonly insecure: boolean
  /** Further names by which it may be asked. */
  readonly allowHosts: readonly string[]
  /** Nobody may act, only look. */
  readonly readOnly: boolean
  /** `…/vigiles` of the state and of the cache folder. */
  readonly stateFolder: string
  readonly cacheFolder: string
  /** Logs and traces of somebody else that grow. */
  readonly follow?: Pick<FollowOptions, 'paths' | 'syslog' | 'otlp' | 'topology' | 'zones' | 'controls'>
  /** When to call somebody, for what is followed and for live runs. */
  readonly page?: readonly PageRule[]
  readonly report: (error: unknown) => void
}

export interface Serving {
  /** With the token of whoever may act, or may look when it is read-only. */
  readonly url: string
  /** With the token of whoever may only look. */
  readonly readerUrl: string
  /** Where alarms and spans are received, in words; empty when nothing is. */
  readonly listening: readonly string[]
  close(): Promise<void>
}

/** Starts the server. Throws OperatorError for addresses and files that won't do. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host, port, tls, stateFolder, cacheFolder } = options
  if (!isLoopback(host) && !tls && !options.insecure) {
    throw new OperatorError('usage', {
      what: `--host ${host} is not a loopback address, and there is no TLS.`,
      why: 'The token and everything that is shown would cross the network in the clear.',
      fix: 'Give --tls-cert FILE --tls-key FILE, or --insecure where the network itself is protected (a tunnel, a proxy with TLS).',
    })
  }
  const files = StaticFiles.read(fileURLToPath(new URL('../../dist/ui', import.meta.url)))
  const sources = new Sources({ paths: options.paths, runs: join(stateFolder, 'runs'), cache: cacheFolder })
  const hub = new Hub()
  const pager = options.page && pageForRuns(options.page, (page) => reportPage(page, options.report))
  const live = new LiveRuns({
    sources,
    hub,
    report: options.report,
    ...(pager && { onFinding: pager.onFinding }),
  })
  const stream = options.follow && (await followed(options.follow, options, hub))
  if (stream) sources.add(stream)
  let listener: ReturnType<typeof getRequestListener> | undefined
  const server = openServer(tls, (request, response) => void listener?.(request, response))
  server.requestTimeout = 60_000
  server.headersTimeout = 10_000
  server.maxConnections = 500
  // Whoever takes nothing of an answer for so long has gone, or wants to hold us up.
  server.setTimeout(60_000, (socket) => {
    if (socket.writableLength > 0) socket.destroy()
  })
  const bound = await listen(server, host, port)
  const tokens = newTokens()
  const app = createApp({
    sessions: new Sessions(options.readOnly ? { ...tokens, operator: newTokens().operator } : tokens, bound),
    hosts: new KnownHosts(host, options.allowHosts),
    sources,
    hub,
    live,
    files,
    stateFolder,
    cacheFolder,
    tls: tls !== undefined,
    report: options.report,
  })
  listener = getRequestListener(app.fetch)
  live.start()
  const origin = `${tls ? 'https' : 'http'}://${isAnyAddress(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${bound}`
  const readerUrl = `${origin}/?token=${tokens.reader}`
  return {
    url: options.readOnly ? readerUrl : `${origin}/?token=${tokens.operator}`,
    readerUrl,
    listening: stream ? addressesOf(stream) : [],
    async close() {
      live.close()
      await Promise.all([stream?.follow.close(), pager?.close()])
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      closeQueries()
      endReaders()
    },
  }
}

async function followed(
  follow: NonNullable<ServeOptions['follow']>,
  { page, insecure, report }: ServeOptions,
  hub: Hub,
): Promise<FollowedStream> {
  // What attributes is loaded only where something is followed.
  const { openFollow } = await import('../pipeline/follow/open-follow.ts')
  let id: string | undefined
  const tell = tellPages(hub, () => id)
  const opened = await openFollow({
    ...follow,
    insecure,
    ...(page && { page }),
    on(event) {
      if (event.type === 'page') reportPage(event, report)
      tell(event)
    },
  })
  const stream = new FollowedStream(opened, follow.paths)
  id = stream.id
  return stream
}

/** A page that did not get through has to be seen somewhere. */
function reportPage(
  page: { ok: boolean; target: string; note: string },
  report: ServeOptions['report'],
): void {
  if (!page.ok) report(`Nobody was paged through ${page.target}: ${page.note}`)
}

function addressesOf({ follow: { listening } }: FollowedStream): string[] {
  const { syslog, otlp } = listening
  return [
    ...(syslog ? [`syslog ${syslog.udp} (UDP and TCP)`] : []),
    ...(otlp === undefined ? [] : [`OTLP/HTTP ${otlp}`]),
  ]
}

function openServer(
  tls: ServeOptions['tls'],
  handle: (
    request: import('node:http').IncomingMessage,
    response: import('node:http').ServerResponse,
  ) => void,
): Server {
  // How often it is looked whether a request takes too long to come.
  const limits = { connectionsCheckingInterval: 2_000 }
  if (!tls) return createHttpServer(limits, handle)
  try {
    const [cert, key] = [readFileSync(tls.certFile), readFileSync(tls.keyFile)]
    return createTlsServer({ ...limits, handshakeTimeout: 10_000, cert, key }, handle)
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `The TLS files can't be used (${cause instanceof Error ? cause.message : String(cause)}).`,
      fix: 'Give a certificate and its key as PEM files.',
      cause,
    })
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new OperatorError('environment', {
          what: `${host}:${port} can't be listened on (${cause.code ?? cause.message}).`,
          ...(cause.code === 'EADDRINUSE' && { why: 'Another program listens there.' }),
          fix: 'Choose another with --port, or --port 0 for any that is free.',
          cause,
        }),
      )
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
