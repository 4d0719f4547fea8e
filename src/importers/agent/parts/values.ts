// Small safe looks into other people's JSON.

/** True for a JSON object (not null, not an array). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at `key`, own properties only; undefined when it is none. */
export function recordAt(value: unknown, key: string): Record<string, unknown> | undefined {
  const found = at(value, key)
  return isRecord(found) ? found : undefined
}

/** The list at `key`; empty when it is none. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const found = at(value, key)
  return Array.isArray(found) ? found : []
}

/** The text at `key`; undefined when it is none or empty. */
export function textAt(value: unknown, key: string): string | undefined {
  const found = at(value, key)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** The finite number at `key`. */
export function numberAt(value: unknown, key: string): number | undefined {
  const found = at(value, key)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** The value at `key`, own properties only, so that `constructor` and the like are not found on every object. */
export function at(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Text or number as text: ids are written either way. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return undefined
}

/** A finite number from a number or from its decimal text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value === '' || value.length > 40) return undefined
  const number = Number(value)
  return Number.isFinite(number) && value.trim() !== '' ? number : undefined
}

/** A whole number ≥ 0. */
export function toIndex(value: unknown): number | undefined {
  const number = toNumber(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** JSON in a string when it is JSON, else undefined. Only texts that begin with `{` or `[` are tried. */
export function parseJsonText(text: string): unknown {
  let i = 0
  while (i < text.length && text.charCodeAt(i) <= 32) i++
  const c = text.charCodeAt(i)
  if (c !== 123 && c !== 91) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Compact JSON; never throws. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/** Fields that are filled one after the other before they become a readonly record. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }
