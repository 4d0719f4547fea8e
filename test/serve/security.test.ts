// The watch room as somebody sees it who should not get in, or who wrote what it shows.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sessions } from '../../src/server/auth.ts'
import { endpoints } from '../../src/server/endpoints.ts'
import { openJournal } from '../../src/store/journal.ts'
import { temporaryFolder } from './room.ts'
import { type Answer, type Asked, type ServerProcess, send, sendRaw, startServer } from './server-process.ts'

const { folder, remove } = temporaryFolder()
let server: ServerProcess

/** What no answer may hold: it stands in /etc/passwd, which links in the hostile case lead to. */
const stolen = 'root:x:0:0'
const longName = `long-${'A'.repeat(1_000_000)}`
const hostileTexts = [
  '<img src=x onerror=alert(1)>',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u202egnp.exe',
  '__proto__',
  '../../../etc/passwd',
]

async function started(args: readonly string[]): Promise<ServerProcess> {
  const result = await startServer(folder, args)
  if (!('origin' in result)) throw new Error(`the server ended with ${result.code}: ${result.err}`)
  return result
}

function ask(asked: Asked & { token?: string }): Promise<Answer> {
  const { token, ...rest } = asked
  const auth = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return send(server.origin, { ...rest, headers: { ...auth, ...asked.headers } })
}

const api = (path: string) => `/api/v1${path}`
const asOperator = (path: string) => ask({ path: api(path), token: server.operator })

/** A path with something in place of each parameter. */
function pathOf(path: string, source = '0123456789ab'): string {
  return api(path.replace(':source', source).replace(/:\w+/g, 'x'))
}

async function cookieOf(token: string): Promise<string> {
  const { headers } = await ask({ path: `/?token=${token}` })
  return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
}

beforeAll(async () => {
  writeHostileCase(join(folder, 'shown', 'hostile'))
  writeLinks(join(folder, 'shown', 'links'))
  const dir = join(folder, 'shown', hostileTexts[0]!.replaceAll('/', ''))
  const journal = openJournal({ dir, version: '1', box: '__proto__' })
  for (const text of hostileTexts)
    journal.append({
      class: 'detection_finding',
      box: text,
      finding: { uid: text, detection: text, kind: 'other', title: text, severity: 'critical' },
    })
  await journal.seal()
  await journal.close()
  server = await started(['--port', '0', join(folder, 'shown')])
}, 90_000)

afterAll(async () => {
  const code = await server?.stop()
  remove()
  expect(code).toBe(0)
})

