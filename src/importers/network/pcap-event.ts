// A finished flow as an Event.

import { isGroup } from '../../base/ip.ts'
import type { Time } from '../../base/time.ts'
import type { Observed } from '../../protocols/sniff.ts'
import type { Event, Outcome } from '../../schema/event.ts'
import type { Flow, Stamp } from './pcap-flow.ts'
import { icmp, icmpV6, tcp, udp } from './pcap-packet.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function flowEvent(flow: Flow): Event {
  const seen = flow.talk?.observed()
  const protocol = (seen && mainProtocol(seen.layers)) ?? flow.protocolName
  const hasPorts = flow.protocol === tcp || flow.protocol === udp
  const event: Mutable<Event> = {
    class: 'network_activity',
    time: timeOf(flow.first),
    endTime: timeOf(flow.last),
    srcEndpoint: { ip: flow.clientIp, ...(hasPorts && { port: flow.clientPort }) },
    dstEndpoint: { ip: flow.serverIp, ...(hasPorts && { port: flow.serverPort }) },
    transport: transportName(flow.protocol),
    bytesOut: flow.bytesOut,
    bytesIn: flow.bytesIn,
    packetsOut: flow.packetsOut,
    packetsIn: flow.packetsIn,
    line: flow.record,
  }
  const outcome = outcomeOf(flow)
  if (outcome) event.outcome = outcome
  const unmapped: Record<string, string | number | boolean> = {}
  if (seen) describe(event, seen, unmapped)
  if (protocol !== undefined) event.observed = { ...event.observed, protocol }
  const bursts = flow.talk?.bursts()
  if (bursts && bursts.serverFirst + bursts.clientFirst > 0) event.bursts = bursts
  if (flow.protocol === icmp || flow.protocol === icmpV6) {
    unmapped.icmpType = flow.icmpType
    unmapped.icmpCode = flow.icmpCode
  } else if (!hasPorts) unmapped.ipProtocol = flow.protocol
  if (flow.names.length > 0) unmapped.dnsNames = flow.names.join(' ')
  if (flow.evicted) unmapped.evicted = true
  if (Object.keys(unmapped).length > 0) event.unmapped = unmapped
  return event
}

/** The capture's own stamp; the file's time, said to be one of arrival, where a record has none. */
export function timeOf(stamp: Stamp): Time {
  const { us, restNs, spanUs, digits, stamped } = stamp
  if (!stamped) return { us, spanUs, kind: 'ingest', zone: 'utc', source: '' }
  const seconds = Math.floor(us / 1_000_000)
  const fraction = `${String(us - seconds * 1_000_000).padStart(6, '0')}${String(restNs).padStart(3, '0')}`
  const source = digits === 0 ? String(seconds) : `${seconds}.${fraction.slice(0, digits)}`
  return { us, spanUs, kind: 'event', zone: 'utc', source }
}

function describe(
  event: Mutable<Event>,
  seen: Observed,
  unmapped: Record<string, string | number | boolean>,
): void {
  const protocol = mainProtocol(seen.layers)
  if (protocol === 'ssh') event.class = 'ssh_activity'
  else if (protocol === 'http' || protocol === 'websocket') event.class = 'http_activity'
  else if (protocol === 'tls') event.class = 'tls_activity'
  const observed: Mutable<NonNullable<Event['observed']>> = {}
  if (seen.sni !== undefined) observed.sni = seen.sni
  if (seen.alpn !== undefined) observed.alpn = seen.alpn
  if (seen.httpHost !== undefined) observed.httpHost = seen.httpHost
  if (Object.keys(observed).length > 0) event.observed = observed
  if (seen.http) event.http = seen.http
  if (seen.ssh) event.ssh = seen.ssh
  if (seen.mining) {
    const { methods, agent, worker, dialect } = seen.mining
    event.mining = { methods, ...(agent !== undefined && { agent }), ...(worker !== undefined && { worker }) }
    unmapped.miningDialect = dialect
  }
  if (seen.layers.length > 1) unmapped.layers = seen.layers.join('/')
  if (seen.target) unmapped.proxyTarget = `${seen.target.host}:${seen.target.port}`
  if (seen.sshClient === 'responder') unmapped.sshRoleReversed = true
  if (seen.webSocketProtocol !== undefined) unmapped.webSocketProtocol = seen.webSocketProtocol
  if (seen.tlsVersion !== undefined) unmapped.tlsVersion = seen.tlsVersion
  if (seen.ech) unmapped.ech = true
  if (seen.possible) unmapped.possible = seen.possible
}

/** What matters most of what a connection carries: a tunnel's content, else the tunnel. */
function mainProtocol(layers: readonly string[]): string | undefined {
  for (const name of ['stratum', 'ssh', 'websocket', 'socks', 'http']) if (layers.includes(name)) return name
  return layers[0]
}

function transportName(protocol: number): NonNullable<Event['transport']> {
  if (protocol === tcp) return 'tcp'
  if (protocol === udp) return 'udp'
  return protocol === icmp || protocol === icmpV6 ? 'icmp' : 'other'
}

function outcomeOf(flow: Flow): Outcome | undefined {
  const answered = flow.packetsIn > 0
  if (flow.protocol !== tcp) {
    if (answered && flow.packetsOut > 0) return 'established'
    if (flow.unreachable) return flow.unreachable
    // Silence says something only where one machine was asked and could have answered.
    const asks = flow.protocol === udp || flow.icmpType === 8 || flow.icmpType === 128
    return asks && !answered && !isGroup(flow.serverIp) && !isBroadcast(flow.serverIp)
      ? 'no-answer'
      : undefined
  }
  if (flow.talk?.serverSpoke && (flow.synSequence !== undefined || flow.packetsOut > 0)) return 'established'
  if (flow.synAckSequence !== undefined) return flow.resetBy === 'server' ? 'reset' : 'established'
  if (flow.resetBy === 'server') return 'refused'
  if (flow.synSequence !== undefined) return answered ? 'established' : (flow.unreachable ?? 'no-answer')
  // Its beginning was not captured: traffic both ways means that there was a connection.
  return answered && flow.packetsOut > 0 ? 'established' : undefined
}

/** Most networks end in .255; a false "no answer" of a broadcast would look like a failed probe. */
function isBroadcast(ip: string): boolean {
  return ip.endsWith('.255')
}
