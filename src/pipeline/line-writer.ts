// Writes lines to a file in large pieces; a full disk ends in a plain message, and no half file looks whole.

import { closeSync, openSync, renameSync, writeSync } from 'node:fs'
import { OperatorError } from '../base/errors.ts'

/** Large enough that a call of the system is nothing, small enough to stay in the processor's cache. */
const blockBytes = 1 << 20
/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const pieceChars = Math.floor(blockBytes / 3)

/** Lines go to `path.partial`; `close` gives the file its name. */
export class LineWriter {
  readonly #path: string
  readonly #fd: number
  readonly #block = Buffer.allocUnsafeSlow(blockBytes)
  #used = 0
  lines = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = orderly(path, () => openSync(`${path}.partial`, 'w'))
  }

  write(line: string): void {
    this.lines++
    if (line.length >= pieceChars) this.#whole(line)
    else {
      if (this.#used + 3 * line.length + 1 > blockBytes) this.#flush()
      this.#used += this.#block.write(line, this.#used)
    }
    if (this.#used === blockBytes) this.#flush()
    this.#block[this.#used++] = 10
  }

  close(): void {
    this.#flush()
    orderly(this.#path, () => {
      closeSync(this.#fd)
      renameSync(`${this.#path}.partial`, this.#path)
    })
  }

  #whole(text: string): void {
    this.#flush()
    this.#put(Buffer.from(text, 'utf8'))
  }

  #flush(): void {
    if (this.#used === 0) return
    this.#put(this.#block.subarray(0, this.#used))
    this.#used = 0
  }

  #put(bytes: Uint8Array): void {
    orderly(this.#path, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    })
  }
}

/** One small file, whole or not at all. */
export function writeWhole(path: string, text: string): void {
  const writer = new LineWriter(path)
  writer.write(text.endsWith('\n') ? text.slice(0, -1) : text)
  writer.close()
}

function orderly<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw new OperatorError('environment', {
      what: `${path}: could not be written (${code || String(cause)})`,
      fix:
        code === 'ENOSPC'
          ? 'The disk is full. Free some space or choose another --out, and run again; nothing was changed in your inputs.'
          : 'Choose another --out folder that you may write to.',
      cause,
    })
  }
}
