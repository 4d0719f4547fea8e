// Calls whose answer has not been read yet, in the order of their beginnings.

import { BoundedMap } from '../../../base/bounded-map.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { Generations } from './generations.ts'
import type { Draft } from './values.ts'

/** Beyond it the oldest call is given out as it stands: without an end. */
const openMax = 16_384
const closedMax = 65_536

export class OpenCalls {
  readonly #sink: Sink
  readonly #open: BoundedMap<string, Draft<ToolCall>>
  readonly #closed = new Generations<true>(closedMax)

  constructor(sink: Sink, max: number = openMax) {
    this.#sink = sink
    this.#open = new BoundedMap(max, (key, call) => this.#give(key, call))
  }

  /** True when a call of this id is open or was given out: transcripts that were resumed repeat lines. */
  knows(key: string): boolean {
    return this.#open.has(key) || this.#closed.has(key)
  }

  get(key: string): Draft<ToolCall> | undefined {
    return this.#open.get(key)
  }

  /** `undefined` as key: a call without an id, which no answer can find. */
  open(key: string | undefined, call: Draft<ToolCall>): void {
    if (key === undefined) this.#sink.toolCall(call)
    else this.#open.set(key, call)
  }

  close(key: string): void {
    const call = this.#open.get(key)
    if (!call) return
    this.#open.delete(key)
    this.#give(key, call)
  }

  /** Takes a call out without giving it on: the caller does. */
  drop(key: string): void {
    if (this.#open.delete(key)) this.#closed.set(key, true)
  }

  /** Calls without an answer are calls all the same. */
  end(): void {
    for (const [key, call] of [...this.#open.entries()]) {
      this.#open.delete(key)
      this.#give(key, call)
    }
  }

  #give(key: string, call: Draft<ToolCall>): void {
    this.#closed.set(key, true)
    this.#sink.toolCall(call)
  }
}
