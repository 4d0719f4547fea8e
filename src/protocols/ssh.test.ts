import { describe, expect, it } from 'vitest'
import { findSshBanner, readGreetedSshBanner, readSshBanner, sshRole } from './ssh.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('readSshBanner', () => {
  it('reads the identification and where the packets begin', () => {
    const text = 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'
    expect(readSshBanner(bytes(`${text}\0\0`))).toEqual({
      text: 'SSH-2.0-OpenSSH_9.2p1 Debian-2',
      end: text.length,
    })
  })

  it('reads old servers, lines before it, and one that is cut', () => {
    expect(readSshBanner(bytes('SSH-1.99-Cisco-1.25\n'))?.text).toBe('SSH-1.99-Cisco-1.25')
    expect(readGreetedSshBanner(bytes('Authorised use only\r\nSSH-2.0-dropbear\r\n'))?.text).toBe(
      'SSH-2.0-dropbear',
    )
    expect(readSshBanner(bytes('SSH-2.0-Open'))?.text).toBe('SSH-2.0-Open')
  })

  it('does not take talk of SSH for SSH', () => {
    expect(readSshBanner(bytes('SSH-2.0-\r\n'))).toBeUndefined()
    expect(readSshBanner(bytes('GET /SSH-2.0-x HTTP/1.1\r\n'))).toBeUndefined()
    expect(readSshBanner(bytes('\0\0SSH-2.0-OpenSSH\r\n'))).toBeUndefined()
  })

  it('finds it inside other bytes', () => {
    expect(findSshBanner(bytes('\x82\x20xSSH-x SSH-chisel-v3-client\r\n\0'))?.text).toBe(
      'SSH-chisel-v3-client',
    )
    expect(findSshBanner(bytes('"SSH-2.0-é'))).toBeUndefined()
  })
})

describe('sshRole', () => {
  /** length, padding, message, then filling. */
  const packet = (message: number): number[] => [0, 0, 0, 12, 4, message, ...new Array<number>(10).fill(0)]

  it('knows each side by the messages only it sends', () => {
    expect(sshRole(Uint8Array.from([...packet(20), ...packet(30)]), 0)).toBe('client')
    expect(sshRole(Uint8Array.from([...packet(20), ...packet(31)]), 0)).toBe('server')
    expect(sshRole(Uint8Array.from(packet(20)), 0)).toBeUndefined()
    expect(sshRole(Uint8Array.from([255, 255, 255, 255, 4, 30, 0]), 0)).toBeUndefined()
  })
})
