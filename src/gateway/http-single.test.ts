import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Decision } from '../schema/decision.ts'
import { startHttpRelay } from './http-relay.ts'
import { readSingle } from './http-single.ts'

const head = (text: string) => new TextEncoder().encode(text)
const plain = 'GET /a?b HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: t/1\r\nConnection: close\r\n\r\n'

describe('a request that is read here', () => {
  it('is a GET without a body that wants its connection closed', () => {
    expect(readSingle(head(plain))).toEqual({
      method: 'GET',
      path: '/a?b',
      host: 'api.example.com',
      userAgent: 't/1',
      upgrade: undefined,
    })
  })

  it.each([
    ['bytes behind it', `${plain}GET /b HTTP/1.1\r\n\r\n`],
    ['half a head', plain.slice(0, -2)],
    ['another method', plain.replace('GET', 'POST')],
    ['another version', plain.replace('1.1', '1.0')],
    ['an absolute target', plain.replace('/a?b', 'http://other.example/')],
    ['a space in the target', plain.replace('/a?b', '/a b')],
    ['a bare line feed', plain.replace('\r\nUser', '\nUser')],
    ['a bare carriage return', plain.replace('t/1', 't\r1')],
    ['a folded line', plain.replace('t/1', 't\r\n folded')],
    ['a space in a name', plain.replace('User-Agent:', 'User-Agent :')],
    ['a body', plain.replace('User-Agent: t/1', 'Content-Length: 3')],
    ['a chunked body', plain.replace('User-Agent: t/1', 'Transfer-Encoding: chunked')],
    ['an upgrade', plain.replace('User-Agent: t/1', 'Upgrade: websocket')],
    ['a wish to be asked', plain.replace('User-Agent: t/1', 'Expect: 100-continue')],
    ['words for a proxy', plain.replace('User-Agent: t/1', 'Proxy-Authorization: x')],
    ['two hosts', plain.replace('User-Agent: t/1', 'host: other.example')],
    ['no host', plain.replace('Host: api.example.com\r\n', '')],
    ['a connection to be kept', plain.replace('close', 'keep-alive')],
    ['two wishes', plain.replace('close', 'close, upgrade')],
    ['letters beyond ASCII', plain.replace('t/1', 't\u00e9')],
    ['more than a head may have', plain.replace('t/1', 'x'.repeat(9_000))],
  ])('is none with %s', (_, text) => {
    expect(readSingle(head(text))).toBeUndefined()
  })
})

const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Sends the pieces through a relay to a server that answers with `answer` when the first came, or hangs up. */
async function asked(
  pieces: readonly string[],
  answer: string | undefined,
  decision: Partial<Decision> = {},
) {
  let heard = ''
  const to = await listening((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const first = heard === ''
      heard += chunk.toString()
      if (!first) return
      if (answer === undefined) socket.destroy()
      else setTimeout(() => socket.end(answer), 20)
    })
  })
  const relay = startHttpRelay()
  closers.push(() => relay.close())
  const lines: unknown[] = []
  let closed = 0
  const front = await listening(async (client) => {
    client.pause()
    const upstream = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true })
    await once(upstream, 'connect')
    // As the gateway has it: the first bytes came, and were put back.
    const [first] = (await once(client.resume(), 'data')) as [Buffer]
    client.pause()
    client.unshift(first)
    relay.take({
      client,
      upstream,
      redial: () => Promise.reject(new Error('no second one')),
      decide: () => ({ verdict: 'allow', code: 'allowed', rule: 'r', reason: 'listed', ...decision }),
      onRequest: ({ path }, { verdict }, status) => lines.push([path, verdict, status]),
      onUpgrade() {},
      onClose: () => closed++,
      spend: () => true,
    })
  })
  const client = connect({ port: front, host: '127.0.0.1', allowHalfOpen: true })
  closers.push(() => client.destroy())
  await once(client, 'connect')
  let text = ''
  client.on('data', (chunk) => {
    text += chunk.toString()
  })
  client.on('error', () => {})
  const [first = '', ...later] = pieces
  client.write(first)
  for (const piece of later) setTimeout(() => client.write(piece), 5)
  await once(client, 'end')
  client.end()
  await new Promise((resolve) => setTimeout(resolve, 30))
  return { text, heard, lines, closed }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

describe('a single request', () => {
  it('goes on as it came, and its answer comes back as it was', async () => {
    const { text, heard, lines, closed } = await asked([plain], ok)
    expect([text, heard]).toEqual([ok, plain])
    expect(lines).toEqual([['/a?b', 'allow', 200]])
    expect(closed).toBe(1)
  })

  it('is the only one: nothing that is sent behind it goes on', async () => {
    const { heard, lines } = await asked([plain, plain.replace('/a?b', '/stolen'), 'SSH-2.0-x'], ok)
    expect(heard).toBe(plain)
    expect(lines).toHaveLength(1)
  })

  it('is refused in words, and reaches nobody', async () => {
    const { text, heard, lines } = await asked([plain], ok, { verdict: 'deny', code: 'path' })
    expect(text).toMatch(/^HTTP\/1\.1 403 .*\r\nX-Vigiles-Denied: path\r\n/s)
    expect(heard).toBe('')
    expect(lines).toEqual([['/a?b', 'deny', 403]])
  })

  it('is told when its server hangs up', async () => {
    const { text, lines } = await asked([plain], undefined)
    expect(text).toMatch(/^HTTP\/1\.1 502 /)
    expect(lines).toEqual([['/a?b', 'allow', 502]])
  })

  it('has the status of its answer, whatever is said before', async () => {
    const { lines } = await asked([plain], `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}`)
    expect(lines).toEqual([['/a?b', 'allow', 200]])
  })
})
