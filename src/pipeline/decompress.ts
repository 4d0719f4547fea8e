// Opens gzip, zstd and UTF-16 by their first bytes, as streams. The only file that knows the zstd library.

import { statSync } from 'node:fs'
import type { Transform } from 'node:stream'
import { createGunzip, createInflateRaw } from 'node:zlib'
import { Decompress } from 'fzstd'
import { ZstdFrames } from '../base/zstd-frames.ts'
import { readChunks, readStart } from './inputs.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'zip' | 'utf-16le' | 'utf-16be'

/** By the first four bytes. UTF-16 is what Windows' shells write; it is told by its mark or by its zeros. */
export function compressionOf(start: Uint8Array): Compression {
  const [a, b, c, d] = start
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  // A zstd file may begin with a frame to be skipped.
  if (a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd'
  if (a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6))) return 'zip'
  if (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (isPrintable(a) && b === 0 && isPrintable(c) && d === 0) return 'utf-16le'
  if (a === 0 && isPrintable(b) && c === 0 && isPrintable(d)) return 'utf-16be'
  return 'none'
}

/** True when the content must be unfolded as a stream: no part of it can be read alone. */
export function isFolded(compression: Compression): boolean {
  return compression !== 'none' && compression !== 'zip'
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13))
}

/** Most bytes a compressed input may unfold to, and most times its size: beyond it is a bomb, not a log. */
const unfoldedBytesMax = 256 * 1024 ** 3
const unfoldRatioMax = 2_000
const ratioFreeBytes = 1 << 28

/**
 * The file's content, unfolded. A broken stream ends it and is told through `onBroken`; what was read
 * before stays. Chunks are only valid until the next one.
 */
export async function* contentChunks(
  absolute: string,
  onBroken: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(readStart(absolute, 4))
  if (!isFolded(compression)) {
    yield* readChunks(absolute)
    return
  }
  const folded = statSync(absolute).size
  let unfolded = 0
  try {
    for await (const chunk of unfoldedChunks(compression, readChunks(absolute))) {
      unfolded += chunk.length
      if (unfolded > unfoldedBytesMax || (unfolded > ratioFreeBytes && unfolded > folded * unfoldRatioMax)) {
        onBroken('it unfolds to more than a log would: reading stopped')
        return
      }
      yield chunk
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    onBroken(`the ${compression} stream is cut off or broken (${why}); what stands before that was read`)
  }
}

function unfoldedChunks(
  compression: Compression,
  chunks: Iterable<Uint8Array>,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (compression === 'gzip') return through(createGunzip(outputOptions), chunks, gzipPieceBytes)
  if (compression === 'zstd') return unzstd(chunks)
  return recoded(compression, chunks)
}

const outputOptions = { chunkSize: 1 << 18 }
/** What is fed in one go, so that what comes out of it is bounded: deflate makes 1,032 times as much at most. */
const gzipPieceBytes = 1 << 16
/** Zstd makes 32,768 times as much at most. */
const zstdPieceBytes = 1 << 11

/** Deflate as it stands in a zip. Throws when it is broken. */
export function inflateRaw(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(createInflateRaw(outputOptions), chunks, gzipPieceBytes)
}

/**
 * One or several zstd frames. Throws when they are broken or want more memory than `ZstdFrames` allows.
 *
 * Node's own zstd (22.15 and newer) is not used: it ends at the first of several frames, and is no faster on
 * windows of the usual size.
 */
export function* unzstd(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let ready: Uint8Array[] = []
  const stream = new Decompress((chunk) => {
    ready.push(chunk)
  })
  for (const piece of pieces(checkedFrames(chunks), zstdPieceBytes)) {
    stream.push(piece)
    yield* ready
    ready = []
  }
  stream.push(new Uint8Array(), true)
  yield* ready
}

/** Stops before the decoder sees a frame that asks for too much memory. */
function* checkedFrames(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const frames = new ZstdFrames()
  for (const chunk of chunks) {
    const before = frames.goodBytes
    const problem = frames.chunk(chunk)
    yield problem === undefined ? chunk : chunk.subarray(0, Math.max(0, frames.goodBytes - before))
    if (problem !== undefined) throw new Error(problem)
  }
}

/** Copies, because the reader reuses its buffer while a decoder still holds what it was given. */
function* pieces(chunks: Iterable<Uint8Array>, bytes: number): Generator<Uint8Array> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += bytes) yield chunk.slice(at, at + bytes)
  }
}

/**
 * Feeds a decoder piece by piece and waits for each, so that all that came before an error is handed on: read as
 * a stream, a decoder that fails throws away what it still holds.
 */
async function* through(
  decoder: Transform,
  chunks: Iterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  let failure: Error | undefined
  let over = false
  let wake = () => {}
  decoder.on('data', (chunk: Uint8Array) => ready.push(chunk))
  decoder.on('error', (error) => {
    failure = error
  })
  const stop = () => {
    over = true
    wake()
  }
  decoder.once('end', stop)
  decoder.once('close', stop)
  try {
    for (const piece of pieces(chunks, pieceBytes)) {
      if (over) throw failure ?? new Error('other bytes follow its end')
      await new Promise<void>((resolve) => {
        wake = resolve
        decoder.write(piece, () => resolve())
      })
      yield* ready
      ready = []
    }
    if (!over) {
      await new Promise<void>((resolve) => {
        wake = resolve
        decoder.end()
      })
    }
    yield* ready
    if (failure) throw failure
  } finally {
    decoder.destroy()
  }
}

function* recoded(encoding: string, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  const encoder = new TextEncoder()
  for (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }))
  yield encoder.encode(decoder.decode())
}
