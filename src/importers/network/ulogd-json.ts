// ulogd2's JSON output: packets of nftables' `log group N` (NFLOG) and flows of conntrack (NFCT).
// {"timestamp":"2026-11-24T08:00:00.123456+0000","dvc":"Netfilter","oob.prefix":"drop-out ","oob.out":"eth0",
//  "oob.time.sec":1795507200,"oob.time.usec":123456,"src_ip":"10.0.0.5","dest_ip":"203.0.113.9","ip.protocol":6,
//  "src_port":40112,"dest_port":3333,"tcp.syn":1,"oob.uid":1000}

import { parseEpochSeconds, parseIso, type Time } from '../../base/time.ts'
import { defineJsonLinesImporter } from '../api.ts'
import { firstRows, type Row } from '../head-rows.ts'
import { dispositionOf } from './netfilter.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  keep,
  shown,
  textOf,
  transportOf,
  turn,
} from './parts.ts'

export const ulogdJson = defineJsonLinesImporter({
  id: 'ulogd-json',
  name: 'ulogd2, JSON',
  family: 'network',
  documentation: 'https://www.netfilter.org/projects/ulogd/',
  splittable: true,
  recognises: (head) => firstRows(head).some(looksLikeUlogd),
  start(sink) {
    return {
      row(row, line, text) {
        const event = ulogdEvent(row, line)
        if (typeof event === 'string') sink.reject(line, event, text)
        else sink.event(event)
      },
    }
  },
})

function looksLikeUlogd(row: Row): boolean {
  const keys = Object.keys(row)
  return (
    keys.some((key) => /^(?:oob|raw)\./.test(key)) ||
    (row['orig.ip.protocol'] !== undefined && row['ct.event'] !== undefined)
  )
}

function ulogdEvent(row: Row, line: number): EventDraft | string {
  const first = (...names: string[]) =>
    names.map((name) => row[name]).find((value) => value !== undefined && value !== null)
  const srcIp = first('src_ip', 'orig.ip.saddr.str', 'ip.saddr.str', 'orig.ip.saddr', 'ip.saddr')
  const srcPort = first('src_port', 'orig.l4.sport', 'tcp.sport', 'udp.sport')
  const dstIp = first('dest_ip', 'orig.ip.daddr.str', 'ip.daddr.str', 'orig.ip.daddr', 'ip.daddr')
  const dstPort = first('dest_port', 'orig.l4.dport', 'tcp.dport', 'udp.dport')
  const src = endpointOf(srcIp, srcPort)
  if (!src) return endpointProblem('src_ip', srcIp, 'src_port', srcPort)
  const dst = endpointOf(dstIp, dstPort)
  if (!dst) return endpointProblem('dest_ip', dstIp, 'dest_port', dstPort)
  const time = timeOf(row)
  if (!time) return `timestamp is not a time: ${shown(row.timestamp)}`

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const transport = transportOf(first('ip.protocol', 'orig.ip.protocol', 'ip6.nexthdr'))
  if (transport !== undefined) event.transport = transport
  const prefix = textOf(row['oob.prefix'])?.trim()
  // `action` is ulogd's own label, "blocked" unless the group was given another: the rule's prefix knows better.
  const labelled = row.action === 'blocked' || row.action === 'allowed' ? row.action : undefined
  const disposition = (prefix === undefined ? undefined : dispositionOf(prefix)) ?? labelled
  if (disposition !== undefined) event.disposition = disposition
  if (prefix) event.policy = { rule: shown(prefix.replace(/:$/, '')) }
  const host = textOf(row.host) ?? textOf(row.hostname)
  if (host !== undefined) event.sensor = host
  flowParts(event, row)
  if (isSet(row['tcp.syn']) && isSet(row['tcp.ack'])) turn(event)
  keep(event, 'in', textOf(row['oob.in']))
  keep(event, 'out', textOf(row['oob.out']))
  keep(event, 'uid', countOf(row['oob.uid']))
  keep(event, 'mark', countOf(first('oob.mark', 'ct.mark')))
  return event
}

/** The kernel's time of the packet, else the stamp ulogd made of it. */
function timeOf(row: Row): Time | undefined {
  return (
    secAndUsec(row['flow.start.sec'], row['flow.start.usec']) ??
    secAndUsec(row['oob.time.sec'], row['oob.time.usec']) ??
    (typeof row.timestamp === 'string' ? parseIso(row.timestamp) : undefined)
  )
}

function secAndUsec(sec: unknown, usec: unknown): Time | undefined {
  const seconds = countOf(sec)
  if (seconds === undefined || seconds === 0) return undefined
  const micros = countOf(usec)
  return micros === undefined || micros > 999_999
    ? parseEpochSeconds(seconds)
    : parseEpochSeconds(`${seconds}.${String(micros).padStart(6, '0')}`)
}

/** A flow of conntrack: its end, its counts, and the address it had outside. */
function flowParts(event: EventDraft, row: Row): void {
  const end = secAndUsec(row['flow.end.sec'], row['flow.end.usec'])
  // The two come from different clocks of the kernel and may cross by microseconds.
  if (end) event.endTime = end.us < event.time.us ? event.time : end
  const bytesOut = countOf(row['orig.raw.pktlen'])
  const bytesIn = countOf(row['reply.raw.pktlen'])
  const packetsOut = countOf(row['orig.raw.pktcount'])
  const packetsIn = countOf(row['reply.raw.pktcount'])
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  const outside = endpointOf(row['reply.ip.daddr.str'] ?? row['reply.ip.daddr'], row['reply.l4.dport'])
  const { ip, port } = event.srcEndpoint
  if (outside && (outside.ip !== ip || outside.port !== port)) event.natEndpoint = outside
  const id = countOf(row['ct.id'])
  if (id !== undefined) event.connection = String(id)
}

function isSet(flag: unknown): boolean {
  return flag === 1 || flag === true || flag === '1'
}
