// Packages for the range's registry: real archives of programs that do nothing, made when they are asked for.

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

const version = '1.2.3'
/** Made once each, so that what the document promises is what the archive holds. */
const archives = new Map<string, Uint8Array>()
const archivesMax = 1000

/** `<name>-1.2.3.tgz`, of a size that follows from the name. */
export function archiveOf(name: string): Uint8Array {
  const known = archives.get(name)
  if (known) return known
  const made = gzipSync(
    Buffer.concat([
      file(
        'package/package.json',
        `${JSON.stringify({ name, version, main: 'index.js', license: 'MIT' })}\n`,
      ),
      file('package/index.js', `module.exports = ${JSON.stringify(name)}\n`),
      file('package/CHANGES.md', noise(name)),
      Buffer.alloc(1024), // Two empty blocks end an archive.
    ]),
  )
  if (archives.size < archivesMax) archives.set(name, made)
  return made
}

/** What `GET /<name>` of a registry answers. `base` is the registry's own URL without a slash at its end. */
export function packageDocument(name: string, base: string): string {
  const archive = archiveOf(name)
  const hash = (algorithm: string) => createHash(algorithm).update(archive)
  const dist = {
    tarball: `${base}/${name}/-/${name}-${version}.tgz`,
    shasum: hash('sha1').digest('hex'),
    integrity: `sha512-${hash('sha512').digest('base64')}`,
  }
  return JSON.stringify({
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, main: 'index.js', license: 'MIT', dist } },
  })
}

/** A file as an entry of a tar archive (POSIX ustar): a header block, then the content in blocks of 512 bytes. */
function file(path: string, content: string): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(512)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(path, 0)
  header.write(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100)
  header.write(`${octal(bytes.length, 11)}\0${octal(0, 11)}\0        0`, 124)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** Some kilobytes that do not compress away. */
function noise(seed: string): string {
  const lines = 40 + ((seed.length * 977) % 900)
  return Array.from({ length: lines }, (_, i) =>
    createHash('sha256').update(`${seed}/${i}`).digest('hex'),
  ).join('\n')
}
