// Epoch seconds as JSON numbers, as Python's `time.time()` writes them.

import { parseEpochSeconds, type Time } from '../../../base/time.ts'

/** µs resolution; 0 and below mean "not set" to the writers that use them. ISO text is left to others. */
export function epochTime(value: unknown): Time | undefined {
  if (typeof value !== 'number' || !(value > 1e6) || value > 1e11) return undefined
  // A double holds present-day seconds to a quarter of a µs: digits beyond that are noise.
  const us = Math.floor(value * 1e6)
  return parseEpochSeconds(value)
    ? { us, spanUs: 1, kind: 'event', zone: 'utc', source: String(value) }
    : undefined
}
