import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgentService } from './agent-service.ts'

describe('the service for hooks and telemetry', () => {
  const seen: { hooks: unknown[]; exports: string[]; refused: string[] } = {
    hooks: [],
    exports: [],
    refused: [],
  }
  let reading: Promise<void> | undefined
  const service = startAgentService<string>({
    onHook(name, body, caller) {
      seen.hooks.push([name, body, caller])
      return { systemMessage: 'no' }
    },
    async onTelemetry(body) {
      seen.exports.push(Buffer.from(body).toString())
      await reading
    },
    onRefused: (why) => void seen.refused.push(why),
  })
  const server = createServer({ pauseOnConnect: true }, (client) => service.take(client, 'unit-1'))
  let url = ''
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    service.close()
    server.close()
  })

  const post = async (path: string, body: string, type = 'application/json') => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { 'Content-Type': type } })
    return { status: response.status, body: await response.json() }
  }

  it('answers hooks, and knows who asks from the connection alone', async () => {
    expect(await post('/hook/claude', '{"hook_event_name":"PreToolUse"}')).toEqual({
      status: 200,
      body: { systemMessage: 'no' },
    })
    expect(seen.hooks).toEqual([['claude', { hook_event_name: 'PreToolUse' }, 'unit-1']])
  })

  it('takes telemetry as JSON, and says what else it would need', async () => {
    expect((await post('/v1/logs', '{}')).status).toBe(200)
    expect((await post('/v1/traces', 'x', 'text/plain')).status).toBe(415)
    expect(seen.exports).toEqual(['{}'])
  })

  it('takes it as protocol buffers too, compressed or not, and answers in kind', async () => {
    seen.exports.length = 0
    // One span named `a`.
    const request = Buffer.from('0a07120512032a0161', 'hex')
    const send = async (path: string, body: Buffer, encoding: Record<string, string> = {}) => {
      const headers = { 'Content-Type': 'application/x-protobuf', ...encoding }
      const response = await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(body), headers })
      const answer = response.ok ? await response.arrayBuffer() : undefined
      return [response.status, response.headers.get('content-type'), answer?.byteLength]
    }
    const taken = [200, 'application/x-protobuf', 0]
    expect(await send('/v1/traces', request)).toEqual(taken)
    expect(await send('/v1/traces', gzipSync(request), { 'Content-Encoding': 'gzip' })).toEqual(taken)
    const json = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}'
    expect(seen.exports).toEqual([json, json])
    expect(await send('/v1/metrics', request)).toEqual(taken)
    expect((await send('/v1/traces', request.subarray(0, 5)))[0]).toBe(400)
    expect((await send('/v1/traces', request, { 'Content-Encoding': 'gzip' }))[0]).toBe(413)
    expect(
      (await send('/v1/traces', gzipSync(Buffer.alloc(20 << 20)), { 'Content-Encoding': 'gzip' }))[0],
    ).toBe(413)
    expect(seen.exports).toHaveLength(2)
  })

  it('reads one export after the other, as little may become much, and lets no hook wait for them', async () => {
    seen.exports.length = 0
    let go = () => {}
    reading = new Promise((resolve) => {
      go = resolve
    })
    const sent = [1, 2, 3].map((n) => post('/v1/logs', `{"n":${n}}`))
    while (seen.exports.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await post('/hook/claude', '{}')).status).toBe(200)
    expect(seen.exports).toHaveLength(1)
    go()
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(seen.exports).toHaveLength(3)
  })

  it('refuses and counts what is none of these', async () => {
    seen.refused.length = 0
    expect((await post('/hook/claude', 'no json')).status).toBe(400)
    expect((await post('/hook/../etc', '{}')).status).toBe(404)
    expect((await post('/hook/claude', ' '.repeat(9 * 1024 * 1024))).status).toBe(413)
    expect(seen.refused).toHaveLength(3)
  })
})
