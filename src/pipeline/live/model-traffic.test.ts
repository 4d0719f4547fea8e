import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startModelTraffic } from './model-traffic.ts'

const request = {
  method: 'POST',
  path: '/v1/messages',
  host: 'model.example',
  userAgent: undefined,
  upgrade: undefined,
}
const answer = (id: string) =>
  JSON.stringify({ content: [{ type: 'tool_use', id, name: 'Bash', input: { command: 'ls' } }] })

function traffic() {
  const seen: string[] = []
  const models = startModelTraffic({
    onCall: ({ id, name }, { unit }) => {
      seen.push(`${unit} asked ${name} ${id}`)
      return `kept-${id}`
    },
    onResult: (id) => seen.push(`result ${id}`),
  })
  const watch = (more: Partial<typeof request> = {}) =>
    models.watch({ ...request, ...more }, { tier: 'none', unit: 'unit-1' })
  return { seen, watch }
}

describe('traffic with models', () => {
  it.each([
    ['', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
    ['br', (text: string) => brotliCompressSync(text)],
    ['deflate', (text: string) => deflateSync(text)],
  ])('tells of calls, and of their results in a later request; encoding %j', async (encoding, pack) => {
    const { seen, watch } = traffic()
    const first = watch()
    first?.answered(200, 'application/json', encoding)
    for (const byte of pack(answer('toolu_1'))) first?.answer(Uint8Array.of(byte))
    first?.end()
    for (let i = 0; i < 100 && seen.length === 0; i++) await sleep(5)
    expect(seen).toEqual(['unit-1 asked Bash toolu_1'])
    // Another conversation of the same agent says nothing of it.
    watch()?.request(Buffer.from('{"messages":[{"content":"a title"}]}'))
    const next = watch()
    const body = '{"messages":[{"type":"tool_result","tool_use_id":"toolu_1"}]}'
    next?.request(Buffer.from(body.slice(0, body.indexOf('_1'))))
    next?.request(Buffer.from(body.slice(body.indexOf('_1'))))
    expect(seen.slice(1)).toEqual(['result kept-toolu_1'])
  })

  it('looks at nothing else, and at no answer that failed', () => {
    const { seen, watch } = traffic()
    expect(watch({ path: '/v1/embeddings' })).toBeUndefined()
    expect(watch({ method: 'GET' })).toBeUndefined()
    const failed = watch()
    failed?.answered(500, 'application/json', '')
    failed?.answer(Buffer.from(answer('a')))
    failed?.end()
    const strange = watch()
    strange?.answered(200, 'application/json', 'zstd')
    strange?.answer(Buffer.from(answer('a')))
    strange?.end()
    expect(seen).toEqual([])
  })

  it('ends with what becomes more than anybody answers, or is broken', async () => {
    const { seen, watch } = traffic()
    for (const bytes of [gzipSync(`${' '.repeat(60 << 20)}${answer('a')}`), Buffer.from('no gzip at all')]) {
      const one = watch()
      one?.answered(200, 'application/json', 'gzip')
      for (let i = 0; i < bytes.length; i += 4096) one?.answer(bytes.subarray(i, i + 4096))
      await sleep(50)
      one?.answer(Buffer.from('more'))
      one?.end()
    }
    expect(seen).toEqual([])
  })

  it('is read of so many at once and no more', () => {
    const { watch } = traffic()
    const open = Array.from({ length: 100 }, () => watch())
    expect(open.filter((one) => one !== undefined)).toHaveLength(64)
    open[0]?.end()
    expect(watch()).toBeDefined()
  })
})
