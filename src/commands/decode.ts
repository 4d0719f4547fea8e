// Undoes the encodings that hide a command: base64, hex, escapes, percent signs. Bounded, and total on any text.

const decodedCharsMax = 65_536

/** Base64 (standard or URL alphabet, blanks ignored) as text; undefined when it is none or not mostly text. */
export function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '')
  if (compact.length < 4 || compact.length > decodedCharsMax || compact.length % 4 === 1) return undefined
  if (!/^[A-Za-z0-9+/]+$/.test(compact)) return undefined
  return bytesToText(base64Bytes(compact))
}

/** PowerShell's `-EncodedCommand`: base64 of UTF-16LE. */
export function decodeBase64Utf16(text: string): string | undefined {
  const compact = text.replace(/=+$/, '')
  if (compact.length > decodedCharsMax || !/^[A-Za-z0-9+/]{8,}$/.test(compact)) return undefined
  const decoded = new TextDecoder('utf-16le').decode(base64Bytes(compact))
  return isText(decoded) ? decoded : undefined
}

/** Pairs of hex digits (also `\x41` and `0x41,` forms) as text. */
export function decodeHex(text: string): string | undefined {
  const compact = text.replace(/\\x|0x|[\s,:]/g, '')
  if (compact.length < 4 || compact.length > decodedCharsMax || compact.length % 2 === 1) return undefined
  if (!/^[0-9a-fA-F]+$/.test(compact)) return undefined
  const bytes = new Uint8Array(compact.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(compact.slice(i * 2, i * 2 + 2), 16)
  return bytesToText(bytes)
}

/** `%41` forms; what is broken stays as it is. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = new Uint8Array(run.length / 3)
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(i * 3 + 1, i * 3 + 3), 16)
    return bytesToText(bytes) ?? run
  })
}

/** Rotates letters as `tr A-Za-z N-ZA-Mn-za-m` does. */
export function rot13(text: string): string {
  return text.replace(/[A-Za-z]/g, (c) => {
    const base = c <= 'Z' ? 65 : 97
    return String.fromCharCode(((c.charCodeAt(0) - base + 13) % 26) + base)
  })
}

function base64Bytes(compact: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((compact.length * 6) / 8))
  let bits = 0
  let held = 0
  let n = 0
  for (let i = 0; i < compact.length; i++) {
    held = ((held << 6) | sextet(compact.charCodeAt(i))) & 0xfff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[n++] = (held >>> bits) & 255
    }
  }
  return bytes
}

function sextet(code: number): number {
  if (code >= 97) return code - 71
  if (code >= 65) return code - 65
  if (code >= 48) return code + 4
  return code === 43 ? 62 : 63
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function bytesToText(bytes: Uint8Array): string | undefined {
  try {
    const text = strictUtf8.decode(bytes)
    return isText(text) ? text : undefined
  } catch {
    return undefined // Binary: compressed or encrypted, which a text decoder cannot follow.
  }
}

function isText(text: string): boolean {
  let odd = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 && c !== 9 && c !== 10 && c !== 13) odd++
  }
  return text.length > 0 && odd * 20 <= text.length
}
