// Numbers for texts of which nearly each is another, from their bytes alone: a million strings are never made.

import { sharedArray, type TextBlob } from './grow.ts'

/** Ids from 1 in the order of first appearance over all blobs, the same for the same text; 0 is the empty text. */
export function textIds(blobs: readonly TextBlob[], seed = Math.floor(Math.random() * 2 ** 32)): Uint32Array {
  const count = blobs.reduce((sum, { ends }) => sum + ends.length, 0)
  const out = sharedArray(Uint32Array, count)
  let slots = 1024
  while (slots < 2 * count) slots *= 2
  // Of each slot's text: where it was seen first, counted from 1, and its whole hash.
  const first = new Uint32Array(slots)
  const hashes = new Uint32Array(slots)
  const starts = startsOf(blobs)
  let known = 0
  let row = 0
  for (const { bytes, ends } of blobs) {
    let from = 0
    for (let k = 0; k < ends.length; k++, row++) {
      const to = ends[k]!
      if (to > from) {
        // The seed keeps a log from choosing texts that all fall into one slot.
        const hash = hashOf(bytes, from, to, seed)
        let slot = hash & (slots - 1)
        for (;;) {
          const at = first[slot]!
          if (at === 0) {
            first[slot] = row + 1
            hashes[slot] = hash
            out[row] = ++known
            break
          }
          if (hashes[slot] === hash && same(bytes, from, to, blobs, starts, at - 1)) {
            out[row] = out[at - 1]!
            break
          }
          slot = (slot + 1) & (slots - 1)
        }
      }
      from = to
    }
  }
  return out
}

function startsOf(blobs: readonly TextBlob[]): number[] {
  const starts = [0]
  for (const { ends } of blobs) starts.push(starts.at(-1)! + ends.length)
  return starts
}

function hashOf(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let h = seed ^ (to - from)
  for (let i = from; i < to; i++) {
    h = Math.imul(h ^ bytes[i]!, 0x9e3779b1)
    h ^= h >>> 15
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}

function same(
  bytes: Uint8Array,
  from: number,
  to: number,
  blobs: readonly TextBlob[],
  starts: readonly number[],
  row: number,
): boolean {
  let blob = 0
  while (starts[blob + 1]! <= row) blob++
  const { bytes: other, ends } = blobs[blob]!
  const k = row - starts[blob]!
  const begin = k === 0 ? 0 : ends[k - 1]!
  if (ends[k]! - begin !== to - from) return false
  for (let i = 0; i < to - from; i++) if (bytes[from + i] !== other[begin + i]) return false
  return true
}
