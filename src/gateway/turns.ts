// Takes turns between calls: what one of them sends by the thousand waits behind what the others send now and then.

/** Of one call that always have room, however much others wait for. */
const alwaysMax = 64

export interface TurnsOptions {
  /** Of one call, and of all together. */
  readonly itemsMax: { readonly each: number; readonly all: number }
  readonly bytesMax: { readonly each: number; readonly all: number }
}

interface Line<T> {
  readonly unit: number
  items: { readonly item: T; readonly bytes: number }[]
  head: number
  bytes: number
}

/** Items that wait, in order within a call, each call's next one in turn. */
export class Turns<T> {
  readonly #options: TurnsOptions
  /** In the order of their turns: who had one goes to the end. */
  readonly #lines = new Map<number, Line<T>>()
  #size = 0
  #bytes = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** False when there is no room for it. */
  put(unit: number, item: T, bytes: number): boolean {
    const line = this.#lines.get(unit) ?? { unit, items: [], head: 0, bytes: 0 }
    const { itemsMax, bytesMax } = this.#options
    const own = line.items.length - line.head
    if (line.bytes + bytes > bytesMax.each || this.#bytes + bytes > bytesMax.all) return false
    if (own >= alwaysMax && (own >= itemsMax.each || this.#size >= itemsMax.all)) return false
    this.#lines.set(unit, line)
    line.items.push({ item, bytes })
    line.bytes += bytes
    this.#bytes += bytes
    this.#size++
    return true
  }

  /** The next one of the call whose turn it is; undefined when nothing waits. */
  take(): T | undefined {
    const [line] = this.#lines.values()
    const next = line?.items[line.head]
    if (!line || !next) return undefined
    line.head++
    line.bytes -= next.bytes
    this.#bytes -= next.bytes
    this.#size--
    this.#lines.delete(line.unit)
    if (line.head < line.items.length) {
      // What was taken is let go of once it is half of all that is kept.
      if (line.head > 256 && line.head * 2 > line.items.length) {
        line.items = line.items.slice(line.head)
        line.head = 0
      }
      this.#lines.set(line.unit, line)
    }
    return next.item
  }
}
