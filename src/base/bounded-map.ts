/** A map with a stated maximum. The oldest entry makes room, and is counted: silent forgetting is a hiding place. */
export class BoundedMap<K, V> {
  #map = new Map<K, V>()
  #evicted = 0
  readonly max: number
  readonly #onEvict: ((key: K, value: V) => void) | undefined

  constructor(max: number, onEvict?: (key: K, value: V) => void) {
    this.max = max
    this.#onEvict = onEvict
  }

  get size(): number {
    return this.#map.size
  }

  /** How many entries had to make room so far. */
  get evicted(): number {
    return this.#evicted
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  set(key: K, value: V): this {
    if (this.#map.size >= this.max && !this.#map.has(key)) {
      const [oldest] = this.#map.entries()
      if (oldest) {
        this.#map.delete(oldest[0])
        this.#evicted++
        this.#onEvict?.(oldest[0], oldest[1])
      }
    }
    this.#map.set(key, value)
    return this
  }

  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  values(): IterableIterator<V> {
    return this.#map.values()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#map.entries()
  }
}
