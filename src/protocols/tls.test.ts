import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClientHello, readServerHello } from './tls.ts'

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0))
const sized = (body: number[]): number[] => [body.length >> 8, body.length & 255, ...body]
const extension = (type: number, body: number[]): number[] => [type >> 8, type & 255, ...sized(body)]

const name = extension(0, sized([0, ...sized(ascii('Pool.Example.com'))]))
const alpn = extension(16, sized([2, 0x1a, 0x1a, 2, ...ascii('h2'), 8, ...ascii('http/1.1')]))
const versions = extension(43, [6, 0x3a, 0x3a, 3, 4, 3, 3])

function handshake(type: number, body: number[]): number[] {
  return [type, 0, ...sized(body)]
}

function clientHello(...extensions: number[][]): number[] {
  const random = new Array<number>(32).fill(7)
  return handshake(1, [3, 3, ...random, 0, ...sized([0x13, 1]), 1, 0, ...sized(extensions.flat())])
}

/** One TLS record for each part of `size` bytes. */
function records(body: number[], size = 16_384): Uint8Array {
  const out: number[] = []
  for (let i = 0; i < body.length; i += size) out.push(22, 3, 1, ...sized(body.slice(i, i + size)))
  return Uint8Array.from(out)
}

describe('readClientHello', () => {
  it('reads name, protocols and version, without GREASE', () => {
    expect(readClientHello(records(clientHello(name, alpn, versions)))).toEqual({
      sni: 'pool.example.com',
      alpn: ['h2', 'http/1.1'],
      version: 'TLSv1.3',
      ech: false,
      complete: true,
    })
  })

  it('puts a hello together that is spread over records', () => {
    const whole = readClientHello(records(clientHello(name, alpn, versions)))
    for (const size of [1, 3, 40])
      expect(readClientHello(records(clientHello(name, alpn, versions), size))).toEqual(
        size < 4 ? undefined : whole,
      )
  })

  it('sees Encrypted Client Hello', () => {
    expect(readClientHello(records(clientHello(name, extension(0xfe0d, [0, 1, 2]))))?.ech).toBe(true)
  })

  it('gives what it has of one that is cut', () => {
    const bytes = records(clientHello(name, alpn, versions))
    expect(readClientHello(bytes.subarray(0, bytes.length - 15))).toMatchObject({
      sni: 'pool.example.com',
      complete: false,
    })
  })

  it('takes nothing else for one', () => {
    expect(readClientHello(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))).toBeUndefined()
    expect(readClientHello(records(handshake(2, new Array<number>(60).fill(3))))).toBeUndefined()
  })

  it('is total', () => {
    const hello = clientHello(name, alpn, versions)
    fc.assert(
      fc.property(fc.nat(hello.length - 1), fc.nat(255), fc.nat(200), (at, value, end) => {
        const broken = [...hello]
        broken[at] = value
        readClientHello(records(broken).subarray(0, end))
        readServerHello(records(broken).subarray(0, end))
      }),
    )
  })
})

describe('readServerHello', () => {
  it('reads the version that was chosen', () => {
    const chosen = extension(43, [3, 4])
    const hello = handshake(2, [3, 3, ...new Array<number>(32).fill(1), 0, 0x13, 2, 0, ...sized(chosen)])
    expect(readServerHello(records(hello))).toEqual({ version: 'TLSv1.3', cipher: 0x1302 })
  })
})
