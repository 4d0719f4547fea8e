/**
 * A map that forgets in bulk: when the young half is full, the old half goes. Holds between `max / 2` and `max`
 * of the last entries, at the cost of a plain map: made for one look-up per record of a large file.
 */
export class Generations<V> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  readonly #half: number

  constructor(max: number) {
    this.#half = Math.max(1, Math.floor(max / 2))
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  /** True when `key` is among the youngest `max / 2`: cheaper, for what repeats soon or not at all. */
  hasYoung(key: string): boolean {
    return this.#young.has(key)
  }

  set(key: string, value: V): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#half) return
    this.#old = this.#young
    this.#young = new Map()
  }
}
