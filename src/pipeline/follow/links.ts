// Rows that have something in common, the newest first: who asks follows the links back from the last of them.

/** A chain of rows for each key. Rows are running numbers, of which the last `room` are remembered; each is added once. */
export class Links {
  readonly #last = new Map<number | string, number>()
  readonly #before: Float64Array
  readonly #room: number

  constructor(room: number) {
    this.#room = room
    this.#before = new Float64Array(room).fill(-1)
  }

  /** A row stands under one key of these links. */
  add(key: number | string, row: number): void {
    this.#before[row % this.#room] = this.#last.get(key) ?? -1
    this.#last.set(key, row)
  }

  last(key: number | string): number {
    return this.#last.get(key) ?? -1
  }

  /** Calls `use` for rows under the key, the newest first, at most `most` of them and none before `from`. */
  each(key: number | string, from: number, most: number, use: (row: number) => void): void {
    let row = this.#last.get(key) ?? -1
    for (let k = 0; k < most && row >= from; k++) {
      use(row)
      row = this.#before[row % this.#room]!
    }
  }

  /** Forgets keys whose last row is before `from`. */
  forget(from: number): void {
    for (const [key, row] of this.#last) if (row < from) this.#last.delete(key)
  }
}
