import { describe, expect, it } from 'vitest'
import { readSocks } from './socks.ts'

const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...p].map((c) => c.charCodeAt(0)))))
const none = new Uint8Array(0)

describe('readSocks', () => {
  it('reads version 4 and 4a', () => {
    expect(readSocks(bytes(4, 1, 0, 80, 192, 0, 2, 1, 'me', 0), bytes(0, 90, 0, 0, 0, 0, 0, 0, 'x'))).toEqual(
      {
        version: '4',
        command: 'connect',
        host: '192.0.2.1',
        port: 80,
        granted: true,
        clientAt: 11,
        serverAt: 8,
      },
    )
    expect(readSocks(bytes(4, 1, 1, 187, 0, 0, 0, 1, 0, 'example.com', 0, 'z'), none)).toMatchObject({
      version: '4a',
      host: 'example.com',
      port: 443,
      clientAt: 21,
    })
  })

  it('reads version 5 with a password, by name, and where the carried bytes begin', () => {
    const client = bytes(5, 1, 2, 1, 1, 'u', 2, 'pw', 5, 1, 0, 3, 11, 'example.com', 0, 22, 'SSH')
    const server = bytes(5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 'ssh')
    expect(readSocks(client, server)).toEqual({
      version: '5',
      command: 'connect',
      host: 'example.com',
      port: 22,
      granted: true,
      clientAt: client.length - 3,
      serverAt: server.length - 3,
    })
  })

  it('reads a refusal, and an IPv6 target', () => {
    const client = bytes(5, 1, 0, 5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 80)
    expect(readSocks(client, bytes(5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0))).toMatchObject({
      host: '2001:db8::7',
      granted: false,
    })
  })

  it('does not take other bytes for it', () => {
    expect(readSocks(bytes(5, 1, 0), bytes(5, 0))).toBeUndefined()
    expect(readSocks(bytes(5, 1, 0, 5, 1, 0, 1, 1, 1, 1, 1, 0, 80), bytes('HTTP'))).toBeUndefined()
    expect(readSocks(bytes(4, 1, 0, 80, 1, 1, 1, 1, 0), bytes('RFB 003.008'))).toBeUndefined()
    expect(readSocks(none, none)).toBeUndefined()
  })
})
