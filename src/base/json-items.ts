// Reads JSON as a stream and builds only the values asked for, so that a document of any size fits.
//
// Several documents may follow each other. After a broken one, reading goes on at the next line that begins
// with `{` or `[`: in line-delimited JSON one bad line costs one line.

import { jsonDepthMax, nestsDeeper } from './json-depth.ts'
import { compilePaths, isWanted, type JsonKey, type Pattern, step, walkItems } from './json-paths.ts'
import { concat } from './lines.ts'

/** Largest single value that is built; a larger one is reported and passed over. */
export const itemBytesMax = 64 * 1024 * 1024

/** Depth to which it is remembered what contains what; beyond it a cut-off document is not told from a whole one. */
const containersMax = 1_000

export interface JsonTarget {
  item(path: string, value: unknown, line: number, keys: readonly JsonKey[]): void
  broken(line: number, reason: string, text: string): void
}

interface Frame {
  readonly array: boolean
  readonly pattern: Pattern | undefined
  key: JsonKey
}

// What the next byte outside a captured value may be.
const VALUE = 0
const FIRST = 1 // a value or the container's end
const KEY = 2
const FIRST_KEY = 3
const COLON = 4
const COMMA = 5
const LOST = 6

export class JsonItems {
  readonly #target: JsonTarget
  readonly #root: Pattern
  readonly #bytesMax: number
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #stack: Frame[] = []
  #expect = VALUE
  #line = 0 // Of the byte read last; its newline belongs to a line.
  #newline = true // The byte before was a newline (or the stream's start).
  #afterComma = true // The last structural byte allows a value at a line's start.
  // A value being passed or captured.
  #inside = false
  #depth = 0
  #inString = false
  #escaped = false
  #scalar = false
  #keyString = false
  #last = 0 // The last byte inside a value that is no white space.
  #containers: boolean[] = [] // What a value's byte stands in, outermost first; true = an array.
  #capture: { pattern: Pattern; line: number } | undefined
  #parts: Uint8Array[] = []
  #bytes = 0
  #tooLarge = false
  #tooDeep = false
  #documents = 0

  constructor(paths: readonly string[], target: JsonTarget, bytesMax: number = itemBytesMax) {
    this.#root = compilePaths(paths)
    this.#target = target
    this.#bytesMax = bytesMax
  }

  /** Whole documents read. */
  get documents(): number {
    return this.#documents
  }

  /** True between documents. */
  get idle(): boolean {
    return !this.#inside && this.#stack.length === 0 && this.#expect === VALUE
  }

  /** The line of the byte read last. */
  get line(): number {
    return this.#line
  }

  /** Counts a line, and a document, that somebody else has read. */
  passLine(): void {
    this.#line++
    this.#documents++
    this.#newline = true
  }