describe('who may ask', () => {
  it('answers /healthz to anybody, and nothing else without the token', async () => {
    expect(JSON.parse((await ask({ path: '/healthz' })).text)).toEqual({ ok: true })
    const paths = [
      '/',
      '/index.html',
      '/assets/x.js',
      '/favicon.ico',
      '/api',
      '/api/v1',
      '/api/v1/nothing',
      '/healthz/',
      '//healthz',
      '/healthz/../',
      '/HEALTHZ',
    ]
    const requests: Asked[] = [
      ...paths.map((path) => ({ path })),
      ...endpoints.map(({ method, path }) => ({ method, path: pathOf(path) })),
    ]
    expect(requests.length).toBeGreaterThan(20)
    for (const request of requests) {
      for (const headers of [
        {},
        { authorization: `Bearer ${'A'.repeat(43)}` },
        { authorization: `Basic ${server.operator}` },
        { cookie: `vigiles_${server.port}=${server.operator}` },
        { cookie: `vigiles_${server.port}=__proto__; vigiles_${server.port}=constructor` },
      ]) {
        const { status, text } = await ask({ ...request, headers })
        expect([request, headers, status]).toEqual([request, headers, 401])
        expect(text).not.toContain('vigiles_')
      }
    }
  })

  it('takes a token only whole, and compares it in one time', async () => {
    const token = server.operator
    for (const wrong of [
      '',
      token.slice(0, -1),
      `${token}A`,
      token.toLowerCase(),
      ` ${token}`,
      `${token.slice(0, -1)}%00`,
    ])
      expect((await ask({ path: `/?token=${encodeURIComponent(wrong)}` })).status).toBe(401)
    expect((await ask({ path: `/?token=${token}&token=x` })).status).toBe(303)
    const tokens = { operator: token, reader: server.reader }
    const sessions = new Sessions(tokens, 1)
    expect([sessions.roleOfToken(token), sessions.roleOfToken(server.reader)]).toEqual(['operator', 'reader'])
    for (const odd of ['', '\u0000', 'x'.repeat(1_000_000)]) expect(sessions.roleOfToken(odd)).toBeUndefined()
    expect(readFileSync(new URL('../../src/server/auth.ts', import.meta.url), 'utf8')).toContain(
      'timingSafeEqual',
    )
  })

  it('exchanges it for a cookie that scripts and other sites do not get, and takes it out of the address', async () => {
    const { status, headers } = await ask({ path: `/?token=${server.operator}` })
    expect([status, headers.location]).toEqual([303, '/'])
    const [cookie] = headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^vigiles_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain(server.operator)
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cache-control']).toBe('no-store')
    const again = await ask({ path: '/', headers: { cookie: cookie?.split(';')[0] ?? '' } })
    expect(again.status).toBe(200)
    expect(again.text).not.toContain(server.operator)
  })

  it('gives each browser a cookie of its own', async () => {
    expect(await cookieOf(server.reader)).not.toBe(await cookieOf(server.reader))
  })

  it('forgets the browser that was idle longest when there are a thousand', () => {
    const sessions = new Sessions({ operator: 'a', reader: 'b' }, 7)
    const first = sessions.open('operator')
    const second = sessions.open('operator')
    for (let i = 0; i < 998; i++) sessions.open('reader')
    expect(sessions.roleOfCookies(`vigiles_7=${first}`)).toBe('operator')
    sessions.open('reader')
    expect(sessions.roleOfCookies(`vigiles_7=${second}`)).toBeUndefined()
    expect(sessions.roleOfCookies(`vigiles_7=${first}`)).toBe('operator')
  })

  it('lets a reader look and not act, by token and by cookie', async () => {
    const cookie = await cookieOf(server.reader)
    for (const { method, path, role } of endpoints) {
      if (role !== 'operator') continue
      const request = {
        method,
        path: pathOf(path),
        body: '{}',
        headers: { 'content-type': 'application/json' },
      }
      expect([path, (await ask({ ...request, token: server.reader })).status]).toEqual([path, 403])
      const headers = { ...request.headers, cookie, origin: server.origin }
      expect([path, (await ask({ ...request, headers })).status]).toEqual([path, 403])
    }
  })

  it('has no operator at all when it is read-only', async () => {
    const own = await started(['--port', '0', '--read-only'])
    expect(own.reader).toBe('')
    const { text } = await send(own.origin, {
      path: api('/session'),
      headers: { authorization: `Bearer ${own.operator}` },
    })
    expect(JSON.parse(text)).toMatchObject({ role: 'reader' })
    expect(await own.stop()).toBe(0)
  })
})

