/** A map with a stated maximum. The oldest entry makes room, and is counted: silent forgetting is a hiding place. */
export class BoundedMap<K, V> {
  readonly #map = new Map<K, { value: V; readonly turn: number }>()
  // Keys in the order of insertion. Asking a Map for its first key walks over all that were deleted before it.
  #queue: { readonly key: K; readonly turn: number }[] = []
  #head = 0
  #turn = 0
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
    const turn = this.#turn++
    this.#map.set(key, { value, turn })
    this.#queue.push({ key, turn })
    return this
  }

  delete(key: K): boolean {
    const deleted = this.#map.delete(key)
    // Keys of deleted entries stay in the queue until they would be a burden.
    if (deleted && this.#queue.length - this.#head > 2 * this.#map.size + 64) this.#compact()
    return deleted
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#map.values()) yield value
  }

  *entries(): IterableIterator<[K, V]> {
    for (const [key, { value }] of this.#map) yield [key, value]
  }

  #evictOldest(): void {
    while (this.#head < this.#queue.length) {
      const { key, turn } = this.#queue[this.#head++]!
      const entry = this.#map.get(key)
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) this.#compact()
      if (entry?.turn !== turn) continue
      this.#map.delete(key)
      this.#evicted++
      this.#onEvict?.(key, entry.value)
      return
    }
  }

  #compact(): void {
    const live = this.#queue.slice(this.#head)
    this.#queue = live.filter(({ key, turn }) => this.#map.get(key)?.turn === turn)
    this.#head = 0
  }
}