  /** One complete line that may be one document: much faster than byte by byte. False when it is not. */
  wholeLine(text: string): boolean {
    if (nestsDeeper(text)) return false // Byte by byte, what is not too deep in it can still be read.
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return false
    }
    this.passLine()
    walkItems(this.#root, value, (path, item, keys) => {
      this.#target.item(path, item, this.#line, keys)
    })
    return true
  }

  /** Gives up the document being read: what follows is known to be another one. */
  abandon(): void {
    this.#abandon(this.#line)
  }

  #abandon(lastLine: number): void {
    if (this.idle) return
    if (this.#expect !== LOST) this.#lost('the document is cut off', lastLine)
    this.#stack = []
    this.#expect = VALUE
    this.#afterComma = true
  }

  chunk(bytes: Uint8Array): void {
    let from = 0 // Where the current capture began in this chunk.
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      const startsLine = this.#newline
      this.#newline = byte === 10
      if (startsLine) this.#line++
      if (startsLine && byte === 123 && this.#inside && !this.#inString && !this.#objectMayFollow()) {
        this.#take(bytes.subarray(from, i))
        this.#abandon(this.#line - 1)
      }
      if (this.#inside) {
        const done = this.#insideByte(byte)
        if (done === 'no') continue
        // A scalar ends before this byte, everything else with it.
        const end = done === 'before' ? i : i + 1
        this.#take(bytes.subarray(from, end))
        if (done === 'broken') this.#lost('a control character stands inside a string')
        else this.#finish()
        if (done === 'with') continue
        if (done === 'broken') {
          if (this.#expect === LOST) continue
        }
      }
      if (this.#expect === LOST) {
        if (!(startsLine && (byte === 123 || byte === 91))) continue
        this.#abandon(this.#line - 1)
      }
      if (byte === 32 || byte === 10 || byte === 13 || byte === 9) continue
      if (byte === 0xef || byte === 0xbb || byte === 0xbf) {
        if (this.#stack.length === 0) continue // A byte-order mark.
      }
      if (this.#structure(byte, startsLine)) {
        from = i
      }
    }
    if (this.#inside) this.#take(bytes.subarray(from))
  }

  /** After the last chunk. Returns whether a document was cut off. */
  end(): boolean {
    if (this.#inside && this.#scalar) this.#finish()
    const cut = this.#inside || this.#stack.length > 0
    if (cut && this.#expect !== LOST) this.#lost('the document is cut off')
    return cut
  }

  /** A byte between values. True when a value (or key) begins with it. */
  #structure(byte: number, startsLine: boolean): boolean {
    const top = this.#stack[this.#stack.length - 1]
    const expect = this.#expect
    if (byte === 125 || byte === 93) {
      const fits = top && top.array === (byte === 93)
      const may =
        byte === 93 ? expect === FIRST || expect === COMMA : expect === FIRST_KEY || expect === COMMA
      if (!fits || !may) return this.#unexpected(byte)
      this.#stack.pop()
      this.#afterValue()
      return false
    }
    if (byte === 44) {
      if (expect !== COMMA || !top) return this.#unexpected(byte)
      if (top.array) top.key = (top.key as number) + 1
      this.#expect = top.array ? VALUE : KEY
      this.#afterComma = true
      return false
    }
    if (byte === 58) {
      if (expect !== COLON) return this.#unexpected(byte)
      this.#expect = VALUE
      this.#afterComma = false
      return false
    }
    if (expect === KEY || expect === FIRST_KEY) {
      if (startsLine && byte === 123) {
        this.#abandon(this.#line - 1)
        return this.#structure(byte, startsLine)
      }
      if (byte !== 34) return this.#unexpected(byte)
      this.#begin(byte, undefined, true)
      return true
    }
    if (expect !== VALUE && expect !== FIRST) {
      if (startsLine && this.#stack.length > 0 && (byte === 123 || byte === 91)) {
        this.#abandon(this.#line - 1)
        return this.#structure(byte, startsLine)
      }
      return this.#unexpected(byte)
    }
    if (startsLine && !this.#afterComma && byte === 123 && this.#stack.length > 0) {
      this.#abandon(this.#line - 1)
      return this.#structure(byte, startsLine)
    }
    const pattern = top ? step(top.pattern, top.key) : this.#root
    if ((byte === 123 || byte === 91) && pattern && !isWanted(pattern, byte === 91)) {
      if (this.#stack.length >= 64) return this.#unexpected(byte)
      const array = byte === 91
      this.#stack.push({ array, pattern, key: array ? 0 : '' })
      this.#expect = array ? FIRST : FIRST_KEY
      this.#afterComma = true
      return false
    }
    if (!startsValue(byte)) return this.#unexpected(byte)
    this.#begin(byte, pattern?.path === undefined ? undefined : pattern, false)
    return true
  }

  #begin(byte: number, pattern: Pattern | undefined, key: boolean): void {
    this.#inside = true
    this.#keyString = key
    this.#capture = pattern ? { pattern, line: this.#line } : undefined
    this.#parts = []
    this.#bytes = 0
    this.#tooLarge = false
    this.#tooDeep = false
    this.#escaped = false
    this.#inString = byte === 34
    this.#depth = byte === 123 || byte === 91 ? 1 : 0
    this.#scalar = this.#depth === 0 && !this.#inString
    this.#last = byte
    this.#containers = this.#depth === 1 ? [byte === 91] : []
  }

  /**
   * Whether the value being read allows an object where the next byte stands. It tells a document laid out over
   * lines from one that was cut off and is followed by the next line's.
   */
  #objectMayFollow(): boolean {
    if (this.#depth > containersMax) return true
    return this.#last === 91 || (this.#last === 44 && this.#containers[this.#depth - 1] === true)
  }

  #insideByte(byte: number): 'no' | 'before' | 'with' | 'broken' {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (byte === 92) this.#escaped = true
      else if (byte === 34) {
        this.#inString = false
        this.#last = byte
        if (this.#depth === 0) return 'with'
      } else if (byte < 32 && byte !== 9) return 'broken'
      return 'no'
    }
    if (this.#scalar) {
      return byte === 44 ||
        byte === 125 ||
        byte === 93 ||
        byte === 32 ||
        byte === 10 ||
        byte === 13 ||
        byte === 9
        ? 'before'
        : 'no'
    }
    if (byte > 32) this.#last = byte
    if (byte === 34) this.#inString = true
    else if (byte === 123 || byte === 91) {
      if (this.#depth < containersMax) this.#containers[this.#depth] = byte === 91
      this.#depth++
      if (this.#depth > jsonDepthMax) this.#tooDeep = true
    } else if (byte === 125 || byte === 93) {
      this.#depth--
      if (this.#depth === 0) return 'with'
    }
    return 'no'
  }

  #take(bytes: Uint8Array): void {
    if (!this.#capture && !this.#keyString) return
    if (this.#bytes + bytes.length > this.#bytesMax) {
      this.#tooLarge = true
      return
    }
    if (this.#tooLarge || bytes.length === 0) return
    this.#parts.push(bytes.slice())
    this.#bytes += bytes.length
  }

  #finish(): void {
    this.#inside = false
    const capture = this.#capture
    this.#capture = undefined
    if (this.#keyString) {
      const top = this.#stack[this.#stack.length - 1]!
      const key = this.#parse()
      top.key = typeof key === 'string' ? key : ''
      this.#keyString = false
      this.#expect = COLON
      return
    }
    if (capture) {
      const text = this.#tooLarge ? '' : this.#decoder.decode(concat(this.#parts))
      if (this.#tooDeep) {
        this.#target.broken(
          capture.line,
          `a value nests deeper than ${jsonDepthMax} levels`,
          text.slice(0, 500),
        )
      } else if (this.#tooLarge) {
        this.#target.broken(capture.line, `a value is larger than ${this.#bytesMax} bytes`, this.#excerpt())
      } else {
        let value: unknown
        let error: unknown
        try {
          value = JSON.parse(text)
        } catch (caught) {
          error = caught ?? true
        }
        if (error) this.#target.broken(capture.line, 'not JSON', text.slice(0, 500))
        else {
          const keys = this.#stack.map((frame) => frame.key)
          this.#target.item(capture.pattern.path!, value, capture.line, keys)
        }
      }
    }
    this.#parts = []
    this.#afterValue()
  }

  #parse(): unknown {
    try {
      return JSON.parse(this.#decoder.decode(concat(this.#parts)))
    } catch {
      return undefined
    }
  }

  #afterValue(): void {
    if (this.#stack.length === 0) {
      this.#documents++
      this.#expect = VALUE
      this.#afterComma = true
    } else this.#expect = COMMA
  }

  #unexpected(byte: number): false {
    const shown = byte > 32 && byte < 127 ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16)}`
    this.#lost(`not JSON: unexpected ${shown}`)
    return false
  }

  #lost(reason: string, line: number = this.#line): void {
    this.#target.broken(this.#capture?.line ?? line, reason, this.#excerpt())
    this.#inside = false
    this.#keyString = false
    this.#capture = undefined
    this.#parts = []
    this.#expect = LOST
  }

  #excerpt(): string {
    if (this.#parts.length > 0) {
      // However it came in chunks, the same beginning is shown.
      const parts: Uint8Array[] = []
      for (let i = 0, bytes = 0; i < this.#parts.length && bytes < 500; i++) {
        parts.push(this.#parts[i]!)
        bytes += this.#parts[i]!.length
      }
      return this.#decoder.decode(concat(parts).subarray(0, 500))
    }
    return this.#stack.map((frame) => frame.key).join('.')
  }
}

function startsValue(byte: number): boolean {
  return (
    byte === 123 ||
    byte === 91 ||
    byte === 34 ||
    byte === 45 ||
    (byte >= 48 && byte <= 57) ||
    byte === 116 ||
    byte === 102 ||
    byte === 110
  )
}