describe('requests that other pages make', () => {
  it.each([
    'evil.example.com',
    'evil.example.com:80',
    '127.0.0.1.evil.example.com',
    '127.0.0.1@evil.example.com',
    '[::ffff:127.0.0.1]',
    '2130706433',
    'localhost.',
    '127.0.0.2',
  ])('refuses the name %j, which a page may have pointed here', async (host) => {
    for (const path of ['/', api('/session'), `/?token=${server.operator}`]) {
      const { status, headers } = await ask({ path, token: server.operator, headers: { host } })
      expect([400, 403]).toContain(status)
      expect(headers['set-cookie']).toBeUndefined()
    }
  })

  it('answers to nobody who names no host', async () => {
    const auth = `Authorization: Bearer ${server.operator}\r\nConnection: close\r\n\r\n`
    for (const head of ['HTTP/1.0\r\n', 'HTTP/1.1\r\nHost:\r\n', 'HTTP/1.1\r\n']) {
      const { text } = await sendRaw(server.port, `GET ${api('/session')} ${head}${auth}`, 5_000)
      expect([head, text.slice(0, 12)]).toEqual([head, expect.stringMatching(/ 40[03]$/)])
    }
  })

  it('answers to its own names', async () => {
    for (const host of [
      server.host,
      `localhost:${server.port}`,
      `LOCALHOST:${server.port}`,
      `[::1]:${server.port}`,
    ])
      expect((await ask({ path: api('/session'), token: server.operator, headers: { host } })).status).toBe(
        200,
      )
  })

  const crossSite: readonly Readonly<Record<string, string>>[] = [
    { origin: 'https://evil.example.com' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'http://127.0.0.1' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
  ]

  it.each(crossSite)('refuses what comes with %j, also with a cookie', async (headers) => {
    const cookie = await cookieOf(server.operator)
    for (const method of ['GET', 'POST']) {
      const path = method === 'GET' ? api('/overview') : pathOf('/sources/:source/contain')
      const { status, text } = await ask({ method, path, headers: { ...headers, cookie } })
      expect([method, status]).toEqual([method, 403])
      expect(JSON.parse(text).error.what).toBe('This request is refused.')
    }
  })

  it('lets nothing be changed by a form, whatever it calls its content', async () => {
    const cookie = await cookieOf(server.operator)
    const body = '{"act":"kill"}'
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
      'text/plain; application/json',
    ]) {
      const path = pathOf('/sources/:source/contain')
      const headers = { cookie, 'content-type': type }
      // An old browser's form says neither origin nor site.
      expect((await ask({ method: 'POST', path, headers, body })).status).toBe(403)
      const own = { ...headers, origin: server.origin }
      expect((await ask({ method: 'POST', path, headers: own, body })).status).toBe(415)
    }
  })

  it('allows no page elsewhere to read anything', async () => {
    const { headers, status } = await ask({
      method: 'OPTIONS',
      path: api('/overview'),
      headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
    })
    expect(status).toBe(401)
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('changes nothing by GET: what acts is another method, and for operators', () => {
    for (const { method, path, role } of endpoints)
      if (/contain$|save|notes?$|status$|assign/.test(path) && method !== 'GET')
        expect([path, role]).toEqual([path, 'operator'])
    const acting = endpoints.filter(({ role }) => role === 'operator')
    expect(acting.filter(({ method }) => method === 'GET')).toEqual([])
  })

  it.each(['TRACE', 'PUT', 'PATCH', 'PROPFIND', 'HEAD'])('does nothing by %s', async (method) => {
    for (const path of [pathOf('/sources/:source/contain'), api('/session')]) {
      const { status, text } = await ask({
        method,
        path,
        token: server.operator,
        headers: { 'x-secret': 'mirror' },
      })
      expect([200, 400, 404, 405]).toContain(status)
      if (status === 200) expect([method, text]).toEqual(['HEAD', ''])
      expect(text).not.toContain('mirror')
    }
  })
})

describe('answers', () => {
  it('all carry a strict content policy and are never guessed at, errors too', async () => {
    const { operator } = server
    const asked: (Asked & { token?: string })[] = [
      { path: '/healthz' },
      { path: '/' },
      { path: '/', token: operator },
      { path: '/assets/none.js', token: operator },
      { path: api('/overview'), token: operator },
      { path: api('/overview?from=x'), token: operator },
      { path: api('/nothing'), token: operator },
      { path: api('/sources/x/live'), token: operator },
      { path: api('/session'), token: operator, headers: { host: 'evil.example.com' } },
      { path: '/', headers: { accept: 'text/html' } },
      { method: 'POST', path: pathOf('/sources/:source/contain'), token: operator, body: '{' },
      {
        method: 'POST',
        path: pathOf('/sources/:source/contain'),
        token: operator,
        body: 'x'.repeat(2_000_000),
      },
      { path: `/?token=${operator}` },
      { path: `/?token=${operator}`, headers: { 'sec-fetch-site': 'cross-site' } },
      { path: `/?token=x`, headers: { accept: 'text/html' } },
    ]
    for (const request of asked) {
      const { headers, status, text } = await ask(request)
      const policy = String(headers['content-security-policy'])
      expect([request.path, status, policy]).toEqual([
        request.path,
        status,
        expect.stringContaining("default-src 'none'"),
      ])
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['referrer-policy']).toBe('no-referrer')
      if (request.path.startsWith('/api/') && status !== 0) {
        expect(headers['content-type']).toMatch(/^application\/json/)
        expect(headers['cache-control']).toBe('no-store')
        JSON.parse(text)
      }
      expect(text).not.toContain(operator)
    }
  })

  it('come from no file but the page’s own, however the path is written', async () => {
    const paths = [
      '/../../../../etc/passwd',
      '/..%2f..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/assets/../../package.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets//etc/passwd',
      '//etc/passwd',
      '/%00/etc/passwd',
      '/index.html%00.js',
      '/%',
      '/%c0%ae%c0%ae/etc/passwd',
      'file:///etc/passwd',
      `http://evil.example.com/`,
      '/..;/etc/passwd',
      '/package.json',
      '/__proto__',
      '/constructor',
    ]
    for (const path of paths) {
      const { text } = await ask({ path, token: server.operator })
      expect([path, text.includes(stolen), text.includes('"dependencies"')]).toEqual([path, false, false])
    }
  })

  it('know no source by a path or by what every object has', async () => {
    for (const id of [
      '..',
      '%2e%2e%2f%2e%2e',
      '__proto__',
      'constructor',
      'toString',
      '%00',
      'a'.repeat(5_000),
      '%2fetc%2fpasswd',
    ]) {
      for (const { method, path } of endpoints) {
        if (method !== 'GET' || !path.includes(':source')) continue
        const { status, text } = await ask({ path: pathOf(path, id), token: server.operator })
        expect([path, id.slice(0, 20), status >= 400 && status < 500]).toEqual([path, id.slice(0, 20), true])
        expect(text).not.toContain(stolen)
      }
    }
  })

  it('name in plain words what does not fit, without giving back all of it', async () => {
    const { text, status } = await ask({
      method: 'POST',
      path: pathOf('/sources/:source/contain'),
      token: server.operator,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ act: 'kill', [`\u001b[2J${'k'.repeat(500_000)}`]: 1 }),
    })
    expect(status).toBe(400)
    expect(text.length).toBeLessThan(2_000)
    expect(text).not.toContain('\\u001b')
    const polluted = await ask({
      path: api('/overview?__proto__=1&__proto__=2&constructor=3'),
      token: server.operator,
    })
    expect(polluted.status).toBe(400)
  })
})

