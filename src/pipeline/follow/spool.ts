// What was received, on disk before it is looked at: a stream of each kind, in segments of which the oldest that were
// read make room. A file of the spool is an input like any other.

import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FollowLimits } from './api.ts'

const streamsMax = 256

interface Stream {
  readonly folder: string
  readonly base: string
  number: number
  fd: number
  bytes: number
}

export class Spool {
  readonly #folder: string
  readonly #limits: FollowLimits
  readonly #isRead: (absolute: string) => boolean
  readonly #streams = new Map<string, Stream>()
  /** Segments by age. */
  readonly #segments: { path: string; bytes: number }[]
  #bytes: number
  evictedBytes = 0

  constructor(folder: string, limits: FollowLimits, isRead: (absolute: string) => boolean) {
    this.#folder = folder
    this.#limits = limits
    this.#isRead = isRead
    this.#segments = filesBelow(folder)
      .map((path) => ({ path, bytes: statSync(path).size, at: statSync(path).mtimeMs }))
      .sort((a, b) => a.at - b.at)
    this.#bytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /**
   * Appends lines to the stream of this name (`folder/base.ext`). Once it returns true they outlive the process; false:
   * there is no room for them, none was taken. Throws what the system throws.
   */
  append(name: string, lines: readonly string[]): boolean {
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    if (!this.#hasRoom(bytes.length)) return false
    const stream = this.#stream(
      this.#streams.has(name) || this.#streams.size < streamsMax ? name : otherStream(name),
    )
    for (let at = 0; at < bytes.length; ) at += writeSync(stream.fd, bytes, at)
    stream.bytes += bytes.length
    this.#bytes += bytes.length
    const segment = this.#segments.find(({ path }) => path === pathOf(stream))
    if (segment) segment.bytes += bytes.length
    if (stream.bytes >= this.#limits.spoolSegmentBytes) {
      closeSync(stream.fd)
      stream.number++
      this.#open(stream)
    }
    return true
  }

  /** All files of the spool that are not being written, the oldest first. */
  segments(): string[] {
    const open = new Set([...this.#streams.values()].map(pathOf))
    return this.#segments.flatMap(({ path }) => (open.has(path) ? [] : [path]))
  }

  close(): void {
    for (const { fd } of this.#streams.values()) closeSync(fd)
    this.#streams.clear()
  }

  #hasRoom(wanted: number): boolean {
    const open = new Set([...this.#streams.values()].map(pathOf))
    for (let k = 0; this.#bytes + wanted > this.#limits.spoolBytes && k < this.#segments.length; ) {
      const { path, bytes } = this.#segments[k]!
      if (open.has(path) || !this.#isRead(path)) {
        k++
        continue
      }
      rmSync(path, { force: true })
      this.#segments.splice(k, 1)
      this.#bytes -= bytes
      this.evictedBytes += bytes
    }
    return this.#bytes + wanted <= this.#limits.spoolBytes
  }

  #stream(name: string): Stream {
    const known = this.#streams.get(name)
    if (known) return known
    const folder = join(this.#folder, dirname(name))
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const base = name.slice(name.lastIndexOf('/') + 1)
    const stream: Stream = { folder, base, number: lastNumber(folder, base), fd: -1, bytes: 0 }
    this.#open(stream)
    this.#streams.set(name, stream)
    return stream
  }

  #open(stream: Stream): void {
    const path = pathOf(stream)
    stream.fd = openSync(path, 'a', 0o600)
    stream.bytes = fstatSync(stream.fd).size
    if (!this.#segments.some((known) => known.path === path))
      this.#segments.push({ path, bytes: stream.bytes })
  }
}

/** Where streams of too many names meet: the kind stays, the sender is lost. */
function otherStream(name: string): string {
  const [kind = '', , base = ''] = name.split('/')
  return base === '' ? name : `${kind}/others/${base}`
}

function pathOf({ folder, base, number }: Stream): string {
  const dot = base.lastIndexOf('.')
  return join(folder, `${base.slice(0, dot)}-${String(number).padStart(6, '0')}${base.slice(dot)}`)
}

function lastNumber(folder: string, base: string): number {
  const dot = base.lastIndexOf('.')
  const pattern = new RegExp(`^${escaped(base.slice(0, dot))}-(\\d{6})${escaped(base.slice(dot))}$`)
  return Math.max(
    1,
    ...readdirSync(folder)
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number),
  )
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
  })
}
