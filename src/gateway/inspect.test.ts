import { describe, expect, it } from 'vitest'
import { inspect } from './inspect.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const head = 'POST /rpc HTTP/1.1\r\nHost: api.example.com\r\n'

describe('the first bytes', () => {
  it('of a request are looked at with the beginning of its body, where one is announced', () => {
    const state = (text: string) => inspect(bytes(text), bytes('')).state
    expect(state(`${head}Content-Length: 20\r\n\r\n`)).toBe('promising')
    expect(state(`${head}Content-Length: 20\r\n\r\n{"method"`)).toBe('sure')
    expect(state(`${head}Transfer-Encoding: chunked\r\n\r\n`)).toBe('promising')
    expect(state(`${head}Content-Length: 0\r\n\r\n`)).toBe('sure')
    // It would wait for us, and we for it.
    expect(state(`${head}Content-Length: 20\r\nExpect: 100-continue\r\n\r\n`)).toBe('sure')
    expect(state('GET / HTTP/1.1\r\nHost: a')).toBe('promising')
  })
})
