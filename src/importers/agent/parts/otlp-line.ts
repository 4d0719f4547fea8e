// Reads the spans of a document that stands on one line, as collectors write them, straight from its text: an
// attribute takes three objects in JSON, and most attributes are never looked at.

import { JsonScan } from '../../../base/json-scan.ts'
import { intValue, plainValue } from './any-value.ts'
import type { SpanFields } from './otlp-spans.ts'
import { SortedAttributes } from './span-attributes.ts'
import { roleOf } from './telemetry-roles.ts'

/** Spans that share a resource. */
export interface SpanBlock {
  /** Undefined when the block names no resource. */
  resource: SortedAttributes | undefined
  readonly spans: SpanFields[]
}

// What a key leads to; those without a code are passed over.
const passed = 0

const documentKeys = codes(
  ['resourceSpans', 'resource_spans', 'batches'],
  ['resourceLogs', 'resource_logs', 'trace'],
)
const blockKeys = codes(
  ['resource'],
  ['scopeSpans', 'scope_spans', 'instrumentationLibrarySpans', 'instrumentation_library_spans'],
)
const resourceKeys = codes(['attributes'])
const scopeKeys = codes(['spans'])
const spanKeys = codes(
  ['traceId', 'trace_id'],
  ['spanId', 'span_id'],
  ['parentSpanId', 'parent_span_id'],
  ['name'],
  ['startTimeUnixNano', 'start_time_unix_nano'],
  ['endTimeUnixNano', 'end_time_unix_nano'],
  ['attributes'],
  ['events'],
)

/** Codes from 2 on, in the order given. */
function codes(...names: string[][]): ReadonlyMap<string, number> {
  return new Map(names.flatMap((alike, i) => alike.map((name): [string, number] => [name, i + 2])))
}

/** Keys of one kind of object come in the same order again and again: what stood there last is tried first. */
class Guesses {
  readonly texts: string[] = []
  readonly codes: number[] = []
}

/** The keys of one kind of object. */
interface Shape {
  readonly keys: ReadonlyMap<string, number>
  readonly guesses: Guesses
}

const guessesMax = 64

export class OtlpLine {
  readonly #scan = new JsonScan()
  readonly #documents: Shape = { keys: documentKeys, guesses: new Guesses() }
  readonly #blocks: Shape = { keys: blockKeys, guesses: new Guesses() }
  readonly #resources: Shape = { keys: resourceKeys, guesses: new Guesses() }
  readonly #scopes: Shape = { keys: scopeKeys, guesses: new Guesses() }
  readonly #spans: Shape = { keys: spanKeys, guesses: new Guesses() }
  readonly #roles = new Guesses()

