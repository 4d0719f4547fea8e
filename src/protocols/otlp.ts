// OTLP's export requests as agents post them by default (`http/protobuf`), turned into the same as OTLP/JSON has it.
// https://github.com/open-telemetry/opentelemetry-proto (trace.proto, logs.proto, common.proto; fields of v1)

import { wireFields } from './protobuf.ts'

type Read =
  | 'text'
  /** Ids. */
  | 'hex'
  /** Nanoseconds, and integers of 64 bits: as text of digits, as JSON's numbers lose their last. */
  | 'digits'
  | 'signed'
  | 'number'
  | 'bool'
  | 'double'
  | 'base64'
  | Message

interface Field {
  readonly name: string
  readonly read: Read
  readonly many?: true
}
/** By field number; what is not named is passed over. */
type Message = () => Readonly<Record<number, Field>>

const one = (name: string, read: Read): Field => ({ name, read })
const many = (name: string, read: Read): Field => ({ name, read, many: true })

const anyValue: Message = () => ({
  1: one('stringValue', 'text'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'signed'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: many('values', anyValue) })),
  6: one('kvlistValue', () => ({ 1: many('values', keyValue) })),
  7: one('bytesValue', 'base64'),
})
const keyValue: Message = () => ({ 1: one('key', 'text'), 2: one('value', anyValue) })
const attributes = many('attributes', keyValue)
const resource: Message = () => ({ 1: attributes })
const scope: Message = () => ({ 1: one('name', 'text'), 2: one('version', 'text'), 3: attributes })

const span: Message = () => ({
  1: one('traceId', 'hex'),
  2: one('spanId', 'hex'),
  4: one('parentSpanId', 'hex'),
  5: one('name', 'text'),
  6: one('kind', 'number'),
  7: one('startTimeUnixNano', 'digits'),
  8: one('endTimeUnixNano', 'digits'),
  9: attributes,
  11: many('events', () => ({ 1: one('timeUnixNano', 'digits'), 2: one('name', 'text'), 3: attributes })),
  15: one('status', () => ({ 2: one('message', 'text'), 3: one('code', 'number') })),
})
const logRecord: Message = () => ({
  1: one('timeUnixNano', 'digits'),
  2: one('severityNumber', 'number'),
  3: one('severityText', 'text'),
  5: one('body', anyValue),
  6: attributes,
  9: one('traceId', 'hex'),
  10: one('spanId', 'hex'),
  11: one('observedTimeUnixNano', 'digits'),
  12: one('eventName', 'text'),
})

const requests = {
  traces: () => ({
    1: many('resourceSpans', () => ({
      1: one('resource', resource),
      2: many('scopeSpans', () => ({ 1: one('scope', scope), 2: many('spans', span) })),
    })),
  }),
  logs: () => ({
    1: many('resourceLogs', () => ({
      1: one('resource', resource),
      2: many('scopeLogs', () => ({ 1: one('scope', scope), 2: many('logRecords', logRecord) })),
    })),
  }),
} as const satisfies Readonly<Record<string, Message>>

const limits = {
  /** Of messages in one request; an attribute is three. */
  messages: 400_000,
  /** Of an id: a trace's has 16. */
  idBytes: 64,
  /** Of lists in lists and maps in maps. */
  depth: 64,
} as const

const text = new TextDecoder()

/** An export request as OTLP/JSON writes it; undefined when the bytes are none, or hold too much. */
export function readOtlp(kind: 'traces' | 'logs', bytes: Uint8Array): object | undefined {
  let budget: number = limits.messages
  const message = (from: Uint8Array, shape: Message, depth: number): object | undefined => {
    if (--budget < 0 || depth > limits.depth) return undefined
    const fields = wireFields(from)
    if (!fields) return undefined
    const known = shape()
    const into: Record<string, unknown> = {}
    for (const { field, wire, value } of fields) {
      const meant = Object.hasOwn(known, field) ? known[field] : undefined
      if (!meant) continue
      const read = valueIn(meant.read, wire, value, depth)
      if (read === undefined) return undefined
      const before = into[meant.name]
      if (!meant.many) into[meant.name] = read
      else if (Array.isArray(before)) before.push(read)
      else into[meant.name] = [read]
    }
    return into
  }
  const valueIn = (read: Read, wire: string, value: bigint | number | Uint8Array, depth: number): unknown => {
    if (typeof read === 'function')
      return value instanceof Uint8Array ? message(value, read, depth + 1) : undefined
    if (read === 'text' || read === 'hex' || read === 'base64')
      return value instanceof Uint8Array && (read !== 'hex' || value.length <= limits.idBytes)
        ? textOf(read, value)
        : undefined
    if (typeof value !== 'bigint') return undefined
    if (read === 'double') return wire === 'fixed64' ? doubleOf(value) : undefined
    if (read === 'bool') return value !== 0n
    if (read === 'number') return Number(BigInt.asIntN(32, value))
    return String(read === 'signed' ? BigInt.asIntN(64, value) : value)
  }
  return message(bytes, requests[kind], 0)
}

function textOf(read: 'text' | 'hex' | 'base64', value: Uint8Array): string {
  if (read === 'text') return text.decode(value)
  if (read === 'hex') return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
  let binary = ''
  for (const byte of value) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function doubleOf(value: bigint): number | string {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, value)
  const number = view.getFloat64(0)
  return Number.isFinite(number) ? number : String(number) // As protobuf's JSON writes NaN and Infinity.
}
