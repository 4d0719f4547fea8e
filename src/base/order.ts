// Sorts indexes by a float key without calling back for every comparison: what a sweep over millions of rows needs.

/** Below this many rows the histograms cost more than comparing does. */
const radixMin = 512
const buckets = 1 << 16

/**
 * The indexes of `keys` in ascending order of key; those of equal keys (0 and -0 are equal) stay in the order of their
 * indexes, or in the order that `ties` says. Four passes of a radix sort over the bits of the float: O(n). NaN is not
 * allowed among the keys.
 */
export function orderOf(keys: Float64Array, ties?: (a: number, b: number) => number): Uint32Array {
  const n = keys.length
  let order = new Uint32Array(n)
  for (let i = 0; i < n; i++) order[i] = i
  if (isSorted(keys)) return sortTies(order, keys, ties)
  if (n < radixMin) return order.sort((a, b) => compare(keys[a]!, keys[b]!) || (ties?.(a, b) ?? 0) || a - b)
  const bits = sortableBits(keys)
  const pieces = new Uint16Array(bits.buffer)
  let spare = new Uint32Array(n)
  const starts = new Uint32Array(buckets)
  for (let pass = 0; pass < 4; pass++) {
    const piece = littleEndian ? pass : 3 - pass
    starts.fill(0)
    for (let i = 0; i < n; i++) starts[pieces[4 * i + piece]!]!++
    // All alike in this piece: nothing to move.
    if (starts[pieces[piece]!] === n) continue
    let sum = 0
    for (let b = 0; b < buckets; b++) {
      const count = starts[b]!
      starts[b] = sum
      sum += count
    }
    for (let x = 0; x < n; x++) {
      const i = order[x]!
      spare[starts[pieces[4 * i + piece]!]!++] = i
    }
    const done = order
    order = spare
    spare = done
  }
  return sortTies(order, keys, ties)
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Bits that as unsigned integers are in the order of the floats: sign flipped, negative numbers inverted. */
function sortableBits(keys: Float64Array): BigUint64Array {
  const copy = new Float64Array(keys.length)
  for (let i = 0; i < copy.length; i++) copy[i] = keys[i]! + 0
  const words = new Uint32Array(copy.buffer)
  const high = littleEndian ? 1 : 0
  for (let w = 0; w < words.length; w += 2) {
    const top = words[w + high]!
    if (top >>> 31 === 1) {
      words[w] = ~words[w]!
      words[w + 1] = ~words[w + 1]!
    } else words[w + high] = top | 0x8000_0000
  }
  return new BigUint64Array(copy.buffer)
}

function sortTies(
  order: Uint32Array,
  keys: Float64Array,
  ties: ((a: number, b: number) => number) | undefined,
): Uint32Array {
  if (!ties) return order
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && keys[order[to]!] === keys[order[from]!]) to++
    if (to - from > 1) order.subarray(from, to).sort((a, b) => ties(a, b) || a - b)
    from = to
  }
  return order
}

function isSorted(keys: Float64Array): boolean {
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return false
  return true
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
