// What is remembered of spans and log records until their whole file has been read: ids, and what each says of its
// episode, in columns of numbers. `trace-join.ts` puts them together.

import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { type Context, ContextTable, joinedHints } from './episode-context.ts'
import { type EpisodeWindow, EpisodeWindows, type WindowColumns } from './episode-windows.ts'
import type { Resource } from './otlp-resources.ts'
import { SpanIds } from './span-id.ts'
import type { Draft } from './values.ts'

/** Most rows of one file that are remembered (about 50 bytes each); calls beyond it keep what they say themselves. */
export const rowsMax = 4_194_304

/** What a remembered row is. */
export const rowKinds = { ancestor: 0, call: 1, logged: 2, window: 3, asked: 4 } as const

const wordColumns = ['keyHigh', 'keyLow', 'parentHigh', 'parentLow', 'traceHigh', 'traceLow'] as const
const numberColumns = ['own', 'resource', 'call', 'window'] as const

type Columns = Record<(typeof wordColumns)[number] | (typeof numberColumns)[number], Uint32Array> & {
  kind: Uint8Array
  /** Calls of the row, from `call` on. */
  calls: Uint8Array
}

/** What one part of a file leaves for the join. */
export interface TraceRest {
  readonly n: number
  readonly columns: Columns
  readonly contexts: readonly Context[]
  readonly resources: readonly { readonly context: number; readonly boxHints: readonly string[] }[]
  readonly windows: WindowColumns
}

export interface Place {
  readonly id?: string | undefined
  readonly parent?: string | undefined
  readonly trace: string | undefined
}

export class TraceRows {
  readonly contexts = new ContextTable()
  readonly #sink: Sink
  readonly #ids = new SpanIds()
  readonly #resources: Resource[] = []
  readonly #windows = new EpisodeWindows()
  #columns = columns(1024)
  #room = 1024
  #n = 0
  #calls = 0
  // What a call says with its resource, for the pair asked for last.
  #own = -1
  #resource: Resource | undefined
  #said: Context = {}
  #hints: readonly string[] = []

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** A span that is no row of its own and may stand between a call and what is said above it. */
  ancestor(place: Place, own: number): void {
    if (place.id === undefined || (place.parent === undefined && own === 0)) return
    this.#row(rowKinds.ancestor, place, own, undefined)
  }

  /** Calls that one row holds. */
  calls(
    kind: typeof rowKinds.call | typeof rowKinds.logged | typeof rowKinds.asked,
    calls: readonly Draft<ToolCall>[],
    place: Place,
    own: number,
    resource: Resource,
    window?: EpisodeWindow,
  ): void {
    const row = this.#row(kind, place, own, resource)
    if (row >= 0) {
      this.#columns.call[row] = this.#calls
      this.#columns.calls[row] = calls.length
      if (window) this.#columns.window[row] = this.#window(window, place, own)
    }
    this.#calls += calls.length
    this.#say(own, resource)
    const said = this.#said
    const episode = said.episode ?? said.conversation ?? place.trace
    for (const call of calls) {
      if (episode !== undefined) call.episode = episode
      if (said.run !== undefined) call.run = said.run
      if (said.step !== undefined) call.step = said.step
      if (said.policyVersion !== undefined) call.policyVersion = said.policyVersion
      if (said.reward !== undefined) call.reward = said.reward
      call.boxHints = this.#hints
      this.#sink.toolCall(call)
    }
  }

  /** A span that speaks of its episode. */
  window(window: EpisodeWindow, place: Place, own: number, resource: Resource): void {
    const row = this.#row(rowKinds.window, place, own, resource)
    if (row < 0) this.#sink.skip(beyondSkip)
    else this.#columns.window[row] = this.#window(window, place, own)
  }

  finish(): TraceRest {
    const n = this.#n
    const all = this.#columns
    const cut = columns(n)
    for (const name of [...wordColumns, ...numberColumns]) cut[name].set(all[name].subarray(0, n))
    cut.kind.set(all.kind.subarray(0, n))
    cut.calls.set(all.calls.subarray(0, n))
    return {
      n,
      columns: cut,
      contexts: this.contexts.list,
      resources: this.#resources.map(({ context, boxHints }) => ({ context, boxHints })),
      windows: this.#windows.finish(),
    }
  }

  /** The new row's number; −1 when no more are kept. */
  #row(kind: number, place: Place, own: number, resource: Resource | undefined): number {
    if (this.#n === rowsMax) return -1
    if (this.#n === this.#room) this.#grow()
    const row = this.#n++
    const c = this.#columns
    const ids = this.#ids
    const { id, parent, trace } = place
    ids.trace(trace)
    c.traceHigh[row] = ids.high
    c.traceLow[row] = ids.low
    ids.span(id, trace)
    c.keyHigh[row] = ids.high
    c.keyLow[row] = ids.low
    ids.span(parent, trace)
    c.parentHigh[row] = ids.high
    c.parentLow[row] = ids.low
    c.own[row] = own
    c.kind[row] = kind
    if (resource) c.resource[row] = this.#resourceNumber(resource)
    return row
  }

  /** Its number from 1; the trace stands in where the span names no episode. */
  #window(window: EpisodeWindow, place: Place, own: number): number {
    const { episode, conversation } = this.contexts.list[own] ?? {}
    const trace = episode ?? conversation ?? place.trace
    return this.#windows.add(trace === undefined || trace !== place.trace ? window : { ...window, trace })
  }

  #resourceNumber(resource: Resource): number {
    if (resource.number === undefined) {
      resource.number = this.#resources.length
      this.#resources.push(resource)
    }
    return resource.number
  }

  #say(own: number, resource: Resource): void {
    if (own === this.#own && resource === this.#resource) return
    this.#own = own
    this.#resource = resource
    const id = this.contexts.inherit(own, resource.context)
    this.#said = this.contexts.list[id] ?? {}
    this.#hints = joinedHints(this.#said.boxHints, resource.boxHints)
  }

  #grow(): void {
    const larger = columns(this.#room * 2)
    for (const name of [...wordColumns, ...numberColumns]) larger[name].set(this.#columns[name])
    larger.kind.set(this.#columns.kind)
    larger.calls.set(this.#columns.calls)
    this.#columns = larger
    this.#room *= 2
  }
}

export const beyondSkip = 'beyond the spans that are remembered'

function columns(n: number): Columns {
  const c = { kind: new Uint8Array(n), calls: new Uint8Array(n) } as Columns
  for (const name of [...wordColumns, ...numberColumns]) c[name] = new Uint32Array(n)
  return c
}
