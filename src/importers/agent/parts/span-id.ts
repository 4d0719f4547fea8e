// Ids of spans and traces as 64 bits: hexadecimal or not, millions of them fit into typed arrays.

import { detached } from '../../../base/detached.ts'

/** Reads ids one after the other; the last one's halves stand in `high` and `low`. */
export class SpanIds {
  high = 0
  low = 0
  #trace = ''
  #traceHigh = 0
  #traceLow = 0

  /** A trace's id; both halves are 0 for none. */
  trace(trace: string | undefined): void {
    if (trace === undefined) {
      this.high = 0
      this.low = 0
      return
    }
    if (trace !== this.#trace) {
      this.#mix(trace, 0x9e3779b9, 0x85ebca6b)
      this.#trace = detached(trace)
      this.#traceHigh = this.high
      this.#traceLow = this.low
    }
    this.high = this.#traceHigh
    this.low = this.#traceLow
  }

  /** A span's id within its trace: span ids are promised to be unique there only. */
  span(id: string | undefined, trace: string | undefined): void {
    if (id === undefined) {
      this.high = 0
      this.low = 0
      return
    }
    this.trace(trace)
    this.#mix(id, this.high ^ 0x2545f491, this.low ^ 0x4f6cdd1d)
  }

  /** Two multiplicative hashes side by side, then mixed (after bryc's cyrb53, whole 64 bits kept). */
  #mix(text: string, seedHigh: number, seedLow: number): void {
    let a = seedHigh | 0
    let b = seedLow | 0
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      a = Math.imul(a ^ c, 2_654_435_761)
      b = Math.imul(b ^ c, 1_597_334_677)
    }
    a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
    b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
    this.high = a >>> 0
    // Never both 0: that stands for "none".
    this.low = (b >>> 0) | 1
  }
}
