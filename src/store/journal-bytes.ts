// Reads a journal as lines of bytes, with one chunk and one unfinished line in memory at most.

import { existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { OperatorError } from '../base/errors.ts'
import { journalLineBytesMax } from '../schema/journal.ts'
import { recordingPaths } from './folder.ts'

const chunkBytes = 1 << 20

export interface LineBytes {
  /** Whole lines without their newlines. */
  readonly lines: readonly Buffer[]
  /** With the last of them: what stands behind the last newline. Cut at the longest line there may be. */
  readonly tail?: Buffer
}

/**
 * The lines of a journal, many at a time. One that is longer than a line may be comes cut at that length, as the tail,
 * and nothing is read behind it.
 */
export async function* journalBytes(path: string): AsyncGenerator<LineBytes> {
  const file = await open(path, 'r')
  try {
    let carry: Buffer = Buffer.alloc(0)
    while (true) {
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null)
      if (bytesRead === 0) break
      const bytes =
        carry.length === 0
          ? chunk.subarray(0, bytesRead)
          : Buffer.concat([carry, chunk.subarray(0, bytesRead)])
      const lines: Buffer[] = []
      let from = 0
      for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
        lines.push(bytes.subarray(from, to))
        from = to + 1
      }
      carry = bytes.subarray(from)
      yield { lines }
      if (carry.length > journalLineBytesMax) break
    }
    yield { lines: [], tail: carry.subarray(0, journalLineBytesMax) }
  } finally {
    await file.close()
  }
}

/** journal.jsonl of a recording's folder, or the file itself. Throws an `OperatorError` when there is none. */
export function journalPath(path: string): { readonly file: string; readonly dir?: string } {
  const folder = existsSync(path) && statSync(path).isDirectory()
  const file = folder ? recordingPaths(path).journal : path
  if (!existsSync(file)) {
    throw new OperatorError('usage', {
      what: `${path} is no recording.`,
      why: folder ? 'It holds no journal.jsonl.' : 'There is no such file or folder.',
      fix: 'Name the folder that `vigiles run` printed when it started.',
    })
  }
  return folder ? { file, dir: path } : { file }
}
