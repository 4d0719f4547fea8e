// Columns that grow while a file is read, and are handed on without a copy of each value.

import { assert } from '../base/assert.ts'
import { detached } from '../base/detached.ts'

export type TypedArray = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array
type Make<A extends TypedArray> = (length: number) => A
export interface ArrayType<A extends TypedArray> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: SharedArrayBuffer): A
}

/** A typed array that doubles when full. */
export class Column<A extends TypedArray> {
  #data: A
  length = 0
  readonly #make: Make<A>

  constructor(make: Make<A>) {
    this.#make = make
    this.#data = make(1024)
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = this.#make(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.length++] = value
  }

  set(index: number, value: number): void {
    this.#data[index] = value
  }

  /** The values so far, in an array of their own that can be transferred to another thread. */
  finish(): A {
    const out = this.#make(this.length)
    out.set(this.#data.subarray(0, this.length) as A)
    return out
  }
}

/** Copies the first `n` rows of columns into larger (or just as long) ones of the same names. */
export function copyRows<R extends Record<string, TypedArray>>(from: R, to: R, n: number): R {
  for (const name in from) {
    const column: TypedArray = to[name]!
    column.set(from[name]!.subarray(0, n))
  }
  return to
}

export const u32 = () => new Column((n) => new Uint32Array(n))
export const u16 = () => new Column((n) => new Uint16Array(n))
export const u8 = () => new Column((n) => new Uint8Array(n))

/** Room for `length` values that several threads can read without a copy. */
export function sharedArray<A extends TypedArray>(Make: ArrayType<A>, length: number): A {
  return new Make(new SharedArrayBuffer(length * Make.BYTES_PER_ELEMENT))
}

function sharedCopy<A extends Uint8Array | Uint32Array>(values: A): A {
  const out = sharedArray(values.constructor as ArrayType<A>, values.length)
  out.set(values)
  return out
}

const asciiLoopMax = 128

/** Texts that rarely repeat (commands, stamps as written), as UTF-8 bytes with offsets. */
export class TextColumn {
  #bytes = new Uint8Array(1 << 16)
  #used = 0
  readonly #ends = u32()
  readonly #encoder = new TextEncoder()

  push(text: string): void {
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const room = this.#used + text.length * 3
    if (room > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(room, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = larger
    }
    this.#used += this.#putAscii(text) || this.#encode(text)
    this.#ends.push(this.#used)
  }

  /** Bytes written; 0 when the text is not plain, or so long that the encoder is faster. */
  #putAscii(text: string): number {
    if (text.length > asciiLoopMax) return 0
    const bytes = this.#bytes
    const from = this.#used
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c > 127) return 0
      bytes[from + i] = c
    }
    return text.length
  }

  #encode(text: string): number {
    return this.#encoder.encodeInto(text, this.#bytes.subarray(this.#used)).written
  }

  finish(): TextBlob {
    return { bytes: sharedCopy(this.#bytes.subarray(0, this.#used)), ends: sharedCopy(this.#ends.finish()) }
  }
}

export interface TextBlob {
  readonly bytes: Uint8Array
  /** End offset of each text. */
  readonly ends: Uint32Array
}

/** Each distinct text once; id 0 is the empty text. */
export class Texts {
  readonly list: string[] = ['']
  readonly #ids = new Map<string, number>([['', 0]])
  #sealed = false

  id(text: string | undefined): number {
    if (text === undefined) return 0
    assert(!this.#sealed, 'nothing is added to texts that are sealed')
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = this.list.length
    const own = detached(text)
    this.list.push(own)
    this.#ids.set(own, id)
    return id
  }

  /** The id of a text that is already known, else 0. */
  find(text: string): number {
    assert(!this.#sealed, 'nothing is looked for in texts that are sealed')
    return this.#ids.get(text) ?? 0
  }

  /** From now on texts are asked for by id only; what finds them by their words is let go. */
  seal(): void {
    this.#sealed = true
    this.#ids.clear()
  }
}
