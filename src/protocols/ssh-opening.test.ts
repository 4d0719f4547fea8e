import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SshOpening } from './ssh-opening.ts'

/** Chunks as they went by, from the key exchange on; 20 ms apart where no pause (`+seconds`) stands between. */
function asks(text: string, waitS = 6): boolean {
  const opening = new SshOpening()
  let us = 0
  for (const word of text.split(' ')) {
    if (word.startsWith('+')) us += Number(word.slice(1)) * 1e6
    else {
      us += 20_000
      opening.packet(word.startsWith('s'), us, Number(word.slice(1)))
    }
  }
  return opening.asksToListen(us + waitS * 1e6)
}

/** Measured: OpenSSH 9.2 and its server, ed25519 key. Logins with three ciphers. */
const chacha = 's1112 c1208 s1564 c60 s44 c60 s76 c140 s100 c308 s28'
const gcm = 's1112 c1208 s1564 c68 s52 c68 s84 c148 s100 c308 s36'
const ctr = 's1112 c1208 s1564 c84 s68 c84 s100 c164 s116 c324 s52'

describe('what an SSH client asks for', () => {
  it.each([
    ['-N -R 8080:…', `${chacha} c128 s656 s160`],
    ['-N -R 127.0.0.1:0:…', `${chacha} c128 s656 s168`],
    ['-N -R 0.0.0.0:8080:…', `${chacha} c60 c60 s656 s132 s28`],
    ['-N -R, in one piece', `${chacha} c60 c60 s788 s28`],
    ['-N -R, seen by a busy gateway', `${chacha.replace(' s28', ' s684')} c128 s160`],
    ['-N -R, to a server of a long name', `c41 s60 ${chacha} c128 s656 s160`],
    ['-N -R, AES-GCM', `${gcm} c136 s664 s168`],
    ['-N -R, AES-CTR', `${ctr} c84 s844 c84 s52`],
    ['-N -R, kept alive', `${chacha} c128 s656 s160 +15 c52 s28 +15 c52 s28`],
    ['-N -R, that somebody comes back through', `${chacha} c128 s656 s160 +90 s100 c60 s200`],
  ])('is to be listened for: %s', (_, text) => {
    expect(asks(text)).toBe(true)
  })

  it.each([
    ['-N -L', `${chacha} c60 s656 s132`],
    ['-N -L, AES-GCM', `${gcm} c68 s664 s132`],
    ['-N -L, AES-CTR', `${ctr} c84 s844`],
    ['-N -L, seen by a busy gateway', `${chacha.replace(' s28', ' s684')} c60 s132`],
    ['a command, seen by a busy gateway', `${chacha.replace(' s28', ' s684')} c112 s176 c88 s72`],
    ['a login with a password', 's1112 c1208 s1564 c60 s44 c60 s76 c148 s28 c128 s656 s160'],
    ['-N -D', `${chacha} c60 s788`],
    ['-N -L, kept alive each second', `${chacha} c60 s656 s132 +1 c52 s28 +1 c52 s28 +1 c52 s28`],
    ['-N -L, kept alive each 15 seconds', `${chacha} c60 s656 s132 +15 c52 s28 +15 c52 s28`],
    ['a command that says nothing', `${chacha} c112 s656 s176 c52 s72 c36`],
    ['such a command, AES-GCM', `${gcm} c120 s664 s184 c52 s72 c36`],
    ['such a command, AES-CTR', `${ctr} c152 s696 s216 c68 s104 c52`],
    ['the shortest command', `${chacha} c112 s656 s176 c44 s72`],
    ['true', `${chacha} c112 s656 s176 c52 s72 c36 s124 c96`],
    ['a shell at its prompt', `${chacha} c112 s656 s176 c120 s108 c36 s332 s44 s52`],
    ['git', `${chacha} c112 s788 s44 c76 s72 c36 s44 s208 c96`],
    ['sftp', `${chacha} c112 s656 s176 c52 s36`],
    ['a session that the server never grants', `${chacha} c112 s656 s132`],
    ['-W to a host that is silent', `${chacha} c152 s656 s132`],
    ['-W to a host of a short name', `${chacha} c144 s656 s132`],
    ['a server that is silent', `${chacha} c128`],
    ['a login that fails', 's1112 c1208 s1564 c60 s44 c60 s76 c140 s76'],
    ['nothing yet', 's1112'],
  ])('is something else, or cannot be told: %s', (_, text) => {
    expect(asks(text)).toBe(false)
  })

  it('is not said before the client has been silent', () => {
    expect(asks(`${chacha} c128 s656 s160`, 3)).toBe(false)
  })

  it('is never looked for without end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(9e6), fc.nat(2_000)), { maxLength: 300 }),
        (chunks) => {
          const opening = new SshOpening()
          let us = 0
          for (const [fromServer, gapUs, bytes] of chunks) {
            us += gapUs
            opening.packet(fromServer, us, bytes)
          }
          expect(typeof opening.asksToListen(us + 1e7)).toBe('boolean')
        },
      ),
    )
  })
})
