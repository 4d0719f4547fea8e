// Small looks into other people's JSON, and objects that arrive field by field.

import { canonicalIp } from '../../../base/ip.ts'
import { parseIso } from '../../../base/time.ts'

/** The own property `key` of an object; undefined on anything else. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Object.getOwnPropertyDescriptor(found, key)?.value
  }
  return found
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 1024 ? value : undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** An address that stands for one machine; `0.0.0.0`, `::` and the like do not. */
export function addressOf(value: unknown): string | undefined {
  const text = textOf(value)?.replace(/\/\d{1,3}$/, '')
  if (!text || !(text.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text))) return undefined
  const ip = canonicalIp(text)
  return ip === '0.0.0.0' || ip === '::' ? undefined : ip
}

/** µs of an ISO stamp with a zone; `0001-01-01T00:00:00Z` and naive ones are none. */
export function instantOf(value: unknown): number | undefined {
  const time = parseIso(textOf(value) ?? '')
  return time && time.zone === 'utc' && time.us > 0 ? time.us : undefined
}

export function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.flatMap((value) => value || []))]
}

/** Gathers the fields of a top-level object until one comes a second time: then the next object has begun. */
export class FieldByField {
  readonly #done: (fields: Readonly<Record<string, unknown>>, line: number) => void
  #fields = new Map<string, unknown>()
  #line = 0

  constructor(done: (fields: Readonly<Record<string, unknown>>, line: number) => void) {
    this.#done = done
  }

  field(key: string, value: unknown, line: number): void {
    if (this.#fields.has(key)) this.end()
    if (this.#fields.size === 0) this.#line = line
    this.#fields.set(key, value)
  }

  /** Half an object would claim too much: what was gathered of it is let go. */
  drop(): void {
    this.#fields = new Map()
  }

  end(): void {
    if (this.#fields.size > 0) this.#done(Object.fromEntries(this.#fields), this.#line)
    this.#fields = new Map()
  }
}
