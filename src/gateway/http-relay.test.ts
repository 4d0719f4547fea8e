import { once } from 'node:events'
import { Agent, createServer as createHttp, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Decision } from '../schema/decision.ts'
import { startHttpRelay } from './http-relay.ts'

const allowed: Decision = { verdict: 'allow', code: 'allowed', rule: 'r', reason: 'listed' }
const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function dialled(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  closers.push(() => socket.destroy())
  return socket
}

/** Requests of `paths` on one connection through a relay, to a server that says which of its connections was asked. */
async function through(paths: readonly string[], closes: boolean) {
  let connections = 0
  const web = createHttp((asked, answer) => {
    answer.writeHead(200, closes ? { Connection: 'close' } : {})
    answer.end(`${(asked.socket as Socket & { number?: number }).number} ${asked.url}`)
  })
  web.on('connection', (socket: Socket & { number?: number }) => {
    socket.number = ++connections
  })
  const to = await portOf(web)
  const relay = startHttpRelay()
  closers.push(() => relay.close())
  const upstreams: Socket[] = []
  const gone: number[] = []
  const front = createServer(async (client) => {
    client.pause()
    const upstream = await dialled(to)
    upstreams.push(upstream)
    relay.take({
      client,
      upstream,
      redial: async () => {
        const socket = await dialled(to)
        upstreams.push(socket)
        return socket
      },
      decide: ({ path }) => (path === '/no' ? { ...allowed, verdict: 'deny' } : allowed),
      onRequest() {},
      onUpgrade() {},
      onClose: () => gone.push(1),
      spend: () => true,
    })
  })
  const port = await portOf(front)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  closers.push(() => agent.destroy())
  const answers: string[] = []
  for (const path of paths) {
    const asked = request({ agent, port, host: '127.0.0.1', path }).end()
    const [answer] = await once(asked, 'response')
    let text = ''
    for await (const chunk of answer) text += chunk
    answers.push(`${answer.statusCode} ${answer.statusCode === 200 ? text : ''}`.trim())
  }
  return { answers, upstreams, gone, agent }
}

describe('the relay of requests', () => {
  it('asks over one connection as long as the server keeps it', async () => {
    const { answers } = await through(['/a', '/b', '/no'], false)
    expect(answers).toEqual(['200 1 /a', '200 1 /b', '403'])
  })

  it('dials anew when the server closes it between two requests', async () => {
    const { answers } = await through(['/a', '/b', '/c'], true)
    expect(answers).toEqual(['200 1 /a', '200 2 /b', '200 3 /c'])
  })

  it('keeps the connections of two clients apart, and ends with the client what was dialled for it', async () => {
    const [one, two] = await Promise.all([through(['/a', '/b'], false), through(['/c', '/d'], false)])
    expect([one.answers, two.answers]).toEqual([
      ['200 1 /a', '200 1 /b'],
      ['200 1 /c', '200 1 /d'],
    ])
    one.agent.destroy()
    const [upstream] = one.upstreams
    if (upstream && !upstream.destroyed) await once(upstream, 'close')
    expect(one.gone).toEqual([1])
  })
})

/** What a server gets of `text`, and what its sender is told, where every request is allowed. */
async function sent(text: string) {
  let got = ''
  const web = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  })
  const to = await portOf(web)
  const relay = startHttpRelay()
  closers.push(() => relay.close())
  const asked: string[] = []
  const front = createServer(async (client) => {
    client.pause()
    client.on('error', () => {})
    const upstream = await dialled(to)
    relay.take({
      client,
      upstream,
      redial: () => dialled(to),
      decide: () => allowed,
      onRequest: ({ method, path }, { verdict }) => asked.push(`${verdict} ${method} ${path}`),
      onUpgrade() {},
      onClose() {},
      spend: () => true,
    })
  })
  const client = await dialled(await portOf(front))
  let answer = ''
  client.on('data', (bytes) => {
    answer += bytes.toString('latin1')
  })
  client.write(text)
  await once(client, 'close')
  return { got, asked, status: answer.slice(9, 12) }
}

describe('requests that two servers could read in two ways', () => {
  const host = 'Host: a.example\r\n'
  const hidden = `GET /hidden HTTP/1.1\r\n${host}\r\n`
  it.each([
    ['two hosts', `GET / HTTP/1.1\r\n${host}Host: b.example\r\n\r\n`],
    ['two hosts, plainly', `GET / HTTP/1.1\r\n${host}Host: b.example\r\nConnection: close\r\n\r\n`],
    ['a target of another host', `GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n`],
    ['a host of this hop', `GET / HTTP/1.1\r\n${host}Connection: host\r\n\r\n`],
    [
      'a length of this hop, with a request for a body',
      `GET / HTTP/1.1\r\n${host}Content-Length: ${hidden.length}\r\nConnection: x, Content-Length\r\n\r\n${hidden}`,
    ],
    [
      'two hosts and an upgrade',
      `GET / HTTP/1.1\r\n${host}Host: b.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    ],
  ])('are refused and said: %s', async (_, text) => {
    const { got, asked, status } = await sent(text)
    expect([got, status, asked.length, asked[0]?.slice(0, 8)]).toEqual(['', '400', 1, 'deny GET'])
  })

  it('but not a target and a host that are the same', async () => {
    const { got, asked } = await sent(
      'GET http://a.example:80/x HTTP/1.1\r\nHost: A.example\r\nConnection: close\r\n\r\n',
    )
    expect(got).toContain('GET http://a.example:80/x HTTP/1.1\r\nHost: A.example\r\n')
    expect(asked).toEqual(['allow GET /x'])
  })

  it('an upgrade to HTTP/2, whose requests nobody could decide, is not handed on', async () => {
    const { got, status } = await sent(
      `GET / HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    )
    expect(status).toBe('200')
    expect(got).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: a\.example\r\n/)
    expect(got).not.toMatch(/upgrade|http2/i)
  })
})
