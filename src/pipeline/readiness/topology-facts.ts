// Which sandboxes the inventory lists, and which addresses stand for several of them at once.

import type { Case } from '../case.ts'
import type { TopologyFacts } from './api.ts'

const addressesMax = 1_000
/** Holders of one address that are compared with each other. */
const holdersMax = 500

export function topologyFacts({ topology, callBox, merged }: Case): TopologyFacts {
  const hosts = new Set(topology.map(({ host }) => host))
  const sandboxes = [...new Set(topology.map(({ box }) => box))].filter((box) => !hosts.has(box)).sort()
  const traced = new Set<string>()
  const seen = new Set<number>(callBox)
  for (const id of seen) if (id !== 0) traced.add(merged.texts.list[id]!)
  return {
    boxes: new Set(topology.map(({ box }) => box)).size,
    sandboxes,
    traced: sandboxes.filter((box) => traced.has(box)).length,
    withoutPeriod: topology.filter(({ fromUs, toUs }) => fromUs === undefined && toUs === undefined).length,
    sharedAddresses: shared(topology),
  }
}

interface Holder {
  readonly box: string
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
  readonly line: number
}

/** Addresses and ranges of ports that several boxes hold at one time. */
function shared(topology: Case['topology']): TopologyFacts['sharedAddresses'] {
  const byIp = new Map<string, Holder[]>()
  for (const { box, ip, nat, fromUs, toUs, line } of topology) {
    const when = { box, from: fromUs ?? Number.NEGATIVE_INFINITY, to: toUs ?? Number.POSITIVE_INFINITY, line }
    for (const one of ip) push(byIp, one, { ...when, low: 0, high: 65_535 })
    for (const { ip: one, portStart, portEnd } of nat) {
      push(byIp, one, { ...when, low: portStart ?? 0, high: portEnd ?? 65_535 })
    }
  }
  const found: { ip: string; boxes: number; line: number }[] = []
  for (const [ip, holders] of byIp) {
    if (found.length >= addressesMax) break
    const open = holders.every(
      ({ from, to, low, high }) =>
        from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY && low === 0 && high === 65_535,
    )
    const boxes = open ? new Set(holders.map(({ box }) => box)).size : most(holders.slice(0, holdersMax))
    if (boxes > 1) found.push({ ip, boxes, line: holders[0]!.line })
  }
  return found.sort((a, b) => b.boxes - a.boxes || (a.ip < b.ip ? -1 : 1))
}

/** The most boxes that one port of an address stands for at one time: tried where a holding begins. */
function most(holders: readonly Holder[]): number {
  let max = 0
  for (const one of holders) {
    const at = new Set<string>()
    for (const h of holders) {
      if (h.from <= one.from && one.from <= h.to && h.low <= one.low && one.low <= h.high) at.add(h.box)
    }
    max = Math.max(max, at.size)
  }
  return max
}

function push(map: Map<string, Holder[]>, ip: string, holder: Holder): void {
  const list = map.get(ip)
  if (list) list.push(holder)
  else map.set(ip, [holder])
}
