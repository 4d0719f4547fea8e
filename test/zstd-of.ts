/** A zstd frame of raw blocks (RFC 8878): no zstd program is needed to test with. */
export function zstdOf(data: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58])]
  for (let at = 0; at < data.length; at += 100_000) {
    const block = data.subarray(at, at + 100_000)
    const header = (block.length << 3) | (at + 100_000 >= data.length ? 1 : 0)
    parts.push(Uint8Array.from([header & 255, (header >> 8) & 255, header >> 16]), block)
  }
  return Buffer.concat(parts)
}
