interface Entry<K, V> {
  readonly key: K
  value: V
  live: boolean
}

/** A map with a stated maximum. The oldest entry makes room, and is counted: silent forgetting is a hiding place. */
export class BoundedMap<K, V> {
  readonly #map = new Map<K, Entry<K, V>>()
  // In the order of insertion. Asking a Map for its first key walks over all that were deleted before it.
  #queue: (Entry<K, V> | undefined)[] = []
  #head = 0
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
    return this.#map.get(key)?.value
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  set(key: K, value: V): this {
    const known = this.#map.get(key)
    if (known) {
      known.value = value
      return this
    }
    if (this.#map.size >= this.max) this.#evictOldest()
    const entry = { key, value, live: true }
    this.#map.set(key, entry)
    this.#queue.push(entry)
    return this
  }

  delete(key: K): boolean {
    const entry = this.#map.get(key)
    if (!entry) return false
    entry.live = false
    this.#map.delete(key)
    // Deleted entries stay in the queue until they would be a burden.
    if (this.#queue.length - this.#head > 2 * this.#map.size + 64) this.#compact()
    return true
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#map.values()) yield value
  }

  *entries(): IterableIterator<[K, V]> {
    for (const [key, { value }] of this.#map) yield [key, value]
  }

  #evictOldest(): void {
    while (this.#head < this.#queue.length) {
      const entry = this.#queue[this.#head]
      this.#queue[this.#head++] = undefined
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) this.#compact()
      if (!entry?.live) continue
      this.#map.delete(entry.key)
      this.#evicted++
      this.#onEvict?.(entry.key, entry.value)
      return
    }
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head).filter((entry) => entry?.live)
    this.#head = 0
  }
}