describe('a case that somebody made up', () => {
  async function sourceOf(title: string): Promise<string> {
    const { sources } = JSON.parse((await asOperator('/sources')).text)
    return sources.find((one: { title: string }) => one.title === title)?.id
  }

  it('is answered for at every address, with nothing from outside of it, and the server lives', async () => {
    const source = await sourceOf('hostile')
    expect(source).toMatch(/^[0-9a-f]{12}$/)
    for (const { method, path } of endpoints) {
      if (method !== 'GET' || path === '/stream') continue
      for (const id of ['..%2f..%2fetc%2fpasswd', '__proto__', 'x']) {
        const asked = api(path.replace(':source', source).replace(/:\w+/g, id))
        const { status, text, headers } = await ask({ path: asked, token: server.operator })
        expect([asked, status === 500]).toEqual([asked, false])
        expect([asked, text.includes(stolen)]).toEqual([asked, false])
        expect(text.length).toBeLessThan(8_000_000)
        expect(headers['x-content-type-options']).toBe('nosniff')
      }
    }
    expect((await ask({ path: '/healthz' })).status).toBe(200)
  }, 60_000)

  it('shows its texts as texts: no byte of an answer can be taken for markup or an order to a terminal', async () => {
    const { text } = await asOperator('/overview')
    const seen = JSON.parse(text)
    const titles = seen.latest.map(({ title }: { title: string }) => title)
    for (const hostile of hostileTexts) expect(titles).toContain(hostile)
    for (const control of ['\u001b', '\u0007']) expect(text).not.toContain(control)
    expect(seen.severities.critical).toBeGreaterThanOrEqual(hostileTexts.length)
    expect(seen.latest.every(({ title }: { title: string }) => title.length <= 500)).toBe(true)
  })

  it('with links in place of its files is not read, and says why', async () => {
    const { sources } = JSON.parse((await asOperator('/sources')).text)
    const links = sources.find((one: { title: string }) => one.title === 'links')
    expect(links).toMatchObject({
      state: 'unusable',
      problem: { what: expect.stringContaining('which is a link') },
    })
    for (const { method, path } of endpoints) {
      if (method !== 'GET' || !path.includes(':source')) continue
      const { status, text } = await ask({ path: pathOf(path, links.id), token: server.operator })
      // What lacks a parameter is told of that first.
      expect([path, [400, 422].includes(status)]).toEqual([path, true])
      expect(text).not.toContain(stolen)
    }
  })

  it('cannot make anything be written outside of the state folder', async () => {
    const source = await sourceOf('hostile')
    const before = readdirSync(folder).sort()
    for (const { method, path } of endpoints) {
      if (method === 'GET') continue
      for (const id of ['..%2f..%2f..%2fescaped', '%2fetc%2fescaped', '__proto__', '.']) {
        const asked = api(path.replace(':source', source).replace(/:\w+/g, id))
        for (const body of [
          '{}',
          '{"text":"x","comment":"x","name":"../../escaped","sql":"select 1","file":"/etc/passwd"}',
          '[]',
          'null',
        ])
          await ask({
            method,
            path: asked,
            token: server.operator,
            headers: { 'content-type': 'application/json' },
            body,
          })
      }
    }
    expect(readdirSync(folder).sort()).toEqual(
      [...new Set([...before, 'xdg-cache', 'xdg-state'])]
        .filter((name) => existsSync(join(folder, name)))
        .sort(),
    )
    expect(existsSync('/etc/escaped')).toBe(false)
    expect(existsSync(join(folder, 'escaped'))).toBe(false)
    expect((await ask({ path: '/healthz' })).status).toBe(200)
  }, 60_000)
})

