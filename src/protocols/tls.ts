// The clear part of TLS: ClientHello and ServerHello (RFC 8446, RFC 5246), across records.

import { latin1, printable, u16, u24 } from './bytes.ts'

export interface ClientHello {
  readonly sni?: string
  readonly alpn: readonly string[]
  /** Best version offered: `TLSv1.3`, `TLSv1.2`, … `SSLv3`; `TLS 0x7f1c` for drafts. */
  readonly version: string
  /** Encrypted Client Hello: `sni` is then the outer, public name. */
  readonly ech: boolean
  /** False when the bytes ended before the hello did. */
  readonly complete: boolean
}

export interface ServerHello {
  readonly version: string
  readonly cipher: number
  readonly alpn?: string
}

/** Handshake bytes looked at; larger hellos are read as far as this. */
const handshakeBytesMax = 16_384

const versionNames = new Map([
  [0x0304, 'TLSv1.3'],
  [0x0303, 'TLSv1.2'],
  [0x0302, 'TLSv1.1'],
  [0x0301, 'TLSv1.0'],
  [0x0300, 'SSLv3'],
])

/** Whether the stream begins with a TLS record (handshake or alert). */
export function isTlsRecord(bytes: Uint8Array): boolean {
  const type = bytes[0]
  if (bytes.length < 5 || (type !== 22 && type !== 21) || bytes[1] !== 3 || (bytes[2] ?? 9) > 4) return false
  const length = u16(bytes, 3)
  return type === 21 ? length === 2 || (length >= 16 && length < 64) : length >= 4 && length <= 16_640
}

/** The ClientHello a stream begins with, or undefined. */
export function readClientHello(bytes: Uint8Array): ClientHello | undefined {
  const hello = handshake(bytes, 1)
  if (!hello) return undefined
  const { body, complete } = hello
  if (body.length < 35 || body[0] !== 3) return undefined
  let version = u16(body, 0)
  let at = 34
  at += 1 + (body[at] ?? 0) // Session id.
  at += 2 + u16(body, at) // Cipher suites.
  at += 1 + (body[at] ?? 0) // Compression methods.
  let sni: string | undefined
  let alpn: string[] = []
  let ech = false
  for (const [type, from, to] of extensions(body, at)) {
    if (type === 0) sni = serverName(body, from, to) ?? sni
    else if (type === 16) alpn = protocolNames(body, from, to)
    else if (type === 43) version = bestVersion(body, from, to) ?? version
    else if (type === 0xfe0d || type === 0xffce) ech = true
  }
  return { ...(sni !== undefined && { sni }), alpn, version: versionName(version), ech, complete }
}

/** The ServerHello a stream begins with, or undefined. */
export function readServerHello(bytes: Uint8Array): ServerHello | undefined {
  const hello = handshake(bytes, 2)
  if (!hello) return undefined
  const { body } = hello
  if (body.length < 38 || body[0] !== 3) return undefined
  let version = u16(body, 0)
  let at = 34
  at += 1 + (body[at] ?? 0)
  const cipher = u16(body, at)
  let alpn: string | undefined
  for (const [type, from, to] of extensions(body, at + 3)) {
    if (type === 43) version = u16(body, from)
    else if (type === 16) alpn = protocolNames(body, from, to)[0]
  }
  return { version: versionName(version), cipher, ...(alpn !== undefined && { alpn }) }
}

/** The first handshake message when it is of `type`, put together from as many records as it takes. */
function handshake(bytes: Uint8Array, type: number): { body: Uint8Array; complete: boolean } | undefined {
  if (!isTlsRecord(bytes) || bytes[0] !== 22 || bytes[5] !== type) return undefined
  const size = u24(bytes, 6)
  if (size < 38 || size > 0x20000) return undefined
  const wanted = Math.min(size, handshakeBytesMax)
  const firstEnd = 5 + u16(bytes, 3)
  if (firstEnd >= 9 + wanted && bytes.length >= 9 + wanted) {
    return { body: bytes.subarray(9, 9 + wanted), complete: wanted === size }
  }
  const body = new Uint8Array(wanted)
  let filled = 0
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 22 && bytes[at + 1] === 3 && filled < wanted; ) {
    const end = at + 5 + u16(bytes, at + 3)
    const part = bytes.subarray(at + (at === 0 ? 9 : 5), Math.min(end, bytes.length))
    body.set(part.subarray(0, wanted - filled), filled)
    filled = Math.min(wanted, filled + part.length)
    at = end
  }
  return { body: body.subarray(0, filled), complete: filled === size }
}

/** Type, start and end of each extension; one that the bytes cut short is given as far as it goes. */
function* extensions(body: Uint8Array, at: number): Generator<[number, number, number]> {
  const stop = Math.min(body.length, at + 2 + u16(body, at))
  for (let i = at + 2; i + 4 <= stop; ) {
    const end = Math.min(stop, i + 4 + u16(body, i + 2))
    yield [u16(body, i), i + 4, end]
    i = end
  }
}

function serverName(body: Uint8Array, from: number, to: number): string | undefined {
  for (let at = from + 2; at + 3 <= to; ) {
    const end = at + 3 + u16(body, at + 1)
    if (end > to) return undefined
    if (body[at] === 0 && end > at + 3) return printable(latin1(body, at + 3, end)).toLowerCase()
    at = end
  }
  return undefined
}

function protocolNames(body: Uint8Array, from: number, to: number): string[] {
  const names: string[] = []
  for (let at = from + 2; at < to && names.length < 16; ) {
    const end = at + 1 + (body[at] ?? 0)
    if (end > to) break
    const name = latin1(body, at + 1, end)
    if (!isGrease(body, at + 1, end)) names.push(printable(name))
    at = end
  }
  return names
}

function bestVersion(body: Uint8Array, from: number, to: number): number | undefined {
  let best: number | undefined
  for (let at = from + 1; at + 2 <= to; at += 2) {
    const version = u16(body, at)
    if (isGrease(body, at, at + 2)) continue
    if (best === undefined || version > best) best = version
  }
  return best
}

/** RFC 8701: values such as 0x3a3a that clients mix in so that servers stay tolerant. */
function isGrease(body: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 && body[from] === body[from + 1] && ((body[from] ?? 0) & 15) === 10
}

function versionName(version: number): string {
  return versionNames.get(version) ?? `TLS 0x${version.toString(16).padStart(4, '0')}`
}
