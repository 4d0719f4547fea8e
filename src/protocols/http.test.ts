import { describe, expect, it } from 'vitest'
import { isHttp2Preface, readHttpRequest, readHttpResponse } from './http.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('readHttpRequest', () => {
  it('reads the line, host and user agent, and finds the body', () => {
    const text = 'POST /api?q=1 HTTP/1.1\r\nHost: API.example.com\r\nUser-Agent: curl/8.5.0\r\n\r\n{}'
    expect(readHttpRequest(bytes(text))).toEqual({
      method: 'POST',
      path: '/api?q=1',
      host: 'api.example.com',
      userAgent: 'curl/8.5.0',
      bodyAt: text.length - 2,
    })
  })

  it('takes the host a proxy is asked for, and leaves out who asks', () => {
    expect(
      readHttpRequest(bytes('GET http://user:pw@example.com:81/x HTTP/1.1\r\nHost: other\r\n\r\n')),
    ).toMatchObject({
      host: 'example.com:81',
      path: '/x',
    })
    expect(readHttpRequest(bytes('CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n'))).toMatchObject({
      method: 'CONNECT',
      host: '[2001:db8::1]:443',
    })
  })

  it('reads a WebSocket upgrade and its subprotocols', () => {
    const text =
      'GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: chisel-v3, b\r\n\r\n'
    expect(readHttpRequest(bytes(text))).toMatchObject({
      upgrade: 'websocket',
      webSocketProtocols: ['chisel-v3', 'b'],
    })
  })

  it('believes the first of two hosts', () => {
    expect(readHttpRequest(bytes('GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n'))?.host).toBe(
      'a.example',
    )
  })

  it('reads a head that is cut, and says so by giving no body', () => {
    expect(readHttpRequest(bytes('GET /long HTTP/1.1\r\nHost: example.c'))).toEqual({
      method: 'GET',
      path: '/long',
      host: 'example.c',
    })
  })

  it.each(['', 'G', 'HELO example.com\r\n', 'SSH-2.0-x\r\n', 'GETS x', '\x16\x03\x01'])(
    'does not take %j for one',
    (text) => {
      expect(readHttpRequest(bytes(text))).toBeUndefined()
    },
  )
})

describe('readHttpResponse', () => {
  it('reads the status, and what follows', () => {
    expect(readHttpResponse(bytes('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nX'))).toEqual({
      status: 101,
      upgrade: 'websocket',
      bodyAt: 46,
    })
    expect(readHttpResponse(bytes('HTTP/1.1 2000'))).toBeUndefined()
  })
})

it('knows the preface of HTTP/2', () => {
  expect(isHttp2Preface(bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))).toBe(true)
  expect(isHttp2Preface(bytes('PRI * HTTP/1'))).toBe(false)
})
