// Reads numbers, texts and addresses out of bytes that may end anywhere: what is missing reads as 0 or ''.

import { canonicalIp, v4ToText } from '../base/ip.ts'

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

export function u24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2)
}

/** One character a byte; never fails, never changes length. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = ''
  const end = Math.min(to, bytes.length)
  for (let at = from; at < end; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096)))
  }
  return text
}

/** Text for people and terminals: control bytes and non-ASCII written as `\xNN`, cut at `max`. */
export function printable(text: string, max = 255): string {
  const cut = text.length > max ? text.slice(0, max) : text
  return cut.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Whether the ASCII `text` stands at `at`. */
export function hasText(bytes: Uint8Array, text: string, at = 0): boolean {
  if (at + text.length > bytes.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** Where the ASCII `text` first stands in [from, to), or -1. */
export function findText(bytes: Uint8Array, text: string, from = 0, to = bytes.length): number {
  const first = text.charCodeAt(0)
  for (let at = bytes.indexOf(first, from); at >= 0 && at < to; at = bytes.indexOf(first, at + 1)) {
    if (hasText(bytes, text, at)) return at
  }
  return -1
}

/** Canonical text of the 4-byte address at `at`. */
export function v4At(bytes: Uint8Array, at: number): string {
  return v4ToText(u32(bytes, at) | 0)
}

/** Canonical text of the 16-byte address at `at` (an IPv4-mapped one as IPv4). */
export function v6At(bytes: Uint8Array, at: number): string {
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(u16(bytes, at + i).toString(16))
  const text = groups.join(':')
  return canonicalIp(text) ?? text
}

/** The first `max` bytes as hex pairs, for a person to look at. */
export function hexText(bytes: Uint8Array, max: number): string {
  let text = ''
  for (const byte of bytes.subarray(0, max)) text += byte.toString(16).padStart(2, '0')
  return text
}
