// Canonical JSON (RFC 8785, the JSON Canonicalization Scheme): one text for one value, so that a hash over it is one too.

/**
 * The canonical text of a JSON value: no white space, keys in the order of their UTF-16 units, numbers and texts as
 * ECMAScript writes them. What JSON has no word for is settled so that the text always parses back to what was
 * hashed: members that are undefined or functions are left out, numbers that are not finite become null, halves of
 * surrogate pairs become U+FFFD. Nesting is the caller's to bound.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return jsonText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value === 0 ? 0 : value) : 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value !== 'object' || value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  return `{${canonicalMembers(value)}}`
}

/**
 * The members of an object as they stand between its braces. `known`: a member whose canonical text is at hand.
 * `beside`: members of another object, which stand in place of its own of the same name.
 */
export function canonicalMembers(
  value: object,
  known?: { readonly key: string; readonly text: string },
  beside: object = {},
): string {
  const members = value as Readonly<Record<string, unknown>>
  const others = beside as Readonly<Record<string, unknown>>
  const keys = Object.keys(others)
  for (const key of Object.keys(members)) if (!Object.hasOwn(others, key)) keys.push(key)
  let text = ''
  for (const key of sorted(keys)) {
    const member = Object.hasOwn(others, key) ? others[key] : members[key]
    if (member === undefined || typeof member === 'function' || typeof member === 'symbol') continue
    const written = keyText(key)
    text += text === '' ? written.first : written.later
    text += key === known?.key ? known.text : canonicalJson(member)
  }
  return text
}

/** Insertion sort: objects have few keys, mostly in order already; `sort` compares by UTF-16 units for the rest. */
function sorted(keys: string[]): string[] {
  if (keys.length > 32) return keys.sort()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!
    let j = i - 1
    for (; j >= 0 && keys[j]! > key; j--) keys[j + 1] = keys[j]!
    keys[j + 1] = key
  }
  return keys
}

/** What JSON escapes, and surrogates, of which only pairs may stay. */
const special = /["\\\u0000-\u001f\ud800-\udfff]/

function jsonText(text: string): string {
  if (text.length < 5_000 && !special.test(text)) return `"${text}"`
  return JSON.stringify(wellFormed(text))
}

const loneSurrogates = /\p{Cs}/gu

/** The text with U+FFFD for every half of a surrogate pair: such a text has no UTF-8 form. */
export function wellFormed(text: string): string {
  return text.replace(loneSurrogates, '\ufffd')
}

/** Texts of keys seen before; ours are a few dozen words. */
const keyTexts = new Map<string, KeyText>()
const keyTextsMax = 512

interface KeyText {
  readonly first: string
  /** Behind another member. */
  readonly later: string
}

function keyText(key: string): KeyText {
  const known = keyTexts.get(key)
  if (known !== undefined) return known
  const first = `${jsonText(key)}:`
  const text = { first, later: `,${first}` }
  if (keyTexts.size < keyTextsMax && key.length <= 64) keyTexts.set(key, text)
  return text
}
