// Numbers tuples of whole numbers, so that what belongs to a tuple can stand in flat columns: a Map of texts made for
// the purpose costs ten times the memory and the time.

export interface TupleIds {
  /** The number of a tuple, counted from 0 in the order in which tuples are first met. Parts are below 2³². */
  of(a: number, b: number, c?: number, d?: number, e?: number): number
  /** The same, but -1 for a tuple not yet met. */
  find(a: number, b: number, c?: number, d?: number, e?: number): number
  size(): number
}

/** `width` parts a tuple, at most five; `expected` tuples are taken without growing. */
export function tupleIds(width: number, expected = 512): TupleIds {
  let slots = 1024
  while (slots < expected * 2) slots *= 2
  /** Number + 1 of the tuple in each slot, 0 where it is free. */
  let table = new Int32Array(slots)
  let parts = new Uint32Array((slots >> 1) * width)
  let count = 0

  /** The slot that holds the tuple, or the free one where it belongs. */
  function slotOf(a: number, b: number, c: number, d: number, e: number): number {
    const mask = table.length - 1
    let slot = hash(a, b, c, d, e) & mask
    for (;;) {
      const id = table[slot]! - 1
      if (id < 0) return slot
      const at = id * width
      if (
        parts[at] === a &&
        parts[at + 1] === b &&
        (width < 3 || parts[at + 2] === c) &&
        (width < 4 || parts[at + 3] === d) &&
        (width < 5 || parts[at + 4] === e)
      ) {
        return slot
      }
      slot = (slot + 1) & mask
    }
  }

  function grow(): void {
    const wider = new Uint32Array(parts.length * 2)
    wider.set(parts)
    parts = wider
    table = new Int32Array(table.length * 2)
    for (let id = 0; id < count; id++) {
      const at = id * width
      const part = (k: number) => (k < width ? parts[at + k]! : 0)
      table[slotOf(part(0), part(1), part(2), part(3), part(4))] = id + 1
    }
  }

  function of(a: number, b: number, c = 0, d = 0, e = 0): number {
    const slot = slotOf(a, b, c, d, e)
    if (table[slot] !== 0) return table[slot]! - 1
    const at = count * width
    parts[at] = a
    parts[at + 1] = b
    if (width > 2) parts[at + 2] = c
    if (width > 3) parts[at + 3] = d
    if (width > 4) parts[at + 4] = e
    table[slot] = ++count
    if (count * 2 >= table.length) grow()
    return count - 1
  }

  return { of, find: (a, b, c = 0, d = 0, e = 0) => table[slotOf(a, b, c, d, e)]! - 1, size: () => count }
}

function hash(a: number, b: number, c: number, d: number, e: number): number {
  let h = Math.imul(a, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13) ^ c, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16) ^ d, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 15) ^ e, 0x165667b1)
  return h ^ (h >>> 16)
}
