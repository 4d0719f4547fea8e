// Opens gzip and zstd by their first bytes, as streams. The only file that knows the zstd library.

import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { readChunks, readStart } from './inputs.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'zip'

export function compressionOf(start: Uint8Array): Compression {
  const [a, b, c, d] = start
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  if (a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6))) return 'zip'
  return 'none'
}

/** Most bytes a compressed input may unfold to, and most times its size: beyond it is a bomb, not a log. */
export const unfoldedBytesMax = 256 * 1024 ** 3
export const unfoldRatioMax = 2_000

/**
 * The file's content, decompressed. A broken stream ends it and is told through `onBroken`; what was read
 * before stays. Chunks are only valid until the next one.
 */
export async function* contentChunks(
  absolute: string,
  onBroken: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(readStart(absolute, 4))
  if (compression === 'gzip') yield* guarded(gunzip(absolute), absolute, onBroken)
  else if (compression === 'zstd') yield* guarded(unzstd(absolute), absolute, onBroken)
  else yield* readChunks(absolute)
}

async function* guarded(
  chunks: AsyncIterable<Uint8Array>,
  absolute: string,
  onBroken: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  let unfolded = 0
  const folded = statSync(absolute).size
  try {
    for await (const chunk of chunks) {
      unfolded += chunk.length
      if (unfolded > unfoldedBytesMax || (unfolded > 1 << 28 && unfolded > folded * unfoldRatioMax)) {
        onBroken('it unfolds to more than a log would: reading stopped')
        return
      }
      yield chunk
    }
  } catch (error) {
    onBroken(`the compressed stream is broken: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function* gunzip(absolute: string): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: 1 << 18 })
  const feed = async () => {
    for (const chunk of readChunks(absolute)) {
      if (stream.destroyed) return
      // A copy: the reader reuses its buffer while zlib still holds the chunk.
      if (!stream.write(chunk.slice())) await Promise.race([once(stream, 'drain'), once(stream, 'close')])
    }
    stream.end()
  }
  const feeding = feed().catch((error: unknown) => {
    stream.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  for await (const chunk of stream) yield chunk as Uint8Array
  await feeding
}

async function* unzstd(absolute: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  const stream = new Decompress((chunk) => {
    ready.push(chunk)
  })
  for (const chunk of readChunks(absolute)) {
    stream.push(chunk.slice())
    yield* ready
    ready = []
  }
  stream.push(new Uint8Array(), true)
  yield* ready
}
