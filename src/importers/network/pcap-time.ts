// pcapng's 64-bit stamps, in units each interface chooses (`if_tsresol`, `if_tsoffset`).

import type { RecordTime } from './pcap-capture.ts'

export interface Resolution {
  /** Units in a second: 10^n or 2^n. */
  readonly unitsPerSecond: bigint
  /** Set when a unit is 10^-n s with n ≤ 12: then no big integers are needed. */
  readonly decimals: number | undefined
  readonly offsetUs: number
}

/** `code`: n for 10^-n s, with the top bit set 2^-n s. */
export function resolutionOf(code: number, offsetSeconds: number): Resolution {
  const exponent = code & 0x7f
  const binary = (code & 0x80) !== 0
  return {
    unitsPerSecond: (binary ? 2n : 10n) ** BigInt(exponent),
    decimals: !binary && exponent <= 12 ? exponent : undefined,
    offsetUs: offsetSeconds * 1e6,
  }
}

/** Exact to the µs; a time beyond what a double holds comes out too large and is refused by the caller. */
export function recordTime(high: number, low: number, resolution: Resolution): RecordTime {
  const { decimals, offsetUs, unitsPerSecond } = resolution
  if (decimals === undefined) {
    const ns = ((BigInt(high) * 0x1_0000_0000n + BigInt(low)) * 1_000_000_000n) / unitsPerSecond
    return { us: Number(ns / 1000n) + offsetUs, restNs: Number(ns % 1000n), spanUs: 1, digits: 9 }
  }
  if (decimals <= 6) {
    const scale = 10 ** (6 - decimals)
    return { us: (high * 0x1_0000_0000 + low) * scale + offsetUs, restNs: 0, spanUs: scale, digits: decimals }
  }
  // 2^32 / divisor by quotient and rest keeps every step below 2^53.
  const divisor = 10 ** (decimals - 6)
  const quotient = Math.floor(0x1_0000_0000 / divisor)
  const upper = high * (0x1_0000_0000 % divisor) + low
  const rest = upper % divisor
  const us = high * quotient + Math.floor(upper / divisor) + offsetUs
  return { us, restNs: Math.floor((rest * 1000) / divisor), spanUs: 1, digits: Math.min(9, decimals) }
}
