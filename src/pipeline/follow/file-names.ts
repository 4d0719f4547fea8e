// How files are told apart and named.

import { createHash } from 'node:crypto'
import { closeSync, openSync, type Stats, statSync } from 'node:fs'
import { fingerprintOf } from './fingerprints.ts'

/** A file as it was found. */
export interface Candidate {
  readonly path: string
  readonly absolute: string
  readonly stats: Stats
}

export function placeOf({ path, absolute, stats }: Candidate) {
  return { path, absolute, modifiedUs: Math.round(stats.mtimeMs * 1000) }
}

export function inodeOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`
}

/** Named by what no renaming changes; its first line tells it from what the inode held before a lost state. */
export function idOf(identity: { dev: number; ino: number; generation: number }, absolute: string): string {
  const fd = openSync(absolute, 'r')
  try {
    const { head } = fingerprintOf(fd, 64)
    const text = `${identity.dev}:${identity.ino}:${identity.generation}:${head}`
    return createHash('sha256').update(text).digest('hex').slice(0, 16)
  } finally {
    closeSync(fd)
  }
}

export function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch {
    return false
  }
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
