// Sorts a span's (log record's, resource's) attributes into slots; one instance is reused for every span.

import { plainValue } from './any-value.ts'
import { roleOf, slot, slotCount } from './telemetry-roles.ts'
import { idText, toIndex, toNumber } from './values.ts'

/** Attributes already sorted: `slot * 16 + rank` and plain value in turn, without those that have no role. */
export class SortedAttributes {
  readonly pairs: unknown[] = []
}

export class Attributes {
  readonly #values: unknown[] = new Array(slotCount).fill(undefined)
  #boxes = false
  readonly #ranks = new Int8Array(slotCount).fill(127)

  /** Reads `attributes` as OTLP writes them, or as a plain object. */
  read(attributes: unknown): void {
    this.#values.fill(undefined)
    this.#ranks.fill(127)
    this.#boxes = false
    if (attributes instanceof SortedAttributes) {
      const { pairs } = attributes
      for (let i = 0; i < pairs.length; i += 2) this.#set(pairs[i] as number, pairs[i + 1])
    } else this.add(attributes)
  }

  /** Adds more attributes; those with a lower rank replace what is there. */
  add(attributes: unknown): void {
    if (Array.isArray(attributes)) {
      for (let i = 0; i < attributes.length; i++) {
        const pair: unknown = attributes[i]
        if (typeof pair !== 'object' || pair === null) continue
        const { key, value } = pair as { key?: unknown; value?: unknown }
        if (typeof key === 'string') this.#put(key, value)
      }
    } else if (typeof attributes === 'object' && attributes !== null) {
      for (const [key, value] of Object.entries(attributes)) this.#put(key, value)
    }
  }

  #put(key: string, any: unknown): void {
    const role = roleOf(key)
    if (role >= 0 && (role & 15) < this.#ranks[role >> 4]!) this.#set(role, plainValue(any))
  }

  #set(role: number, value: unknown): void {
    const to = role >> 4
    const rank = role & 15
    if (rank >= this.#ranks[to]!) return
    if (value === undefined || value === null || value === '') return
    this.#values[to] = value
    if (to >= slot.boxFirst) this.#boxes = true
    this.#ranks[to] = rank
  }

  get(to: number): unknown {
    return this.#values[to]
  }

  rank(to: number): number {
    return this.#ranks[to]!
  }

  text(to: number): string | undefined {
    const value = this.#values[to]
    return typeof value === 'string' ? value : undefined
  }

  id(to: number): string | undefined {
    return idText(this.#values[to])
  }

  number(to: number): number | undefined {
    return toNumber(this.#values[to])
  }

  index(to: number): number | undefined {
    return toIndex(this.#values[to])
  }

  /** Names of the box these attributes give, most specific first; undefined when none. */
  boxHints(): string[] | undefined {
    if (!this.#boxes) return undefined
    const hints: string[] = []
    for (let to: number = slot.boxFirst; to < slotCount; to++) {
      const name = this.#values[to]
      if (typeof name === 'string' && !hints.includes(name)) hints.push(name)
    }
    return hints.length > 0 ? hints : undefined
  }
}
