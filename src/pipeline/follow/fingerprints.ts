// Knows a content again under another name or inode, also compressed: by its beginning and by the bytes before a place.

import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { contentChunks } from '../decompress.ts'

const headMax = 1024
const tailMax = 256

/** Of the first `offset` bytes of a content. */
export interface Fingerprint {
  readonly headBytes: number
  readonly head: string
  readonly offset: number
  readonly tail: string
}

/** Of what stands in an open file before `offset`. */
export function fingerprintOf(fd: number, offset: number): Fingerprint {
  const headBytes = Math.min(headMax, offset)
  return { headBytes, head: hashAt(fd, 0, headBytes), offset, tail: tailAt(fd, offset) }
}

/** Of a file that is read as a whole each time: its beginning has to do. */
export function headOnly(fd: number, size: number): Fingerprint {
  const headBytes = Math.min(tailMax, size)
  return { headBytes, head: hashAt(fd, 0, headBytes), offset: 0, tail: '' }
}

/** `no`: another content. `begins`: as far as it goes, and it is shorter. `yes`: it holds all of it, or more. */
export type Likeness = 'no' | 'begins' | 'yes'

export function likeness(fd: number, size: number, known: Fingerprint): Likeness {
  if (known.headBytes === 0) return 'no'
  if (size < known.headBytes || hashAt(fd, 0, known.headBytes) !== known.head) return 'no'
  if (known.offset === 0) return 'yes'
  if (size < known.offset) return 'begins'
  return tailAt(fd, known.offset) === known.tail ? 'yes' : 'no'
}

/** Whether the bytes before the place that was read up to are still those. */
export function stillThere(fd: number, known: Fingerprint): boolean {
  return known.offset === 0 || tailAt(fd, known.offset) === known.tail
}

/** The same question of a compressed file. `bytes` is how much it unfolds to. */
export async function likenessFolded(
  absolute: string,
  known: readonly Fingerprint[],
): Promise<{ readonly match: number; readonly bytes: number }> {
  const head = new Uint8Array(headMax)
  let kept = 0
  let bytes = 0
  const tails = known.map(() => new Uint8Array(0))
  let broken = false
  const fail = () => {
    broken = true
  }
  for await (const chunk of contentChunks(absolute, fail)) {
    if (kept < headMax) {
      const part = chunk.subarray(0, headMax - kept)
      head.set(part, kept)
      kept += part.length
    }
    known.forEach(({ offset }, k) => {
      const from = Math.max(0, offset - tailMax - bytes)
      const to = offset - bytes
      if (to <= 0 || from >= chunk.length) return
      tails[k] = joined(tails[k]!, chunk.subarray(from, Math.min(to, chunk.length)))
    })
    bytes += chunk.length
  }
  const match = known.findIndex(
    ({ headBytes, head: hash, offset, tail }, k) =>
      offset > 0 &&
      bytes >= offset &&
      sha(head.subarray(0, headBytes)) === hash &&
      sha(tails[k]!.subarray(Math.max(0, tails[k]!.length - tailMax))) === tail,
  )
  return { match: broken ? -1 : match, bytes }
}

function hashAt(fd: number, from: number, bytes: number): string {
  const buffer = new Uint8Array(bytes)
  return sha(buffer.subarray(0, readSync(fd, buffer, 0, bytes, from)))
}

function tailAt(fd: number, offset: number): string {
  const bytes = Math.min(tailMax, offset)
  return hashAt(fd, offset - bytes, bytes)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 24)
}
