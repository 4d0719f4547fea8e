// Hands each row its resource. In a document `resource` comes before the rows of its block, by custom; JSON does
// not promise it, so the rows of a block wait while none has been seen.

import { detached } from '../../../base/detached.ts'
import type { ContextTable } from './episode-context.ts'
import { Attributes } from './span-attributes.ts'
import { slot } from './telemetry-roles.ts'
import { isRecord } from './values.ts'

/** What a resource says for all its rows. */
export interface Resource {
  /** Number of what it says of an episode. */
  readonly context: number
  /** Names of the box, most specific first. */
  readonly boxHints: readonly string[]
  readonly sensor?: string
  /** Set where it is first kept. */
  number?: number
}

/** Resources by what they say: the same object for the same words. */
export class Resources {
  readonly none: Resource = { context: 0, boxHints: [] }
  readonly #attributes = new Attributes()
  readonly #contexts: ContextTable
  readonly #known = new Map<string, Resource>()

  constructor(contexts: ContextTable) {
    this.#contexts = contexts
  }

  /** `source` = the resource's attributes. */
  read(source: unknown): Resource {
    const attributes = this.#attributes
    attributes.read(source)
    const boxHints = attributes.boxHints() ?? []
    const sensor = attributes.text(slot.boxHost)
    const context = this.#contexts.readWithoutBox(attributes) // Its boxes stand last, after those of all spans.
    const key = `${context}\n${sensor === undefined ? 0 : 1}${boxHints.length === 1 ? boxHints[0] : JSON.stringify(boxHints)}`
    const known = this.#known.get(key)
    if (known) return known
    const hints = boxHints.map(detached)
    const resource =
      sensor === undefined
        ? { context, boxHints: hints }
        : { context, boxHints: hints, sensor: detached(sensor) }
    this.#known.set(detached(key), resource)
    return resource
  }
}

/** Rows of one block that wait for a resource; beyond it they go without. */
const waitingMax = 4096

type Keys = readonly (string | number)[]
type Row = (value: unknown, line: number, resource: Resource) => void

export class ResourceBlocks {
  readonly #row: Row
  readonly #resources: Resources
  #resource: Resource | undefined
  #waiting: { value: unknown; line: number }[] = []
  // Place of the last row, to notice where the next block or document begins.
  #block: string | number = -1
  #scope: string | number = -1
  #index: string | number = -1

  constructor(resources: Resources, row: Row) {
    this.#resources = resources
    this.#row = row
  }

  resource(value: unknown, line: number, keys: Keys, block: number): void {
    const attributes = isRecord(value) ? value.attributes : undefined
    const read = this.#resources.read(attributes)
    if (this.#isOfWaiting(keys[block]!, line)) {
      this.#resource = read
      this.#flush(read)
      return
    }
    this.#flush(this.#resources.none)
    this.#resource = read
    this.#block = keys[block]!
    this.#scope = -1
    this.#index = -1
  }

  row(value: unknown, line: number, keys: Keys, block: number): void {
    const at = keys[block]!
    const scope = keys[block + 2]!
    const index = keys[block + 4]!
    if (at !== this.#block || scope < this.#scope || (scope === this.#scope && index <= this.#index)) {
      this.#flush(this.#resources.none)
      this.#resource = undefined
      this.#block = at
    }
    this.#scope = scope
    this.#index = index
    if (this.#resource) {
      this.#row(value, line, this.#resource)
      return
    }
    this.#waiting.push({ value, line })
    if (this.#waiting.length < waitingMax) return
    this.#resource = this.#resources.none
    this.#flush(this.#resources.none)
  }

  /** Where a document ends: what follows has a resource of its own, or none. */
  end(): void {
    this.#flush(this.#resources.none)
    this.#resource = undefined
    this.#block = -1
  }

  /** A document of one line has one line number throughout; a resource on another line belongs to the next. */
  #isOfWaiting(block: string | number, line: number): boolean {
    const first = this.#waiting[0]
    const last = this.#waiting[this.#waiting.length - 1]
    if (!first || !last || block !== this.#block || this.#resource) return false
    return first.line === line || first.line !== last.line
  }

  #flush(resource: Resource): void {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    for (const { value, line } of waiting) this.#row(value, line, resource)
  }
}
