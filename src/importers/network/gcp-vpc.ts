// Google Cloud's VPC flow logs and firewall rules logs, as Cloud Logging exports them (a line an entry, or a list):
// {"jsonPayload":{"connection":{"src_ip":"10.0.0.5","src_port":40112,"dest_ip":"203.0.113.9","dest_port":443,"protocol":6},
//  "start_time":"2026-11-24T08:00:00.186193305Z","end_time":"…","bytes_sent":"1776","reporter":"SRC"},"timestamp":"…"}
// A flow's times are those of sampled packets; the entry's own stamp is minutes later. Numbers are texts.

import { parseIso, type Time } from '../../base/time.ts'
import { defineJsonImporter } from '../api.ts'
import { objectOf, type Row } from '../head-rows.ts'
import { turnAnswer } from './one-way.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  keep,
  shown,
  textOf,
  transportOf,
} from './parts.ts'

export const gcpVpc = defineJsonImporter({
  id: 'gcp-vpc',
  name: 'Google Cloud VPC flow and firewall rules logs',
  family: 'network',
  documentation: 'https://cloud.google.com/vpc/docs/about-flow-logs-records',
  splittable: true,
  recognises: ({ text }) =>
    text.includes('"jsonPayload"') &&
    text.includes('"connection"') &&
    text.includes('"dest_ip"') &&
    (text.includes('"reporter"') || text.includes('"rule_details"') || text.includes('"disposition"')),
  items: ['', '[]'],
  start(sink) {
    return {
      item(_path, value, line) {
        const entry = objectOf(value)
        const payload = objectOf(entry?.jsonPayload)
        const connection = objectOf(payload?.connection)
        if (!entry || !payload)
          sink.reject(line, 'no jsonPayload: not a log entry', JSON.stringify(value).slice(0, 500))
        else if (!connection) sink.skip('an entry without a connection')
        else {
          const event = gcpEvent(entry, payload, connection, line)
          if (typeof event === 'string') sink.reject(line, event, JSON.stringify(value).slice(0, 500))
          else sink.event(event)
        }
      },
      end() {},
    }
  },
})

/** Firewall rules logging gathers the connections of this long. */
const firewallSpanUs = 5_000_000

function gcpEvent(entry: Row, payload: Row, connection: Row, line: number): EventDraft | string {
  const [srcIp, srcPort, dstIp, dstPort] = [
    connection.src_ip,
    connection.src_port,
    connection.dest_ip,
    connection.dest_port,
  ]
  const src = endpointOf(srcIp, srcPort)
  if (!src) return endpointProblem('src_ip', srcIp, 'src_port', srcPort)
  const dst = endpointOf(dstIp, dstPort)
  if (!dst) return endpointProblem('dest_ip', dstIp, 'dest_port', dstPort)
  const firewall = payload.rule_details !== undefined || payload.disposition !== undefined
  const stamped = iso(entry.timestamp)
  const time = firewall
    ? stamped && { ...stamped, us: stamped.us - firewallSpanUs, spanUs: firewallSpanUs + stamped.spanUs }
    : (iso(payload.start_time) ??
      iso(payload.end_time) ??
      (stamped && { ...stamped, kind: 'ingest' as const }))
  if (!time) return `no start_time or timestamp: ${shown(payload.start_time ?? entry.timestamp)}`

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const endTime = firewall ? undefined : iso(payload.end_time)
  if (endTime && endTime.us >= time.us) event.endTime = endTime
  const transport = transportOf(connection.protocol)
  if (transport !== undefined) event.transport = transport
  const bytesOut = countOf(payload.bytes_sent)
  const packetsOut = countOf(payload.packets_sent)
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (payload.disposition === 'DENIED') event.disposition = 'blocked'
  else if (payload.disposition === 'ALLOWED') event.disposition = 'allowed'
  const rule = textOf(objectOf(payload.rule_details)?.reference)
  if (rule !== undefined) event.policy = { rule }
  keep(event, 'reporter', textOf(payload.reporter))
  keep(
    event,
    'src_instance',
    textOf(objectOf(payload.src_instance)?.vm_name) ?? textOf(objectOf(payload.instance)?.vm_name),
  )
  keep(event, 'dest_instance', textOf(objectOf(payload.dest_instance)?.vm_name))
  keep(event, 'direction', textOf(objectOf(payload.rule_details)?.direction))
  if (!firewall) turnAnswer(event, undefined)
  return event
}

function iso(value: unknown): Time | undefined {
  return typeof value === 'string' ? parseIso(value) : undefined
}
