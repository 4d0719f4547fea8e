// Writes lines to a file in large pieces; a full disk ends in a plain message, and no half file looks whole.

import { closeSync, openSync, renameSync, writeSync } from 'node:fs'
import { OperatorError } from '../base/errors.ts'

const flushChars = 1 << 20

/** Lines go to `path.partial`; `close` gives the file its name. */
export class LineWriter {
  readonly #path: string
  readonly #fd: number
  #parts: string[] = []
  #chars = 0
  lines = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = orderly(path, () => openSync(`${path}.partial`, 'w'))
  }

  write(line: string): void {
    this.#parts.push(line, '\n')
    this.#chars += line.length + 1
    this.lines++
    if (this.#chars > flushChars) this.#flush()
  }

  close(): void {
    this.#flush()
    orderly(this.#path, () => {
      closeSync(this.#fd)
      renameSync(`${this.#path}.partial`, this.#path)
    })
  }

  #flush(): void {
    if (this.#chars === 0) return
    const bytes = Buffer.from(this.#parts.join(''), 'utf8')
    this.#parts = []
    this.#chars = 0
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