  /** The blocks of a line; undefined when it must be read in the common way, whatever the reason. */
  read(text: string): SpanBlock[] | undefined {
    const scan = this.#scan
    scan.start(text)
    const blocks: SpanBlock[] = []
    this.#object(this.#documents, (code) => {
      if (code === 2) this.#list(() => this.#block(blocks))
      else scan.failed = true
    })
    return scan.failed || !scan.atEnd() ? undefined : blocks
  }

  #block(blocks: SpanBlock[]): void {
    const block: SpanBlock = { resource: undefined, spans: [] }
    blocks.push(block)
    this.#object(this.#blocks, (code) => {
      if (code === 2) block.resource = this.#resource()
      else this.#list(() => this.#scope(block.spans))
    })
  }

  #resource(): SortedAttributes {
    const attributes = new SortedAttributes()
    this.#object(this.#resources, () => this.#attributes(attributes))
    return attributes
  }

  #scope(spans: SpanFields[]): void {
    this.#object(this.#scopes, () => this.#list(() => spans.push(this.#span())))
  }

  #span(): SpanFields {
    const scan = this.#scan
    scan.peek()
    const from = scan.at
    const span = new ScannedSpan(scan.text, from)
    this.#object(this.#spans, (code) => this.#spanMember(span, code))
    span.to = scan.at
    return span
  }

  #spanMember(span: ScannedSpan, code: number): void {
    const scan = this.#scan
    if (code === 2) span.trace = this.#id()
    else if (code === 3) span.id = this.#id()
    else if (code === 4) span.parent = this.#id()
    else if (code === 5) span.name = scan.string()
    else if (code === 6) span.start = scan.peek() === 34 ? scan.string() : scan.value()
    else if (code === 7) span.end = scan.peek() === 34 ? scan.string() : scan.value()
    else if (code === 8) this.#attributes(span.attributes)
    else {
      scan.peek()
      span.eventsFrom = scan.at
      scan.pass()
      span.eventsTo = scan.at
    }
  }

  #id(): string | undefined {
    const id = this.#scan.string()
    return id === '' ? undefined : id
  }

  #attributes(to: SortedAttributes): void {
    const scan = this.#scan
    scan.expect(91)
    if (scan.failed || scan.takes(93)) return
    let index = 0
    do this.#pair(to, index++)
    while (!scan.failed && scan.more(93))
  }

  #pair(to: SortedAttributes, index: number): void {
    const scan = this.#scan
    // As every writer of OTLP lays it out; others are left to the common way.
    scan.peek()
    if (!scan.takesText('{"key":') && !(scan.takes(123) && scan.key() === 'key')) scan.failed = true
    if (scan.failed) return
    const role = this.#code(this.#roles, index, '', roleOf)
    if (!scan.takesText(',"value":') && !(scan.takes(44) && scan.key() === 'value')) scan.failed = true
    if (scan.failed) return
    if (role < 0) scan.pass()
    else to.pairs.push(role, this.#anyValue())
    scan.expect(125)
  }

  #anyValue(): unknown {
    const scan = this.#scan
    scan.peek()
    const isInt = scan.takesText('{"intValue":"')
    if (!isInt && !scan.takesText('{"stringValue":"')) return plainValue(scan.value())
    scan.at-- // The string's own quote.
    const text = scan.string()
    scan.expect(125)
    return isInt ? intValue(text) : text
  }

  /** An object's members; each known key may stand there once. */
  #object({ keys, guesses }: Shape, member: (code: number) => void): void {
    const scan = this.#scan
    scan.expect(123)
    if (scan.failed || scan.takes(125)) return
    let seen = 0
    let index = 0
    do {
      const code = this.#code(guesses, index++, ':', (key) => keys.get(key) ?? passed)
      if (scan.failed) return
      if (code === passed) scan.pass()
      else {
        if (seen & (1 << code)) scan.failed = true
        seen |= 1 << code
        member(code)
      }
    } while (!scan.failed && scan.more(125))
  }

  #list(element: () => void): void {
    const scan = this.#scan
    scan.expect(91)
    if (scan.failed || scan.takes(93)) return
    do {
      element()
    } while (!scan.failed && scan.more(93))
  }

  /** The code of the string that stands here, with its colon when it is a key. */
  #code(guesses: Guesses, index: number, after: '' | ':', codeOf: (text: string) => number): number {
    const scan = this.#scan
    scan.peek()
    const guess = guesses.texts[index]
    if (guess !== undefined && scan.takesText(guess)) return guesses.codes[index]!
    const text = after === ':' ? scan.key() : scan.string()
    const code = codeOf(text)
    if (index < guessesMax && text.length < 100) {
      guesses.texts[index] = `${JSON.stringify(text)}${after}`
      guesses.codes[index] = code
    }
    return code
  }
}

class ScannedSpan implements SpanFields {
  id: string | undefined = undefined
  trace: string | undefined = undefined
  parent: string | undefined = undefined
  name = ''
  start: unknown = undefined
  end: unknown = undefined
  readonly attributes = new SortedAttributes()
  eventsFrom = 0
  eventsTo = 0
  to = 0
  readonly #text: string
  readonly #from: number

  constructor(text: string, from: number) {
    this.#text = text
    this.#from = from
  }

  events(): unknown {
    return this.eventsTo === 0 ? undefined : JSON.parse(this.#text.slice(this.eventsFrom, this.eventsTo))
  }

  value(): unknown {
    return JSON.parse(this.#text.slice(this.#from, this.to))
  }
}
