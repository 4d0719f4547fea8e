import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Whether a file is empty or its last line is closed by a line feed. */
export function endsInLine(path: string): boolean {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    if (size === 0) return true
    const last = Buffer.alloc(1)
    readSync(fd, last, 0, 1, size - 1)
    return last[0] === 10
  } finally {
    closeSync(fd)
  }
}
