// Reads tar archives as a stream: ustar, GNU's long names, and the `path` and `size` of POSIX.1-2001 (pax).
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, section "ustar Interchange Format"

import { concat } from './lines.ts'

export interface TarEntry {
  /** As the archive names it; never a path to write to. */
  readonly name: string
  readonly bytes: number
  /** Last change, µs since the epoch. */
  readonly modifiedUs: number
}

export interface TarTarget {
  /** A regular file; its content follows in pieces, then `end`. Other members are passed over. */
  begin(entry: TarEntry): void
  data(bytes: Uint8Array): void
  end(): void
}

const blockBytes = 512
/** Longest name or pax header that is read; a longer one is passed over. */
const metaBytesMax = 1 << 16

const decoder = new TextDecoder()

/** True when a file that begins with `start` (512 bytes or more) is a tar archive. */
export function isTar(start: Uint8Array): boolean {
  return (
    start.length >= blockBytes && text(start, 257, 5) === 'ustar' && sumFits(start.subarray(0, blockBytes))
  )
}

/** Chunks in; files out. */
export class TarReader {
  readonly #target: TarTarget
  readonly #header = new Uint8Array(blockBytes)
  #headerBytes = 0
  #left = 0
  #padding = 0
  #what: 'file' | 'long-name' | 'pax' | 'other' = 'other'
  #meta: Uint8Array[] = []
  // What stands before a member and holds for it.
  #name: string | undefined
  #size: number | undefined
  #over = false
  #problem: string | undefined

  constructor(target: TarTarget) {
    this.#target = target
  }

  chunk(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#over; ) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left)
        this.#body(piece)
        at += piece.length
      } else if (this.#padding > 0) {
        const skip = Math.min(this.#padding, bytes.length - at)
        this.#padding -= skip
        at += skip
      } else {
        const piece = bytes.subarray(at, at + blockBytes - this.#headerBytes)
        this.#header.set(piece, this.#headerBytes)
        this.#headerBytes += piece.length
        at += piece.length
        if (this.#headerBytes === blockBytes) this.#head()
      }
    }
  }

  /** After the last chunk: why the archive could not be read to its end, if so. */
  end(): string | undefined {
    if (this.#left > 0 || (this.#headerBytes > 0 && !this.#over)) {
      if (this.#left > 0 && this.#what === 'file') this.#target.end()
      this.#problem ??= 'the archive is cut off'
    }
    return this.#problem
  }

  #head(): void {
    const header = this.#header
    this.#headerBytes = 0
    if (header.every((byte) => byte === 0)) {
      this.#over = true
      return
    }
    const size = this.#size ?? number(header, 124, 12)
    if (!sumFits(header) || size === undefined) {
      this.#problem = 'a header of the archive is broken'
      this.#over = true
      return
    }
    const type = String.fromCharCode(header[156] || 48)
    this.#left = size
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes
    this.#meta = []
    if (type === 'L') this.#what = 'long-name'
    else if (type === 'x') this.#what = 'pax'
    else if (type === 'K' || type === 'g') this.#what = 'other'
    else {
      this.#what = type === '0' || type === '7' ? 'file' : 'other'
      const prefix = text(header, 345, 155)
      const plain = text(header, 0, 100)
      const name = this.#name ?? (prefix === '' ? plain : `${prefix}/${plain}`)
      this.#name = undefined
      this.#size = undefined
      if (this.#what === 'file') {
        const modifiedUs = (number(header, 136, 12) ?? 0) * 1_000_000
        this.#target.begin({ name, bytes: size, modifiedUs })
        if (size === 0) this.#target.end()
      }
    }
  }

  #body(piece: Uint8Array): void {
    this.#left -= piece.length
    if (this.#what === 'file') {
      this.#target.data(piece)
      if (this.#left === 0) this.#target.end()
      return
    }
    if (this.#what === 'other') return
    const held = this.#meta.reduce((sum, one) => sum + one.length, 0)
    if (held + piece.length <= metaBytesMax) this.#meta.push(piece.slice())
    if (this.#left > 0) return
    const meta = concat(this.#meta)
    if (this.#what === 'long-name') this.#name = text(meta, 0, meta.length)
    else this.#pax(meta)
  }

  /** Records like `30 path=logs/a very long name\n`; the number counts the record's bytes. */
  #pax(meta: Uint8Array): void {
    for (let at = 0; at < meta.length; ) {
      const space = meta.indexOf(32, at)
      const bytes = Number(decoder.decode(meta.subarray(at, Math.max(at, space))))
      if (!(bytes > space - at + 1) || at + bytes > meta.length) return
      const record = decoder.decode(meta.subarray(space + 1, at + bytes - 1))
      const equals = record.indexOf('=')
      const value = record.slice(equals + 1)
      if (record.startsWith('path=')) this.#name = value
      else if (record.startsWith('size=') && /^\d{1,15}$/.test(value)) this.#size = Number(value)
      at += bytes
    }
  }
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length)
  const end = field.indexOf(0)
  return decoder.decode(end < 0 ? field : field.subarray(0, end))
}

/** An octal number, or GNU's binary one for what is larger. */
function number(bytes: Uint8Array, from: number, length: number): number | undefined {
  if ((bytes[from]! & 0x80) !== 0) {
    let value = 0
    for (let i = from + 1; i < from + length; i++) value = value * 256 + bytes[i]!
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = text(bytes, from, length).trim()
  if (digits === '') return 0
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** The header's checksum: its bytes' sum, its own field taken as spaces. */
function sumFits(header: Uint8Array): boolean {
  let sum = 0
  for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!
  return number(header, 148, 8) === sum
}