describe('too much', () => {
  it('refuses a body over its maximum, told beforehand or not', async () => {
    const path = pathOf('/sources/:source/contain')
    const auth = `Authorization: Bearer ${server.operator}\r\nHost: ${server.host}\r\nContent-Type: application/json\r\n`
    const told = await sendRaw(
      server.port,
      `POST ${path} HTTP/1.1\r\n${auth}Content-Length: 99999999999\r\n\r\n{`,
      5_000,
    )
    expect(told.text).toMatch(/^HTTP\/1\.1 413/)
    const chunk = 'x'.repeat(65_536)
    const chunked = `POST ${path} HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${`10000\r\n${chunk}\r\n`.repeat(40)}0\r\n\r\n`
    expect((await sendRaw(server.port, chunked, 5_000)).text).toMatch(/^HTTP\/1\.1 413/)
  })

  it('cuts off who writes its headers slowly or never, and headers that are too many', async () => {
    const slow = sendRaw(server.port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 20_000)
    const silent = sendRaw(server.port, '', 20_000)
    const huge = await sendRaw(
      server.port,
      `GET / HTTP/1.1\r\nHost: ${server.host}\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
      5_000,
    )
    expect(huge.text).toMatch(/^HTTP\/1\.1 431/)
    expect((await slow).closed).toBe(true)
    expect((await silent).closed).toBe(true)
  }, 40_000)

  it('answers ten thousand requests, bad ones among them, and holds no memory for them', async () => {
    const bad = `GET ${api('/overview')} HTTP/1.1\r\nHost: ${server.host}\r\nAuthorization: Bearer ${'x'.repeat(43)}\r\n\r\n`
    const requests = (count: number) =>
      sendRaw(
        server.port,
        `${bad.repeat(count - 1)}GET /healthz HTTP/1.1\r\nHost: ${server.host}\r\nConnection: close\r\n\r\n`,
        60_000,
      )
    await requests(500)
    const before = residentKb(server.pid)
    for (let i = 0; i < 5; i++) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => requests(500)))
      for (const { text } of answers) {
        expect(text.match(/HTTP\/1\.1 401/g)?.length).toBe(499)
        expect(text.match(/HTTP\/1\.1 200/g)?.length).toBe(1)
      }
    }
    expect(residentKb(server.pid) - before).toBeLessThan(150_000)
  }, 90_000)

  it('lets so many listen and no more, a request for the head alone takes no place, and who goes away makes room', async () => {
    const sockets: Socket[] = []
    const statuses: string[] = []
    const heads: string[] = []
    for (let i = 0; i < 210; i++)
      expect((await ask({ method: 'HEAD', path: api('/stream'), token: server.reader })).status).toBe(200)
    const open = () =>
      new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1')
        sockets.push(socket)
        socket.on('error', () => resolve())
        socket.once('data', (chunk) => {
          statuses.push(String(chunk).slice(9, 12))
          heads.push(String(chunk).toLowerCase())
          resolve()
        })
        socket.write(
          `GET ${api('/stream')} HTTP/1.1\r\nHost: ${server.host}\r\nAuthorization: Bearer ${server.reader}\r\n\r\n`,
        )
      })
    for (let i = 0; i < 205; i++) await open()
    expect(statuses.filter((status) => status === '200').length).toBe(200)
    expect(statuses.filter((status) => status === '503').length).toBe(5)
    for (const head of heads) expect(head).toContain("content-security-policy: default-src 'none'")
    for (const socket of sockets) socket.destroy()
    for (let i = 0; i < 50; i++) {
      statuses.length = 0
      await open()
      if (statuses[0] === '200') break
      await sleep(100)
    }
    expect(statuses).toEqual(['200'])
    for (const socket of sockets) socket.destroy()
    expect((await ask({ path: '/healthz' })).status).toBe(200)
  }, 40_000)

  it('is not held up by more connections than it takes', async () => {
    const sockets = Array.from({ length: 600 }, () => connect(server.port, '127.0.0.1').on('error', () => {}))
    await sleep(300)
    for (const socket of sockets) socket.destroy()
    for (let i = 0; i < 50; i++) {
      const answer = await ask({ path: '/healthz' }).catch(() => undefined)
      if (answer?.status === 200) return
      await sleep(100)
    }
    expect.unreachable()
  }, 40_000)
})

describe('where it listens', () => {
  it('wants TLS, or a word, for another address than loopback', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      const ended = await startServer(folder, ['--port', '0', '--host', host])
      expect(ended).toMatchObject({ code: 2 })
      if ('err' in ended) expect(ended.err.trim().split('\n').length).toBe(3)
    }
  }, 60_000)

  it('says when the port is in use, in three lines', async () => {
    const ended = await startServer(folder, ['--port', String(server.port)])
    expect(ended).toMatchObject({ code: 3 })
    if ('err' in ended)
      expect(ended.err.trim().split('\n')).toEqual([
        expect.stringContaining(`:${server.port}`),
        'Another program listens there.',
        expect.stringContaining('--port'),
      ])
  }, 30_000)

  it('listens on no other address than the one that was given', async () => {
    const other = createServer()
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject)
      other.listen(server.port, '127.0.0.2', resolve)
    })
    other.close()
  })

  it('speaks TLS with a certificate of one’s own, and then marks its cookie so', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-out',
        cert,
        '-keyout',
        key,
      ],
      { stdio: 'ignore' },
    )
    const own = await started(['--port', '0', '--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key])
    expect(own.origin).toMatch(/^https:\/\/127\.0\.0\.1:/)
    const { status, headers } = await send(own.origin, { path: `/?token=${own.operator}` })
    expect([status, headers['set-cookie']?.[0]]).toEqual([
      303,
      expect.stringMatching(/; HttpOnly; SameSite=Strict; Secure$/),
    ])
    const plain = await sendRaw(own.port, `GET /healthz HTTP/1.1\r\nHost: ${own.host}\r\n\r\n`, 5_000)
    expect(plain.text).not.toContain('"ok"')
    expect(await own.stop()).toBe(0)
    const bad = await startServer(folder, ['--port', '0', '--tls-cert', key, '--tls-key', key])
    expect(bad).toMatchObject({ code: 2, err: expect.stringContaining('PEM') })
    const half = await startServer(folder, ['--port', '0', '--tls-cert', cert])
    expect(half).toMatchObject({ code: 2 })
  }, 60_000)
})

describe('what it prints', () => {
  it('is its two addresses and nothing of what was asked: no token, no text from a case', () => {
    const { out, err } = server.printed()
    expect(out.split('\n').length).toBe(3)
    expect(err).not.toContain(server.operator)
    expect(err).not.toContain(server.reader)
    expect(err).not.toContain('\u001b')
    expect(err).toBe('')
  })
})

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

function writeHostileCase(dir: string): void {
  mkdirSync(dir, { recursive: true })
  const at = '2026-11-24T08:00:00.000Z'
  const incident = (uid: string, title: string) => ({
    uid,
    title,
    severity: 'critical',
    kinds: ['mining', title.slice(0, 50)],
    firstSeen: at,
    lastSeen: at,
    ongoing: true,
    toolCalls: [uid],
    episodes: [title],
    firstStep: null,
    destinations: [title],
    findings: [uid],
    actions: [{ do: title, why: title }],
    boxes: [title],
    occurrences: 1,
    policyVersions: [],
    rewarded: null,
  })
  const incidents = [...hostileTexts, longName].map((text) => incident(text.slice(0, 150), text))
  const summary = {
    _schema: 'vigiles/summary/v1',
    version: '1',
    verdict: hostileTexts.join(' '),
    inputs: hostileTexts.map((path) => ({
      path,
      format: path,
      records: 1e308,
      events: -1,
      toolCalls: 0,
      boxes: 0,
      episodes: 0,
      rejected: 0,
      skipped: { ['__proto__']: 1 },
      firstTime: at,
      lastTime: path,
      sha256: '',
      bytes: 0,
    })),
    clocks: [],
    findings: { critical: 6, high: 0, medium: 0, low: 0, informational: 0 },
    incidents,
    hypotheses: [],
    attribution: {
      events: 0,
      attributed: 0,
      likely: 0,
      notAttributable: 0,
      byIdentity: 0,
      expectedByChance: 0,
      coincidences: 0,
      coincidencesOf: 0,
      calibrated: false,
    },
    tests: [],
    notes: hostileTexts,
  }
  writeFileSync(
    join(dir, 'summary.json'),
    JSON.stringify(summary).replace('"clocks":[]', '"clocks":[],"__proto__":{"polluted":true}'),
  )
  writeFileSync(join(dir, 'incidents.jsonl'), incidents.map((one) => `${JSON.stringify(one)}\n`).join(''))
  for (const name of ['attributions.jsonl', 'toolcalls.jsonl', 'findings.jsonl', 'rejects.jsonl'])
    writeFileSync(
      join(dir, name),
      `{"__proto__":{"polluted":1},"uid":"${'../'.repeat(20)}etc/passwd"}\nnot json\n{"uid":${'['.repeat(2_000)}\n\u0000\u001b[2J\n{"cut":"of`,
    )
}

function writeLinks(dir: string): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(
    join(dir, 'summary.json'),
    JSON.stringify({ _schema: 'vigiles/summary/v1', inputs: [], incidents: [] }),
  )
  for (const name of ['attributions.jsonl', 'findings.jsonl', 'report.html', 'run.json'])
    symlinkSync('/etc/passwd', join(dir, name))
}
