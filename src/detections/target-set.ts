// The targets that a source has met. There are as many as sources times targets: numbers lie in one flat array.

/** A set of what `targetKey` gives. */
export class TargetSet {
  /** Open addressing, at most half full; a number is kept as one more than it is, 0 is an empty place. */
  #slots = new Float64Array(16)
  #numbers = 0
  #texts: Set<string> | undefined

  get size(): number {
    return this.#numbers + (this.#texts?.size ?? 0)
  }

  has(key: number | string): boolean {
    if (typeof key === 'string') return this.#texts?.has(key) ?? false
    return this.#slots[place(this.#slots, key + 1)] !== 0
  }

  /** `key`: a text, or a whole number of 0 … 2^53 - 2. */
  add(key: number | string): void {
    if (typeof key === 'string') {
      this.#texts ??= new Set()
      this.#texts.add(key)
      return
    }
    const at = place(this.#slots, key + 1)
    if (this.#slots[at] !== 0) return
    this.#slots[at] = key + 1
    if (++this.#numbers * 2 > this.#slots.length) this.#grow()
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2)
    for (const value of this.#slots) if (value !== 0) larger[place(larger, value)] = value
    this.#slots = larger
  }
}

/** Where `value` stands, or may be put. */
function place(slots: Float64Array, value: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  let h = Math.imul((value - high * 0x1_0000_0000) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1)
  h ^= h >>> 15
  const last = slots.length - 1
  let at = h & last
  while (slots[at] !== 0 && slots[at] !== value) at = (at + 1) & last
  return at
}
