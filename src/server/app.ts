// Requests in, answers out: guards first, then who asks, then the endpoint.

import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context as HonoContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import type { Sessions } from './auth.ts'
import type { Context } from './context.ts'
import type { Endpoint, RawEndpoint } from './endpoint.ts'
import { isRaw } from './endpoint.ts'
import { endpoints } from './endpoints.ts'
import { foreign, type KnownHosts, setHeaders } from './guard.ts'
import type { Hub } from './hub.ts'
import { checkedBody, checkedQuery } from './input.ts'
import type { LiveRuns } from './live/live-runs.ts'
import { Problem, problemOf } from './problem.ts'
import { mayAct, type Role } from './roles.ts'
import type { Sources } from './sources.ts'
import type { StaticFiles } from './static-files.ts'

const bodyBytesMax = 1024 * 1024

export interface AppOptions {
  readonly sessions: Sessions
  readonly hosts: KnownHosts
  readonly sources: Sources
  readonly hub: Hub
  readonly live: LiveRuns
  readonly files: StaticFiles
  readonly stateFolder: string
  readonly cacheFolder: string
  /** Cookies of a page that came over TLS are not sent without. */
  readonly tls: boolean
  /** A fault of ours, for the terminal. */
  readonly report: (error: unknown) => void
}

interface Vars {
  Bindings: Partial<HttpBindings>
  Variables: { role: Role; byCookie: boolean }
}

export function createApp(options: AppOptions): Hono<Vars> {
  const { sessions, hosts, files } = options
  const app = new Hono<Vars>()

  app.use(async (c, next) => {
    await next()
    setHeaders(c)
  })
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.use(async (c, next) => {
    if (!hosts.has(c.req.header('host'))) {
      throw new Problem(403, {
        what: 'This server does not go by that name.',
        why: 'A page could have made its own name point here (DNS rebinding).',
        fix: 'Open the address that `vigiles serve` printed, or allow the name with --allow-host NAME.',
      })
    }
    await next()
  })
  app.use(compress())
  app.get('/', async (c, next) => {
    const token = c.req.query('token')
    return token === undefined ? await next() : exchange(c, token, options)
  })
  app.use(async (c, next) => {
    const bearer = /^Bearer ([\w-]{1,200})$/.exec(c.req.header('authorization') ?? '')?.[1]
    const byCookie = bearer === undefined
    const role = byCookie ? sessions.roleOfCookies(c.req.header('cookie')) : sessions.roleOfToken(bearer)
    if (role === undefined) throw new Problem(401, askForToken)
    const why = foreign(c.req.raw, byCookie)
    if (why !== undefined) throw new Problem(403, { what: 'This request is refused.', why })
    c.set('role', role)
    c.set('byCookie', byCookie)
    await next()
  })
  app.use('/api/*', bodyLimit({ maxSize: bodyBytesMax, onError: () => answerProblem(tooLarge) }))
  for (const endpoint of endpoints) {
    app.on(endpoint.method, `/api/v1${endpoint.path}`, (c) => answer(c, endpoint, options))
  }
  app.all('/api/*', () => {
    throw new Problem(404, { what: 'There is no such address.', fix: 'See docs/reference/openapi.json.' })
  })
  app.get('*', (c) => files.answer(c.req.path, c.req.header('if-none-match')))
  app.onError((error, c) => {
    const problem = problemOf(error)
    if (problem.status === 500) options.report(error)
    const asksForPage = c.req.header('accept')?.includes('text/html') && !c.req.path.startsWith('/api/')
    const response = asksForPage ? files.problemPage(problem) : answerProblem(problem)
    return response
  })
  return app
}

const askForToken = {
  what: 'This page wants the token of this start of the server.',
  fix: 'Open the URL that `vigiles serve` printed in its first line.',
}

const tooLarge = new Problem(413, {
  what: 'The request is too large.',
  why: `It may have ${bodyBytesMax} bytes.`,
})

function answerProblem({ status, text }: Problem): Response {
  return Response.json({ error: text }, { status, headers: { 'Cache-Control': 'no-store' } })
}

/** The token leaves the address at once, so that it stands in no history, no referrer and on no shared screen. */
function exchange(c: HonoContext<Vars>, token: string, { sessions, tls }: AppOptions): Response {
  const role = sessions.roleOfToken(token)
  if (role === undefined) throw new Problem(401, askForToken)
  const cookie = `${sessions.cookieName}=${sessions.open(role)}; Path=/; HttpOnly; SameSite=Strict${tls ? '; Secure' : ''}`
  c.header('Set-Cookie', cookie)
  c.header('Cache-Control', 'no-store')
  // After a click on a link in another site's page, a redirect would still count as that site's: it gets no strict cookie.
  if (c.req.header('sec-fetch-site') !== 'cross-site') return c.redirect('/', 303)
  return c.html('<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Vigiles</title>')
}

async function answer(
  c: HonoContext<Vars>,
  endpoint: Endpoint | RawEndpoint,
  { sources, hub, live, stateFolder, cacheFolder }: AppOptions,
): Promise<Response> {
  const role = c.get('role')
  if (!mayAct(role, endpoint.role)) {
    throw new Problem(403, {
      what: 'You may look here, not act.',
      fix: 'Open the other URL that `vigiles serve` printed: the one for operators.',
    })
  }
  const params = c.req.param() as Record<string, string>
  const context: Context = {
    role,
    who: `${role} at ${addressOf(c)}`,
    params,
    sources,
    source: () => sources.get(params.source ?? ''),
    hub,
    live,
    stateFolder,
    cacheFolder,
    signal: c.req.raw.signal,
  }
  const input = {
    query: checkedQuery(endpoint.query, c.req.queries()),
    body: await checkedBody(endpoint.body, c.req.raw),
  }
  // Nobody would read the stream that it may open.
  if (isRaw(endpoint) && c.req.method === 'HEAD')
    return new Response(null, { headers: { 'Content-Type': endpoint.gives, 'Cache-Control': 'no-store' } })
  if (isRaw(endpoint)) return await endpoint.respond(context, input)
  const value = await endpoint.handle(context, input)
  return Response.json(value, { headers: { 'Cache-Control': 'no-store' } })
}

function addressOf({ env }: HonoContext<Vars>): string {
  return env.incoming?.socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'an unknown address'
}
