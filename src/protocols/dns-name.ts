// Domain names on the wire: labels, and pointers to earlier ones (RFC 1035, 4.1.4).

const nameBytesMax = 255
/** A name that jumps more often than this is refused: pointers can form loops. */
const jumpsMax = 32

/** The name at `at` without its final dot, and where what follows it begins; undefined when it is broken. */
export function readName(
  bytes: Uint8Array,
  at: number,
): { readonly text: string; readonly end: number } | undefined {
  let text = ''
  let size = 0
  let jumps = 0
  let end = -1
  let i = at
  for (;;) {
    const length = bytes[i]
    if (length === undefined) return undefined
    if (length === 0) {
      if (end < 0) end = i + 1
      return { text: text === '' ? '.' : text, end }
    }
    if (length >= 0xc0) {
      const low = bytes[i + 1]
      if (low === undefined || ++jumps > jumpsMax) return undefined
      if (end < 0) end = i + 2
      i = ((length & 0x3f) << 8) | low
      continue
    }
    if (length > 63) return undefined
    size += length + 1
    if (size > nameBytesMax || i + 1 + length > bytes.length) return undefined
    if (text !== '') text += '.'
    for (let k = i + 1; k <= i + length; k++) text += labelCharacter(bytes[k] ?? 0)
    i += length + 1
  }
}

/** RFC 1035 presentation: a dot or backslash within a label, and what does not print, are escaped. */
function labelCharacter(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}
