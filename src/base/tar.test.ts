import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTar, TarReader } from './tar.ts'

interface Member {
  readonly name: string
  readonly content: string
  readonly type?: string
  readonly prefix?: string
}

function block(member: Member): Uint8Array {
  const content = new TextEncoder().encode(member.content)
  const out = new Uint8Array(512 + Math.ceil(content.length / 512) * 512)
  const put = (text: string, at: number) => out.set(new TextEncoder().encode(text), at)
  put(member.name, 0)
  put('0000644\0', 100)
  put(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  put(`${(1_795_507_200).toString(8)}\0`, 136)
  put('        ', 148)
  put(member.type ?? '0', 156)
  put('ustar\x0000', 257)
  put(member.prefix ?? '', 345)
  const sum = out.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  out.set(content, 512)
  return out
}

function archive(members: readonly Member[], end = true): Uint8Array {
  return Buffer.concat([...members.map(block), ...(end ? [new Uint8Array(1024)] : [])])
}

function read(bytes: Uint8Array, chunkBytes = bytes.length) {
  const files: { name: string; content: string; modifiedUs: number; ended: boolean }[] = []
  const reader = new TarReader({
    begin: ({ name, modifiedUs }) => files.push({ name, content: '', modifiedUs, ended: false }),
    data(piece) {
      files[files.length - 1]!.content += Buffer.from(piece).toString('latin1')
    },
    end() {
      files[files.length - 1]!.ended = true
    },
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.chunk(bytes.slice(at, at + chunkBytes))
  return { files, problem: reader.end() }
}

const pax = (key: string, value: string) => {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

describe('TarReader', () => {
  const members: Member[] = [
    { name: 'logs/', content: '', type: '5' },
    { name: 'a.log', content: 'one\n', prefix: 'logs' },
    { name: '././@LongLink', content: `${'d/'.repeat(100)}b.log\0`, type: 'L' },
    { name: 'cut', content: 'x'.repeat(513) },
    { name: 'PaxHeader', content: pax('mtime', '1.5') + pax('path', 'with\nnewline 12 size=9'), type: 'x' },
    { name: 'plain', content: '' },
    { name: 'a link', content: '', type: '2' },
    { name: 'last', content: 'z' },
  ]

  it('gives the files of an archive in whatever chunks it comes', () => {
    for (const chunkBytes of [1, 100, 511, 512, 513, 100_000]) {
      const { files, problem } = read(archive(members), chunkBytes)
      expect(problem).toBeUndefined()
      expect(files.every(({ ended, modifiedUs }) => ended && modifiedUs === 1_795_507_200e6)).toBe(true)
      expect(files.map(({ name, content }) => [name, content])).toEqual([
        ['logs/a.log', 'one\n'],
        [`${'d/'.repeat(100)}b.log`, 'x'.repeat(513)],
        ['with\nnewline 12 size=9', ''],
        ['last', 'z'],
      ])
    }
  })

  it('says when an archive is cut off, and ends what it began', () => {
    const whole = archive(members, false)
    for (let end = 1; end < whole.length; end += 7) {
      const { files, problem } = read(whole.slice(0, end))
      expect(files.every(({ ended }) => ended)).toBe(true)
      if (end % 512 !== 0 && problem === undefined) {
        // Only the padding behind a file is missing.
        expect(files.length).toBeGreaterThan(0)
      }
    }
    expect(read(whole.slice(0, 700)).problem).toBe('the archive is cut off')
    expect(read(Buffer.concat([whole, Buffer.alloc(600, 7)])).problem).toBe(
      'a header of the archive is broken',
    )
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(2_500), fc.nat(255), (noise, at, byte) => {
        read(noise, 300)
        const broken = archive(members)
        broken[at % broken.length] = byte
        read(broken, 1_000)
        read(Buffer.concat([archive(members, false), noise]))
      }),
    )
  })

  it('is told by its header and that header’s checksum', () => {
    const bytes = archive(members)
    expect(isTar(bytes)).toBe(true)
    expect(isTar(bytes.subarray(0, 511))).toBe(false)
    bytes[3] = 99
    expect(isTar(bytes)).toBe(false)
  })
})
