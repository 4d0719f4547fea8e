// Clocks of the network's side that saw the same connections: how far each is ahead of the others.

import { eventClasses } from '../schema/event.ts'
import { lookupAnchors, tupleAnchors } from './anchors.ts'
import type { ClockDomain, EventColumns } from './api.ts'
import { byName, convincing, nearZone } from './clock-proof.ts'
import { type Anchors, findPeak } from './correlogram.ts'
import type { Keys } from './keys.ts'
import { median, quantile } from './quantiles.ts'

const dnsClass = eventClasses.indexOf('dns_activity')
const tieMin = 4
/** From here on bounds, not stamps, tie two clocks; what may be left between them then. */
const wideTieUs = 5_000_000
const wideTieSdUs = 1_000_000

export interface Tie {
  readonly leader: number
  /** How far each member is ahead of the leader. */
  readonly members: readonly { readonly clock: number; readonly aheadUs: number; readonly sdUs: number }[]
}

/** Groups of network clocks tied by shared connections, or by lookups and what followed them. */
export function tieClocks(
  events: EventColumns,
  keys: Keys,
  domains: readonly ClockDomain[],
  networks: readonly number[],
  count: Float64Array,
  windows: Uint8Array,
): Tie[] {
  const left = new Set(networks)
  const rank = { utc: 0, naive: 1, uptime: 2 }
  const bySize = [...networks].sort(
    (a, b) =>
      rank[domains[a]!.zone] - rank[domains[b]!.zone] ||
      // What is known of the others is known by the one whose stamps are sharp.
      windows[a]! - windows[b]! ||
      count[b]! - count[a]! ||
      byName(domains, a, b),
  )
  const out: Tie[] = []
  for (const leader of bySize) {
    if (!left.delete(leader)) continue
    const members = [{ clock: leader, aheadUs: 0, sdUs: 0 }]
    for (let x = 0; x < members.length && members.length <= 64; x++) {
      const from = members[x]!
      for (const other of bySize) {
        if (!left.has(other)) continue
        const link = tieBetween(events, keys, domains, from.clock, other)
        if (!link) continue
        left.delete(other)
        members.push({
          clock: other,
          aheadUs: from.aheadUs + link.aheadUs,
          sdUs: Math.hypot(from.sdUs, link.sdUs),
        })
      }
    }
    out.push({ leader, members })
  }
  return out
}

function tieBetween(
  events: EventColumns,
  keys: Keys,
  domains: readonly ClockDomain[],
  a: number,
  b: number,
): { aheadUs: number; sdUs: number } | undefined {
  const same = tupleAnchors(events, a, b)
  if (same.low.length >= tieMin) {
    const peak = findPeak(same, () => true, 200_000)
    if (peak && peak.effects >= tieMin && peak.effects >= 0.3 * peak.asked) {
      const agree: number[] = []
      const low: number[] = []
      const high: number[] = []
      for (let k = 0; k < same.low.length; k++) {
        const middle = (same.low[k]! + same.high[k]!) / 2
        const half = (same.high[k]! - same.low[k]!) / 2 + 500_000
        if (Math.abs(middle - peak.offsetUs) > half) continue
        agree.push(middle)
        low.push(same.low[k]!)
        high.push(same.high[k]!)
      }
      if (agree.length >= tieMin) {
        const aheadUs = median(agree)
        const spread = median(agree.map((x) => Math.abs(x - aheadUs)))
        // Windows say within what bounds the clocks differ and no more: of what is left, agreement is likeliest.
        const [from, to] = [quantile(low, 0.9), quantile(high, 0.1)]
        if (to - from > wideTieUs && domains[a]!.zone === 'utc' && domains[b]!.zone === 'utc') {
          return { aheadUs: Math.min(to, Math.max(from, 0)), sdUs: wideTieSdUs }
        }
        return { aheadUs, sdUs: Math.max(1000, (1.5 * spread) / Math.sqrt(agree.length)) }
      }
    }
  }
  const ways: [Anchors, number][] = [
    [lookupAnchors(events, keys, a, b, dnsClass), 1],
    [lookupAnchors(events, keys, b, a, dnsClass), -1],
  ]
  for (const [anchors, sign] of ways) {
    const peak = findPeak(anchors, (us) => nearZone(us))
    if (peak && convincing(peak)) return { aheadUs: sign * peak.offsetUs, sdUs: peak.sdUs }
  }
  return undefined
}
