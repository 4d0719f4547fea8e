// EVE records about packets and flows: alert, drop, flow, netflow.

import { parseIso } from '../../base/time.ts'
import type { Event } from '../../schema/event.ts'
import { objectOf, type Row } from '../head-rows.ts'
import { describeHttp, dnsQuery, readSsh } from './eve-protocols.ts'
import { looksLikeAnswer } from './one-way.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  keep,
  nameOf,
  severityOfPriority,
  shown,
  textOf,
  turn,
} from './parts.ts'

/**
 * An alert is stamped with its packet. Bytes of the flow so far are left out: the flow's own record has the
 * totals, and both together would count them twice.
 */
export function readAlert(event: EventDraft, row: Row): string | undefined {
  const alert = objectOf(row.alert)
  if (!alert) return 'an alert without its alert object'
  turnToFlow(event, row)
  describeAlert(event, alert)
  const verdict = objectOf(row.verdict)?.action
  if (alert.action === 'blocked' || verdict === 'drop' || verdict === 'reject') event.disposition = 'blocked'
  else if (alert.action === 'allowed') event.disposition = 'allowed'
  describeProtocols(event, row)
  return undefined
}

function describeAlert(event: EventDraft, alert: Row): void {
  const title = textOf(alert.signature) ?? `signature ${shown(alert.signature_id)}`
  const severity = severityOfPriority(countOf(alert.severity))
  const category = textOf(alert.category)
  event.alert = {
    title,
    ...(severity !== undefined && { severity }),
    ...(category !== undefined && { category }),
  }
  const id = countOf(alert.signature_id)
  event.policy = {
    rule: title,
    ...(id !== undefined && { reason: `sid ${countOf(alert.gid) ?? 1}:${id}:${countOf(alert.rev) ?? 0}` }),
  }
}

/** What an alert or a drop says beside it of the protocol inside. */
function describeProtocols(event: EventDraft, row: Row): void {
  const sni = nameOf(objectOf(row.tls)?.sni) ?? nameOf(objectOf(row.quic)?.sni)
  if (sni !== undefined) event.observed = { ...event.observed, sni }
  const http = objectOf(row.http)
  if (http) describeHttp(event, http)
  const ssh = objectOf(row.ssh)
  if (ssh) readSsh(event, row, event.class)
  const dns = objectOf(row.dns)
  if (dns) {
    const hostname = dnsQuery(dns)?.hostname
    if (hostname !== undefined) event.observed = { ...event.observed, dnsName: hostname }
  }
}

export function readDrop(event: EventDraft, row: Row): undefined {
  turnToFlow(event, row)
  event.disposition = 'blocked'
  const alert = objectOf(row.alert)
  if (alert) describeAlert(event, alert)
  const reason = textOf(objectOf(row.drop)?.reason)
  if (reason !== undefined) event.policy = { ...event.policy, reason }
}

/**
 * A packet of the answer names the server as its source. Newer versions say who began the flow, or which way
 * the packet went; for older ones the ports tell, once the server has sent anything.
 */
function turnToFlow(event: EventDraft, row: Row): void {
  const flow = objectOf(row.flow)
  const src = flow && flow.src_ip !== undefined ? endpointOf(flow.src_ip, flow.src_port) : undefined
  const dst = flow && flow.dest_ip !== undefined ? endpointOf(flow.dest_ip, flow.dest_port) : undefined
  if (src && dst) {
    event.srcEndpoint = src
    event.dstEndpoint = dst
  } else if (row.direction === 'to_client') turn(event)
  else if (row.direction === undefined && countOf(flow?.pkts_toclient) !== 0) {
    if (looksLikeAnswer(event.srcEndpoint.port, event.dstEndpoint.port)) turn(event)
  }
}

/** How long a flow lasted and how it went; its beginning is the event's time already. */
export function readFlow(event: EventDraft, flow: Row | undefined, tcp: Row | undefined): string | undefined {
  if (!flow) return 'a flow without its flow object'
  ended(event, flow.end)
  const bytesOut = countOf(flow.bytes_toserver)
  const bytesIn = countOf(flow.bytes_toclient)
  const packetsOut = countOf(flow.pkts_toserver)
  const packetsIn = countOf(flow.pkts_toclient)
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  const outcome = flowOutcome(event.transport, flow.state, packetsIn, tcp)
  if (outcome !== undefined) event.outcome = outcome
  if (flow.action === 'drop') event.disposition = 'blocked'
  else if (flow.action === 'accept' || flow.action === 'pass') event.disposition = 'allowed'
  keep(event, 'flow_state', textOf(flow.state))
  keep(event, 'flow_reason', textOf(flow.reason))
  return undefined
}

/** The server's flags tell: RST without SYN is a closed port, SYN an open one. */
function flowOutcome(
  transport: Event['transport'],
  state: unknown,
  packetsIn: number | undefined,
  tcp: Row | undefined,
): Event['outcome'] | undefined {
  if (transport !== 'tcp') return undefined
  const text = tcp?.tcp_flags_tc
  const flags = typeof text === 'string' && text.length <= 4 ? Number.parseInt(text, 16) : 0
  if (flags & 2 || state === 'established') return 'established'
  if (flags & 4) return 'refused'
  if (packetsIn === 0) return 'no-answer'
  return state === 'closed' && flags === 0 ? 'established' : undefined
}

function ended(event: EventDraft, end: unknown): void {
  const time = typeof end === 'string' ? parseIso(end) : undefined
  if (time) event.endTime = time
}

/** One record for each direction: see `netflowTurner`. */
export function readNetflow(event: EventDraft, row: Row): string | undefined {
  const netflow = objectOf(row.netflow)
  if (!netflow) return 'a netflow without its netflow object'
  ended(event, netflow.end)
  const bytes = countOf(netflow.bytes)
  const packets = countOf(netflow.pkts)
  if (bytes !== undefined) event.bytesOut = bytes
  if (packets !== undefined) event.packetsOut = packets
  return undefined
}
