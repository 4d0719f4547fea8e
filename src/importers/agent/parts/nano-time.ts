// Times in nanoseconds since the epoch: text of 19 digits, or a JSON number that has lost its last ones.

import { parseEpochByDigits, parseIso, type Time } from '../../../base/time.ts'

/**
 * `"1764000000123456789"` cut to µs. A number beyond 2^53 was rounded to a multiple of 256 ns by JSON, said in
 * `spanUs`. Writers that put ms or µs in the field are told by the number of digits; `0` and `""` are no time.
 */
export function parseNano(value: unknown): Time | undefined {
  if (typeof value === 'string') {
    const us = value.length === 19 ? leadingUs(value) : -1
    if (us >= 0) return { us, spanUs: 1, kind: 'event', zone: 'utc', source: value }
    return parseEpochByDigits(value) ?? parseIso(value)
  }
  if (typeof value !== 'number' || !(value >= 1e8) || value > 1e19) return undefined
  if (value >= 1e17) {
    return {
      us: Math.floor(value / 1000),
      spanUs: value > Number.MAX_SAFE_INTEGER ? 2 : 1,
      kind: 'event',
      zone: 'utc',
      source: String(value),
    }
  }
  return parseEpochByDigits(Math.floor(value))
}

/** The first 16 of 19 digits as a number; −1 when any of the 19 is none. (No slices: it is called for every span.) */
function leadingUs(text: string): number {
  let us = 0
  for (let i = 0; i < 19; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    if (i < 16) us = us * 10 + digit
  }
  return us
}
