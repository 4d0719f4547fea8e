// Connection-tracking records know both sides of a translation: they give a translated record its private source.

import type { EventColumns } from './api.ts'

const liveMaxUs = 86_400_000_000
const slackUs = 3_000_000

/**
 * Looks up who was behind (protocol, NAT address, NAT port, destination). With corrected `times` the latest record
 * that opened before the event wins; without them the answer is given only when all records agree.
 */
export function natRecords(events: EventColumns, times: Float64Array | undefined) {
  const head = new Map<number, number>()
  const next = new Int32Array(events.n).fill(-1)
  for (let i = 0; i < events.n; i++) {
    const natIp = events.natIp[i]!
    const natPort = events.natPort[i]!
    if (natIp === 0 || natPort === 0 || events.srcIp[i] === 0 || events.srcIp[i] === natIp) continue
    const key = natIp * 65_536 + natPort
    next[i] = head.get(key) ?? -1
    head.set(key, i)
  }

  /** Text id of the private source of event i, 0 when no record tells. */
  function privateSource(i: number): number {
    const port = events.srcPort[i]!
    if (port === 0) return 0
    let best = 0
    let bestGap = Number.POSITIVE_INFINITY
    for (let r = head.get(events.srcIp[i]! * 65_536 + port) ?? -1; r >= 0; r = next[r]!) {
      if (events.dstPort[r] !== events.dstPort[i]) continue
      if (events.dstIp[r] !== events.dstIp[i]) continue
      const [a, b] = [events.transport[r]!, events.transport[i]!]
      if (a !== b && a !== 0 && b !== 0) continue
      if (times) {
        const late = times[i]! + events.spanUs[i]! - times[r]!
        if (late < -slackUs || late > liveMaxUs) continue
        const gap = Math.abs(late)
        if (gap >= bestGap) continue
        bestGap = gap
        best = events.srcIp[r]!
      } else if (best !== 0 && best !== events.srcIp[r]) return 0
      else best = events.srcIp[r]!
    }
    return best
  }
  return { privateSource }
}
