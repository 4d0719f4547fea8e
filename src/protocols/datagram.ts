// What a UDP datagram is, from its first bytes.

import { hasText, u16, u32 } from './bytes.ts'

/** `quic`, `wireguard`, `stun`, `tailscale`, `dtls`, `ntp`, `openvpn`; undefined when unknown. */
export function sniffDatagram(bytes: Uint8Array, serverPort: number): string | undefined {
  const first = bytes[0] ?? 0
  // Tailscale's disco packets: "TS" and a speech balloon.
  if (hasText(bytes, 'TS') && u32(bytes, 2) === 0xf09f92ac) return 'tailscale'
  if (bytes.length >= 20 && first < 4 && u32(bytes, 4) === 0x2112a442) return 'stun'
  if (isWireGuard(bytes)) return 'wireguard'
  if (first >= 20 && first <= 25 && (u16(bytes, 1) === 0xfeff || u16(bytes, 1) === 0xfefd)) return 'dtls'
  if (isQuicLong(bytes)) return 'quic'
  if (serverPort === 123 && bytes.length >= 48 && (first & 7) >= 1 && (first & 7) <= 7) return 'ntp'
  if (serverPort === 1194 && (first >> 3 === 7 || first >> 3 === 10)) return 'openvpn'
  return undefined
}

/** Handshake initiation, response, cookie (fixed sizes) or data, with three reserved zero bytes. */
function isWireGuard(bytes: Uint8Array): boolean {
  if (bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0) return false
  return (
    (bytes[0] === 1 && bytes.length === 148) ||
    (bytes[0] === 2 && bytes.length === 92) ||
    (bytes[0] === 3 && bytes.length === 64)
  )
}

/** Long header of QUIC 1, 2 or a draft, with sensible connection-id lengths (RFC 9000, 17.2). */
function isQuicLong(bytes: Uint8Array): boolean {
  if (bytes.length < 20 || ((bytes[0] ?? 0) & 0x80) === 0) return false
  const version = u32(bytes, 1)
  const known =
    version === 1 || version === 0x6b3343cf || version >>> 8 === 0xff0000 || version >>> 8 === 0x513034
  return known && (bytes[5] ?? 99) <= 20
}
