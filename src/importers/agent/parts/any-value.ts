// OTLP's AnyValue, as it stands in JSON, to plain values.
//
//   {"stringValue":"a"} {"intValue":"12"} {"intValue":12} {"doubleValue":0.5} {"boolValue":true} {"bytesValue":"aGk="}
//   {"arrayValue":{"values":[…]}} {"kvlistValue":{"values":[{"key":"a","value":{…}}]}}   and snake_case spellings
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

import { isRecord } from './values.ts'

/** The plain value; integers beyond 2^53 stay text, so that ids keep their digits. */
export function plainValue(any: unknown, depth = 0): unknown {
  if (typeof any !== 'object' || any === null) return any // Some writers leave the wrapper out.
  const value = any as Record<string, unknown>
  const text = value.stringValue
  if (text !== undefined) return text
  const int = value.intValue ?? value.int_value
  if (int !== undefined) return intValue(int)
  if (value.doubleValue !== undefined) return value.doubleValue
  if (value.boolValue !== undefined) return value.boolValue
  if (depth > 32) return undefined
  const list = value.arrayValue ?? value.array_value
  if (list !== undefined) {
    const values = isRecord(list) ? list.values : list
    return Array.isArray(values) ? values.map((item) => plainValue(item, depth + 1)) : []
  }
  const pairs = value.kvlistValue ?? value.kvlist_value
  if (pairs !== undefined) {
    const values = isRecord(pairs) ? pairs.values : pairs
    return plainPairs(values, depth + 1)
  }
  const other = value.string_value ?? value.double_value ?? value.bool_value ?? value.bytesValue
  if (other !== undefined) return other
  // An empty wrapper means "no value"; anything else is a plain object of a writer that knows no wrappers.
  for (const _ in value) return Array.isArray(any) ? any : value
  return undefined
}

function plainPairs(values: unknown, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  if (!Array.isArray(values)) return isRecord(values) ? values : object
  for (const pair of values) {
    if (!isRecord(pair) || typeof pair.key !== 'string') continue
    // `__proto__` as a key becomes an ordinary property.
    Object.defineProperty(object, pair.key, {
      value: plainValue(pair.value, depth),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

/** An integer as text becomes a number where that loses nothing. */
export function intValue(int: unknown): unknown {
  if (typeof int !== 'string') return int
  const number = Number(int)
  return Number.isSafeInteger(number) ? number : int
}
