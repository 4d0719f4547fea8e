// The span of time that every view keeps to. It stands in the address, so that a link shows what its sender saw.

import { parseIso } from '../../../src/base/time.ts'
import type { Params } from './place.ts'

/** Both ends ISO 8601 in UTC; `to` is not part of the span. */
export interface Range {
  readonly from: string
  readonly to: string
}

/** Undefined when there is none, or none that makes sense. */
export function rangeOf({ from, to }: Params): Range | undefined {
  if (from === undefined || to === undefined) return undefined
  const [start, end] = [parseIso(from)?.us, parseIso(to)?.us]
  return start !== undefined && end !== undefined && start < end ? { from, to } : undefined
}

/** A span from two instants in µs, in whichever order. */
export function rangeBetween(us: number, otherUs: number): Range {
  return { from: isoOf(Math.min(us, otherUs)), to: isoOf(Math.max(us, otherUs)) }
}

/** ISO 8601 in UTC with µs. */
export function isoOf(us: number): string {
  const ms = Math.floor(us / 1000)
  const rest = String(Math.floor(us - ms * 1000)).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`
}
