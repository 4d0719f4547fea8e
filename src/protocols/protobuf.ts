// Protocol buffers, as they stand on the wire: fields of a message, without knowing what they mean.
// https://protobuf.dev/programming-guides/encoding/

/** One field: its number, and what it holds. Numbers of 64 bits are BigInt, as JavaScript's lose their last digits. */
export type WireField =
  | { readonly field: number; readonly wire: 'varint' | 'fixed64'; readonly value: bigint }
  | { readonly field: number; readonly wire: 'fixed32'; readonly value: number }
  /** A text, bytes, or another message: a view into what was read. */
  | { readonly field: number; readonly wire: 'bytes'; readonly value: Uint8Array }

const varintBytesMax = 10
/** Of one message. */
const fieldsMax = 200_000
const mask64 = 0xffff_ffff_ffff_ffffn

/** The fields in their order, at most 200,000; undefined when there are more, or the bytes are no whole message. */
export function wireFields(bytes: Uint8Array): WireField[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: WireField[] = []
  let at = 0
  const varint = (): bigint | undefined => {
    let value = 0n
    for (let i = 0; i < varintBytesMax; i++) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return value & mask64
    }
    return undefined
  }
  while (at < bytes.length) {
    if (fields.length >= fieldsMax) return undefined
    const tag = varint()
    if (tag === undefined || tag > 0xffff_ffffn) return undefined
    const field = Number(tag >> 3n)
    if (field === 0) return undefined
    switch (Number(tag & 7n)) {
      case 0: {
        const value = varint()
        if (value === undefined) return undefined
        fields.push({ field, wire: 'varint', value })
        break
      }
      case 1: {
        if (at + 8 > bytes.length) return undefined
        fields.push({ field, wire: 'fixed64', value: view.getBigUint64(at, true) })
        at += 8
        break
      }
      case 2: {
        const length = varint()
        if (length === undefined || length > BigInt(bytes.length - at)) return undefined
        const end = at + Number(length)
        fields.push({ field, wire: 'bytes', value: bytes.subarray(at, end) })
        at = end
        break
      }
      case 5: {
        if (at + 4 > bytes.length) return undefined
        fields.push({ field, wire: 'fixed32', value: view.getUint32(at, true) })
        at += 4
        break
      }
      // Groups are gone from the language since 2008, and nothing that we read has them.
      default:
        return undefined
    }
  }
  return fields
}
