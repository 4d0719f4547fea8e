// What every request is held against before anything answers it: the name it was sent to (DNS rebinding), the page it
// comes from (cross-site requests), and the headers that every answer carries.

import type { Context as HonoContext } from 'hono'

/** No script, style, picture or connection but our own; nothing may frame the page. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function setHeaders(c: HonoContext): void {
  c.header('Content-Security-Policy', contentPolicy)
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('X-Frame-Options', 'DENY')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cross-Origin-Opener-Policy', 'same-origin')
  c.header('Cross-Origin-Resource-Policy', 'same-origin')
  c.header('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
}

/** Names by which this server may be asked: a page whose own name was made to point here is refused. */
export class KnownHosts {
  readonly #names: ReadonlySet<string>

  constructor(host: string, more: readonly string[]) {
    this.#names = new Set(['127.0.0.1', 'localhost', '[::1]', bracketed(host), ...more.map(bracketed)])
  }

  /** `header`: the request's `Host`, with its port or without. */
  has(header: string | undefined): boolean {
    return header !== undefined && this.#names.has(nameOf(header))
  }
}

function bracketed(host: string): string {
  const lower = host.toLowerCase()
  return lower.includes(':') && !lower.startsWith('[') ? `[${lower}]` : lower
}

function nameOf(header: string): string {
  return header.toLowerCase().replace(/:\d{1,5}$/, '')
}

/**
 * Why a request is refused for where it comes from, or undefined. A browser says so itself (`Origin`,
 * `Sec-Fetch-Site`); one that acts by cookie has to say that it is our own page.
 */
export function foreign(request: Request, byCookie: boolean): string | undefined {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const host = request.headers.get('host') ?? ''
  const changes = request.method !== 'GET' && request.method !== 'HEAD'
  if (origin !== null && !isOwn(origin, host)) return 'It comes from a page of another origin.'
  // Somebody who clicks a link to the page is welcome; a page that embeds or fetches us is not.
  const isVisit = request.method === 'GET' && request.headers.get('sec-fetch-mode') === 'navigate'
  if ((site === 'cross-site' || site === 'same-site') && !isVisit)
    return 'It comes from a page of another site.'
  if (changes && byCookie && origin === null && site !== 'same-origin') {
    return 'It would change something and does not say which page it comes from.'
  }
  return undefined
}

function isOwn(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host.toLowerCase()
  } catch {
    return false
  }
}
