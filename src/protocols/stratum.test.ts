import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { streamBytesMax } from './json-lines.ts'
import { mayBeStratumV2, readStratum, StratumReader } from './stratum.ts'

const none = new Uint8Array(0)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const lines = (...values: unknown[]): Uint8Array =>
  bytes(values.map((v) => `${JSON.stringify(v)}\n`).join(''))
const monero = `4${'A'.repeat(94)}`

describe('readStratum', () => {
  it('knows Stratum v1 by its methods, worker and agent', () => {
    const client = lines(
      { id: 1, method: 'mining.subscribe', params: ['cgminer/4.9.0'] },
      { id: 2, method: 'mining.authorize', params: ['wallet.rig', 'x'] },
    )
    expect(readStratum(client, none)).toEqual({
      dialect: 'stratum',
      methods: ['mining.subscribe', 'mining.authorize'],
      agent: 'cgminer/4.9.0',
      worker: 'wallet.rig',
    })
  })

  it('knows it from the pool alone', () => {
    expect(
      readStratum(none, lines({ id: null, method: 'mining.set_difficulty', params: [512] }))?.methods,
    ).toEqual(['mining.set_difficulty'])
  })

  it('knows Ethereum, and a pushed work package alone', () => {
    expect(
      readStratum(
        lines({ id: 1, jsonrpc: '2.0', method: 'eth_submitLogin', params: ['0xabc'], worker: 'rig1' }),
        none,
      ),
    ).toMatchObject({ dialect: 'ethereum', worker: '0xabc.rig1' })
    const word = `0x${'a1'.repeat(32)}`
    expect(readStratum(none, lines({ id: 0, jsonrpc: '2.0', result: [word, word, word] }))?.dialect).toBe(
      'ethereum',
    )
  })

  it('knows CryptoNote by two of its own tokens', () => {
    const login = { login: monero, pass: 'x', agent: 'XMRig/6.21.0 (Linux)', algo: ['rx/0'] }
    expect(readStratum(lines({ id: 1, jsonrpc: '2.0', method: 'login', params: login }), none)).toEqual({
      dialect: 'cryptonote',
      methods: ['login'],
      agent: 'XMRig/6.21.0 (Linux)',
      worker: monero,
    })
    const job = { job_id: '7', blob: '0e'.repeat(76), target: 'b88d0600', seed_hash: '1f'.repeat(32) }
    expect(readStratum(none, lines({ jsonrpc: '2.0', method: 'job', params: job }))?.dialect).toBe(
      'cryptonote',
    )
    expect(
      readStratum(none, lines({ id: 1, jsonrpc: '2.0', error: null, result: { id: 'a', job, status: 'OK' } }))
        ?.dialect,
    ).toBe('cryptonote')
  })

  it.each([
    ['a login', { method: 'login', params: { login: 'ann', pass: 'secret' } }],
    ['a login with an agent', { method: 'login', params: { login: 'ann', agent: 'app/1.2.3' } }],
    ['a job queue', { method: 'submit', params: { job_id: 'j-17', target: 'linux', nonce: 'n1' } }],
    [
      'MCP',
      { jsonrpc: '2.0', id: 0, method: 'initialize', params: { clientInfo: { name: 'a', version: '1' } } },
    ],
    [
      'MCP that talks of mining',
      { method: 'tools/call', params: { arguments: { q: 'what is mining.subscribe?' } } },
    ],
    ['LSP', { jsonrpc: '2.0', id: 1, method: 'textDocument/hover', params: {} }],
    ['an Ethereum node', { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', true] }],
    ['a poisoned object', JSON.parse('{"__proto__":{"method":"mining.submit"},"constructor":{}}')],
  ])('does not take %s for mining', (_name, message) => {
    expect(
      readStratum(lines(message), lines({ id: 1, jsonrpc: '2.0', result: { ok: true } })),
    ).toBeUndefined()
  })

  it('finds a line that comes late, however it is cut, and no further than the limit', () => {
    const padding = lines({ id: 1, method: 'ping', params: ['x'.repeat(900)] })
    const late = lines({ id: 2, method: 'mining.subscribe', params: [] })
    for (const [count, found] of [
      [60, true],
      [100, false],
    ] as const) {
      const reader = new StratumReader()
      for (let i = 0; i < count; i++) reader.feed('client', padding)
      for (let i = 0; i < late.length; i += 7) reader.feed('client', late.subarray(i, i + 7))
      expect(reader.result() !== undefined).toBe(found)
    }
    expect(padding.length * 60).toBeLessThan(streamBytesMax)
  })

  it('reads a first message without a newline, and goes on after a gap', () => {
    expect(readStratum(bytes('{"id":1,"method":"mining.subscribe","params":[]}'), none)).toBeDefined()
    const reader = new StratumReader()
    reader.feed('server', bytes('{"id":1,"met'))
    reader.gap('server')
    reader.feed('server', bytes('"}\n{"id":null,"method":"mining.notify","params":[]}\n'))
    expect(reader.result()?.methods).toEqual(['mining.notify'])
  })

  it('gives up at once on what is not JSON', () => {
    const reader = new StratumReader()
    reader.feed('client', bytes('GET / HTTP/1.1\r\n'))
    reader.feed('server', Uint8Array.from([22, 3, 1]))
    expect(reader.open).toBe(false)
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.uint8Array({ maxLength: 60 }), (json, tail) => {
        readStratum(bytes(`{"method":"login","params":${json},"result":${json}}\n`), tail)
      }),
    )
  })
})

it('calls a Stratum V2 connection set-up possible, and zeros not', () => {
  const host = bytes('pool.example.com')
  const payload = [0, 2, 0, 2, 0, 1, 0, 0, 0, host.length, ...host, 0x35, 0x0d, 0, 0, 0, 0]
  expect(mayBeStratumV2(Uint8Array.from([0, 0, 0, payload.length, 0, 0, ...payload]))).toBe(true)
  expect(mayBeStratumV2(new Uint8Array(64))).toBe(false)
})
