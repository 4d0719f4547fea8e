// The clear part of SSH (RFC 4253): identification lines, and who plays the client in the key exchange.

import { findText, hasText, latin1, printable, u32 } from './bytes.ts'

export interface SshBanner {
  /** `SSH-2.0-OpenSSH_9.2p1 Debian-2`, at most 255 characters. */
  readonly text: string
  /** Where the binary packets begin. */
  readonly end: number
}

/** chisel names itself where the protocol version should stand. */
const beginnings = ['SSH-2.0-', 'SSH-1.', 'SSH-chisel-'] as const
const bannerCharsMax = 255
/** A server may greet with other lines first; this far they are looked through. */
const greetingBytesMax = 4096

/** The identification a stream begins with: `SSH-2.0-…`, `SSH-1.99-…`. */
export function readSshBanner(bytes: Uint8Array): SshBanner | undefined {
  return bannerAt(bytes, 0)
}

/** Likewise, after other lines of text, which only a server may send (RFC 4253, 4.2). */
export function readGreetedSshBanner(bytes: Uint8Array): SshBanner | undefined {
  for (let at = 0; at >= 0 && at < greetingBytesMax; ) {
    const banner = bannerAt(bytes, at)
    if (banner) return banner
    if (!isTextLine(bytes, at)) return undefined
    const newline = bytes.indexOf(10, at)
    if (newline < 0) return undefined
    at = newline + 1
  }
  return undefined
}

/** An identification anywhere in the bytes: SSH carried by HTTP, WebSocket or a tunnel of its own. */
export function findSshBanner(bytes: Uint8Array): SshBanner | undefined {
  for (let at = findText(bytes, 'SSH-'); at >= 0; at = findText(bytes, 'SSH-', at + 1)) {
    const banner = bannerAt(bytes, at)
    if (banner) return banner
  }
  return undefined
}

/**
 * Which side of the key exchange these packets are, from the message numbers only a client (30 init,
 * 34 group request, 32 group init) or only a server (31, 33) sends. Undefined once encryption hides it.
 */
export function sshRole(bytes: Uint8Array, from: number): 'client' | 'server' | undefined {
  for (let at = from, packets = 0; at + 6 <= bytes.length && packets < 8; packets++) {
    const length = u32(bytes, at)
    if (length < 5 || length > 35_000) return undefined
    const message = bytes[at + 5]
    if (message === 30 || message === 32 || message === 34) return 'client'
    if (message === 31 || message === 33) return 'server'
    at += 4 + length
  }
  return undefined
}

function bannerAt(bytes: Uint8Array, at: number): SshBanner | undefined {
  if (!beginnings.some((text) => hasText(bytes, text, at))) return undefined
  let end = at
  while (end < bytes.length && end - at < bannerCharsMax && isPrinting(bytes[end] ?? 0)) end++
  if (end - at < 9) return undefined
  const next = bytes[end]
  if (next !== undefined && next !== 13 && next !== 10 && end - at < bannerCharsMax) return undefined
  const skip = next === 13 && bytes[end + 1] === 10 ? 2 : 1
  return { text: printable(latin1(bytes, at, end), bannerCharsMax), end: Math.min(bytes.length, end + skip) }
}

function isTextLine(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 16 && i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 10 || byte === 13) return true
    if (!isPrinting(byte) && byte !== 9) return false
  }
  return true
}

function isPrinting(byte: number): boolean {
  return byte >= 32 && byte < 127
}
