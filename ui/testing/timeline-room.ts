// The real server on one case, with a page of our choice: what tests and measurements of the timeline look at.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { build } from 'vite'
import { createApp } from '../../src/server/app.ts'
import { newTokens, Sessions } from '../../src/server/auth.ts'
import { KnownHosts } from '../../src/server/guard.ts'
import { Hub } from '../../src/server/hub.ts'
import { LiveRuns } from '../../src/server/live/live-runs.ts'
import { Sources } from '../../src/server/sources.ts'
import { StaticFiles } from '../../src/server/static-files.ts'

export interface Room {
  /** With the token that lets in. */
  readonly url: string
  readonly errors: unknown[]
  close(): Promise<void>
}

/** `work`: a folder for what is made on the way. `page`: a folder that `buildUi` wrote; without it, the test page. */
export async function openRoom(caseFolder: string, work: string, page?: string): Promise<Room> {
  const cache = join(work, 'cache')
  const files = StaticFiles.read(page ?? (await buildTestPage(join(work, 'page'))))
  const errors: unknown[] = []
  const report = (error: unknown) => errors.push(error)
  const sources = new Sources({ paths: [caseFolder], runs: join(work, 'runs'), cache })
  const hub = new Hub()
  let handle: ReturnType<typeof getRequestListener> | undefined
  const server = createServer((request, response) => void handle?.(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const tokens = newTokens()
  const app = createApp({
    sessions: new Sessions(tokens, port),
    hosts: new KnownHosts('127.0.0.1', []),
    sources,
    hub,
    live: new LiveRuns({ sources, hub, report }),
    files,
    stateFolder: join(work, 'state'),
    cacheFolder: cache,
    tls: false,
    report,
  })
  handle = getRequestListener(app.fetch)
  return {
    url: `http://127.0.0.1:${port}/?token=${tokens.operator}`,
    errors,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function buildTestPage(folder: string): Promise<string> {
  await build({
    root: fileURLToPath(new URL('./timeline-page', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    base: '/',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
  return folder
}
