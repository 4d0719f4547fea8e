/** Numbers 64-bit ids in the order they come; the id 0 is none and gets −1. Open addressing, never more than half full. */
export class IdTable {
  /** Whether the id asked for last by `add` had not been there. */
  wasNew = false
  readonly #mask: number
  readonly #slots: Int32Array
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  #n = 0

  /** `max` = the most ids that will be added. */
  constructor(max: number) {
    let size = 16
    while (size < max * 2) size *= 2
    this.#mask = size - 1
    this.#slots = new Int32Array(size).fill(-1)
    this.#high = new Uint32Array(max)
    this.#low = new Uint32Array(max)
  }

  add(high: number, low: number): number {
    this.wasNew = false
    if (high === 0 && low === 0) return -1
    let slot = (high ^ (low >>> 3)) & this.#mask
    for (let n = this.#slots[slot]!; n >= 0; n = this.#slots[slot]!) {
      if (this.#high[n] === high && this.#low[n] === low) return n
      slot = (slot + 1) & this.#mask
    }
    const n = this.#n++
    this.#slots[slot] = n
    this.#high[n] = high
    this.#low[n] = low
    this.wasNew = true
    return n
  }

  /** The number of an id; −1 when it was never added. */
  find(high: number, low: number): number {
    if (high === 0 && low === 0) return -1
    let slot = (high ^ (low >>> 3)) & this.#mask
    for (let n = this.#slots[slot]!; n >= 0; n = this.#slots[slot]!) {
      if (this.#high[n] === high && this.#low[n] === low) return n
      slot = (slot + 1) & this.#mask
    }
    return -1
  }
}
