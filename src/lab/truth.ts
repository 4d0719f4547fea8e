// Who really made each connection, from what the kernel wrote down beside it.
//
// In the box the kernel marked the connection with the group id of the process that opened it, and every call had
// a group id of its own. The router's connection tracking then ties the box's port to the port outside, and the
// packet capture ties that to the line of the firewall's log. Nothing here looks at a clock to decide who.

import type { ConntrackLine } from './conntrack.ts'
import { groupBy } from './group-by.ts'
import { otherGids } from './plan.ts'
import type { Flow } from './sensor/flows.ts'

export type Cause = 'call' | 'cron' | 'outside' | 'daemon' | 'benign-daemon' | 'unlabelled'

export interface TruthLine {
  readonly id: number
  readonly box: string | null
  readonly srcIp: string
  readonly srcPort: number
  readonly natIp: string
  readonly natPort: number
  readonly dst: string
  readonly dstPort: number
  readonly protocol: 'tcp' | 'udp'
  /** Kernel clock, µs since the epoch: the first packet behind the NAT. */
  readonly timeUs: number
  /** The call's id in its own trace; null when no call made it. */
  readonly toolCall: string | null
  /** `daemon`: of a host; `benign-daemon`: of a box's image, started by no call. */
  readonly cause: Cause
  readonly episode: string | null
  /** What the call was part of: a misdeed's or look-alike's name. */
  readonly part: string | null
}

export interface KnownCall {
  readonly sourceId: string
  readonly box: string
  readonly episode: string
  readonly part: string | null
}

/** How far apart the readers of two namespaces may stamp the same connection, µs. Ports come round far later. */
const slackUs = 5_000_000

/**
 * One truth line for each connection the router tracked, with the flow the sensor saw of it, where it saw one;
 * flows the router's tracking did not report follow as `unlabelled`.
 */
export function establishTruth({
  router,
  owners,
  flows,
  calls,
  boxOf,
  natIp,
}: {
  /** NEW lines of the router. */
  router: readonly ConntrackLine[]
  /** NEW lines of boxes and hosts, with marks. */
  owners: readonly ConntrackLine[]
  flows: readonly Flow[]
  calls: ReadonlyMap<number, KnownCall>
  boxOf: ReadonlyMap<string, string>
  natIp: string
}): { truth: TruthLine[]; connectionOf: Map<number, number> } {
  const owned = groupBy(
    owners.filter((o) => o.mark !== 0),
    (o) => key(o.protocol, o.src, o.srcPort, o.dst, o.dstPort),
  )
  const seen = groupBy(flows, (f) => key(f.protocol, f.src, f.srcPort, f.dst, f.dstPort))
  const truth: TruthLine[] = []
  const connectionOf = new Map<number, number>()
  for (const line of router) {
    const inbound = line.dst === natIp
    const owner = nearest(
      owned.get(key(line.protocol, line.src, line.srcPort, line.dst, line.dstPort)),
      line.us,
      (o) => o.us,
    )
    const outer = inbound
      ? key(line.protocol, line.src, line.srcPort, line.dst, line.dstPort)
      : key(line.protocol, line.natIp, line.natPort, line.dst, line.dstPort)
    const candidates = seen.get(outer)?.filter((flow) => !connectionOf.has(flow.id))
    const flow = nearest(candidates, line.us, (f) => f.startUs)
    const call = owner ? calls.get(owner.mark) : undefined
    const id = truth.length
    if (flow) connectionOf.set(flow.id, id)
    truth.push({
      id,
      box: boxOf.get(line.src) ?? null,
      srcIp: line.src,
      srcPort: line.srcPort,
      natIp: inbound ? line.dst : line.natIp,
      natPort: inbound ? line.dstPort : line.natPort,
      dst: line.dst,
      dstPort: line.dstPort,
      protocol: line.protocol,
      timeUs: flow?.startUs ?? line.us,
      toolCall: call?.sourceId ?? null,
      cause: inbound ? 'outside' : call ? 'call' : causeOf(owner?.mark),
      episode: call?.episode ?? null,
      part: call?.part ?? null,
    })
  }
  for (const flow of flows) {
    if (connectionOf.has(flow.id)) continue
    connectionOf.set(flow.id, truth.length)
    truth.push({
      id: truth.length,
      box: null,
      srcIp: '',
      srcPort: 0,
      natIp: flow.src,
      natPort: flow.srcPort,
      dst: flow.dst,
      dstPort: flow.dstPort,
      protocol: flow.protocol,
      timeUs: flow.startUs,
      toolCall: null,
      cause: 'unlabelled',
      episode: null,
      part: null,
    })
  }
  return { truth, connectionOf }
}

function causeOf(gid: number | undefined): Cause {
  if (gid === otherGids.cron) return 'cron'
  if (gid === otherGids.hostDaemon || gid === otherGids.published) return 'daemon'
  if (gid === otherGids.boxDaemon) return 'benign-daemon'
  return 'unlabelled'
}

function key(protocol: string, src: string, srcPort: number, dst: string, dstPort: number): string {
  return `${protocol} ${src}:${srcPort} ${dst}:${dstPort}`
}

function nearest<T>(items: readonly T[] | undefined, us: number, at: (item: T) => number): T | undefined {
  let best: T | undefined
  let bestDistance = slackUs
  for (const item of items ?? []) {
    const distance = Math.abs(at(item) - us)
    if (distance <= bestDistance) {
      best = item
      bestDistance = distance
    }
  }
  return best
}
