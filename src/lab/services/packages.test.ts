import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { archiveOf, packageDocument } from './packages.ts'

test('the archive is what its document promises', () => {
  const { versions } = JSON.parse(packageDocument('tiny-args', 'https://registry.example.org'))
  const { dist } = versions['1.2.3']
  expect(dist.tarball).toBe('https://registry.example.org/tiny-args/-/tiny-args-1.2.3.tgz')
  expect(dist.integrity).toBe(
    `sha512-${createHash('sha512').update(archiveOf('tiny-args')).digest('base64')}`,
  )
})

test('the archive is a tar of whole blocks with right sums, and of another size for another name', () => {
  const tar = gunzipSync(archiveOf('tiny-args'))
  expect(tar.length % 512).toBe(0)
  const names: string[] = []
  for (let at = 0; tar[at] !== 0; ) {
    const header = Buffer.from(tar.subarray(at, at + 512))
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8)
    const sum = Number.parseInt(header.toString('latin1', 148, 154), 8)
    expect(header.fill(' ', 148, 156).reduce((total, byte) => total + byte, 0)).toBe(sum)
    names.push(header.toString('latin1', 0, 100).replace(/\0+$/, ''))
    at += 512 + Math.ceil(size / 512) * 512
  }
  expect(names).toEqual(['package/package.json', 'package/index.js', 'package/CHANGES.md'])
  expect(archiveOf('left-trim').length).not.toBe(archiveOf('a').length)
})
