import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { zstdOf } from '../../test/zstd-of.ts'
import { compressionOf, contentChunks } from './decompress.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigiles-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = Array.from({ length: 30_000 }, (_, i) => `{"n":${i},"x":"${(i * 7919) % 10_007}"}\n`).join('')

async function content(bytes: Uint8Array): Promise<{ text: string; broken: string[] }> {
  const path = join(folder, 'input')
  writeFileSync(path, bytes)
  const parts: Buffer[] = []
  const broken: string[] = []
  for await (const chunk of contentChunks(path, (reason) => broken.push(reason)))
    parts.push(Buffer.from(chunk))
  return { text: Buffer.concat(parts).toString('utf8'), broken }
}

function hasZstd(): boolean {
  try {
    execFileSync('zstd', ['--version'])
    return true
  } catch {
    return false
  }
}

describe('gzip', () => {
  it('reads one member after the other', async () => {
    const bytes = Buffer.concat([gzipSync(text), gzipSync('the end\n')])
    expect(await content(bytes)).toEqual({ text: `${text}the end\n`, broken: [] })
  })

  it('keeps all that stands before the cut, and says so', async () => {
    const whole = gzipSync(text)
    const cut = await content(whole.subarray(0, whole.length - 2_000))
    expect(cut.broken).toEqual([expect.stringContaining('cut off')])
    expect(text.startsWith(cut.text)).toBe(true)
    expect(cut.text.length).toBeGreaterThan(text.length * 0.8)
  })

  it('says when other bytes follow', async () => {
    expect((await content(Buffer.concat([gzipSync(text), Buffer.from('other')]))).broken).toHaveLength(1)
  })
})

describe('zstd', () => {
  it('reads frames, also skippable ones, one after the other', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const bytes = Buffer.concat([skipped, zstdOf(Buffer.from(text)), zstdOf(Buffer.from('the end\n'))])
    expect(await content(bytes)).toEqual({ text: `${text}the end\n`, broken: [] })
  })

  it('keeps all that stands before other bytes or a cut', async () => {
    const whole = zstdOf(Buffer.from(text))
    const followed = await content(Buffer.concat([whole, Buffer.from('other bytes')]))
    expect(followed).toEqual({ text, broken: [expect.stringContaining('not a zstd frame')] })
    const cut = await content(whole.subarray(0, whole.length - 2_000))
    expect(cut.broken).toHaveLength(1)
    expect(text.startsWith(cut.text)).toBe(true)
    expect(cut.text.length).toBeGreaterThan(300_000)
  })

  it('refuses a frame that wants gigabytes of memory', async () => {
    const greedy = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0])
    expect((await content(greedy)).broken).toEqual([expect.stringContaining('window of 2147483648 bytes')])
  })

  it('stops at a bomb', async () => {
    // Repeated-byte blocks: four bytes stand for 128 KiB.
    const blocks = Buffer.concat(Array.from({ length: 3_000 }, () => Buffer.from([0x02, 0, 0x10, 0x61])))
    const bytes = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]), blocks])
    const path = join(folder, 'bomb')
    writeFileSync(path, bytes)
    const broken: string[] = []
    let size = 0
    for await (const chunk of contentChunks(path, (reason) => broken.push(reason))) size += chunk.length
    expect(broken).toEqual([expect.stringContaining('more than a log would')])
    expect(size).toBeLessThanOrEqual(2 ** 28)
  })

  it.runIf(hasZstd())('reads what the zstd program writes, at any level', async () => {
    for (const level of ['-1', '-19', '--long=27']) {
      const bytes = execFileSync('zstd', ['-q', '-c', level], { input: text, maxBuffer: 1 << 26 })
      expect(await content(bytes)).toEqual({ text, broken: [] })
    }
  })
})

describe('UTF-16', () => {
  it('is read whether marked or not, in both orders of bytes', async () => {
    const words = '{"rule":"Überwachung 监控"}\n'
    const little = Buffer.from(words, 'utf16le')
    const big = Buffer.from(little).swap16()
    const marked = [Buffer.from([0xff, 0xfe]), little]
    expect((await content(Buffer.concat(marked))).text).toBe(words)
    expect((await content(Buffer.concat([Buffer.from([0xfe, 0xff]), big]))).text).toBe(words)
    expect((await content(little)).text).toBe(words)
    expect((await content(big)).text).toBe(words)
  })

  it('is not seen where there is none', () => {
    expect(compressionOf(Buffer.from('{"a"'))).toBe('none')
    expect(compressionOf(Buffer.from([0xd4, 0xc3, 0xb2, 0xa1]))).toBe('none')
    expect(compressionOf(Buffer.from([0x0a, 0x0d, 0x0d, 0x0a]))).toBe('none')
    expect(compressionOf(Buffer.from([0xff, 0xfe, 0, 0]))).toBe('none')
    expect(compressionOf(new Uint8Array())).toBe('none')
  })
})
