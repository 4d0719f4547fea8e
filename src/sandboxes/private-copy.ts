import { copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../base/errors.ts'

const limits = { entries: 20_000, bytes: 512 * 1024 * 1024 } as const

/**
 * Copies a file or folder; links stay links, sockets and devices are left out. `except`: relative paths that are too.
 * Throws {@link OperatorError} when it is more than a copy for one run should be.
 */
export function copyTree(source: string, target: string, except: readonly string[]): void {
  const without = new Set(except)
  let entries = 0
  let bytes = 0
  const copy = (from: string, to: string, name: string) => {
    if (without.has(name)) return
    const stat = lstatSync(from)
    entries++
    bytes += stat.isFile() ? stat.size : 0
    if (entries > limits.entries || bytes > limits.bytes) {
      throw new OperatorError('usage', {
        what: `${source} is too much for a private copy: more than ${limits.entries} files or ${limits.bytes >> 20} MiB.`,
        fix: 'Show it with `write` or `read` instead, or leave out the large parts.',
      })
    }
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
    else if (stat.isFile()) copyFileSync(from, to)
    else if (stat.isDirectory()) {
      mkdirSync(to, { mode: (stat.mode & 0o777) | 0o700 })
      for (const entry of readdirSync(from)) {
        copy(join(from, entry), join(to, entry), name === '' ? entry : `${name}/${entry}`)
      }
    }
  }
  copy(source, target, '')
}

/** Every entry of a tree, itself first; links are not followed. */
export function eachEntry(path: string, visit: (path: string) => void): void {
  visit(path)
  if (!lstatSync(path).isDirectory()) return
  for (const entry of readdirSync(path)) eachEntry(join(path, entry), visit)
}
