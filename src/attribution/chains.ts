// A thing that goes on after its call: units to the same place, one after the other, are one session.

import type { Units } from './sessions.ts'
import { tupleIds } from './tuple-ids.ts'

const gapMinUs = 600_000_000
const gapsMax = 1000

/**
 * Chains units of the same (group, destination, port): `previous[u]` is the one u may continue, -1 if it begins a
 * session. A gap longer than three median spacings, and than ten minutes, ends a session.
 */
export function sessionChains(units: Units): { previous: Int32Array; session: Int32Array; count: number } {
  const n = units.n
  const previous = new Int32Array(n).fill(-1)
  const session = new Int32Array(n).fill(-1)
  const earlier = new Int32Array(n).fill(-1)
  const keys = tupleIds(3, n >> 2)
  const keyOf = new Int32Array(n).fill(-1)
  for (let u = 0; u < n; u++) {
    if (!Number.isFinite(units.from[u]!) || units.mark[u] === 0) continue
    keyOf[u] = keys.of(units.mark[u]!, units.group[u]! + 1, units.dstPort[u]! * 2 + units.isDns[u]!)
  }
  const last = new Int32Array(keys.size()).fill(-1)
  const gapCount = new Uint32Array(keys.size())
  for (let u = 0; u < n; u++) {
    const key = keyOf[u]!
    if (key < 0) continue
    // Two whose windows overlap cannot be told apart in time, so neither goes on from the other.
    let before = last[key]!
    while (before >= 0 && units.to[before]! > units.from[u]! + 1_000_000) before = earlier[before]!
    earlier[u] = last[key]!
    if (before >= 0) {
      previous[u] = before
      if (gapCount[key]! < gapsMax) gapCount[key]!++
    }
    last[key] = u
  }
  const limit = gapLimits(units, keyOf, previous, gapCount)
  let count = 0
  for (let u = 0; u < n; u++) {
    const before = previous[u]!
    if (before >= 0 && units.from[u]! - units.from[before]! <= limit[keyOf[u]!]!) {
      if (session[before] === -1) session[before] = count++
      session[u] = session[before]!
    } else previous[u] = -1
  }
  return { previous, session, count }
}

/** The longest gap within a session, by key. */
function gapLimits(
  units: Units,
  keyOf: Int32Array,
  previous: Int32Array,
  gapCount: Uint32Array,
): Float64Array {
  const keys = gapCount.length
  const start = new Uint32Array(keys + 1)
  for (let k = 0; k < keys; k++) start[k + 1] = start[k]! + gapCount[k]!
  const gaps = new Float64Array(start[keys]!)
  const at = start.slice()
  for (let u = 0; u < units.n; u++) {
    const before = previous[u]!
    if (before < 0 || at[keyOf[u]!]! >= start[keyOf[u]! + 1]!) continue
    gaps[at[keyOf[u]!]!++] = units.from[u]! - units.from[before]!
  }
  const limit = new Float64Array(keys).fill(gapMinUs)
  for (let k = 0; k < keys; k++) {
    const size = gapCount[k]!
    if (size === 0) continue
    const own = gaps.subarray(start[k]!, start[k + 1]!).sort()
    limit[k] = Math.max(gapMinUs, 3 * own[size >> 1]!)
  }
  return limit
}
