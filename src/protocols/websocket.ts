// WebSocket (RFC 6455): the data that frames carry, unmasked, as far as the bytes go.

import { u16, u32 } from './bytes.ts'

/** Frames looked at in one stream's beginning. */
const framesMax = 256

/** The data of text and binary frames in order; compressed frames (RSV1) and control frames are left out. */
export function readWebSocketData(bytes: Uint8Array, from: number): Uint8Array {
  const data = new Uint8Array(Math.max(0, bytes.length - from))
  let filled = 0
  let at = from
  for (let frames = 0; frames < framesMax && at + 2 <= bytes.length; frames++) {
    const first = bytes[at] ?? 0
    const second = bytes[at + 1] ?? 0
    const opcode = first & 15
    if ((opcode > 2 && opcode < 8) || opcode > 10 || (first & 0x30) !== 0) break
    let length = second & 127
    let head = at + 2
    if (length === 126) {
      length = u16(bytes, head)
      head += 2
    } else if (length === 127) {
      length = u32(bytes, head) * 0x1_0000_0000 + u32(bytes, head + 4)
      head += 8
    }
    const masked = (second & 128) !== 0
    const start = head + (masked ? 4 : 0)
    const end = Math.min(bytes.length, start + length)
    if (opcode <= 2 && (first & 0x40) === 0) {
      for (let i = start; i < end; i++) {
        data[filled++] = (bytes[i] ?? 0) ^ (masked ? (bytes[head + ((i - start) & 3)] ?? 0) : 0)
      }
    }
    at = start + length
  }
  return data.subarray(0, filled)
}
