// Suricata's EVE records, read the same wherever they come from (eve.json, AWS Network Firewall).
// Checked by hand rather than by a schema: a case has millions of them.

import { BoundedMap } from '../../base/bounded-map.ts'
import { parseIso, type Time } from '../../base/time.ts'
import type { Endpoint } from '../../schema/event.ts'
import type { Sink } from '../api.ts'
import { objectOf, type Row } from '../head-rows.ts'
import { readAlert, readDrop, readFlow, readNetflow } from './eve-flow.ts'
import { readDns, readHttp, readQuic, readSsh, readTls } from './eve-protocols.ts'
import {
  type EventDraft,
  endpointOf,
  endpointProblem,
  keep,
  shown,
  textOf,
  transportOf,
  turn,
} from './parts.ts'

/** Protocol records that name a connection and say no more than their protocol. */
const protocolTypes = new Set([
  'bittorrent_dht',
  'dcerpc',
  'dnp3',
  'enip',
  'ftp',
  'ftp_data',
  'http2',
  'ike',
  'ikev2',
  'krb5',
  'ldap',
  'modbus',
  'mqtt',
  'nfs',
  'pgsql',
  'pop3',
  'rdp',
  'rfb',
  'sip',
  'smb',
  'smtp',
  'snmp',
  'telnet',
  'tftp',
  'websocket',
])

/** Types that are no connection, each with the reason it is counted under. */
const skipReasons = new Map([
  ['anomaly', 'anomaly: about a packet, no connection of its own'],
  ['fileinfo', 'fileinfo: about a file, its connection has records of its own'],
  ['stats', 'stats: counters of the sensor'],
  ['arp', 'arp: below IP'],
  ['dhcp', 'dhcp: address assignment'],
  ['engine', 'engine: a message of the sensor'],
  ['metadata', 'metadata: about packets'],
  ['packet', 'packet: bytes of an alert that has a record of its own'],
  ['frame', 'frame: part of a stream'],
  ['suricata', 'engine: a message of the sensor'],
])

/** Hands each EVE object to `sink` as exactly one event, reject or skip. */
export function eveReader(
  sink: Sink,
): (row: Row, line: number, text: string, sensorFallback?: string) => void {
  const turnReply = netflowTurner()
  return (row, line, text, sensorFallback) => {
    const type = row.event_type
    const read = typeof type === 'string' ? readers.get(type) : undefined
    if (typeof type !== 'string') sink.reject(line, 'no event_type: not an EVE record', text)
    else if (!read) sink.skip(skipReasons.get(type) ?? 'another event_type, not a connection')
    else {
      const event = eveEvent(row, line, read, sensorFallback)
      if (typeof event === 'string') sink.reject(line, event, text)
      else {
        if (type === 'netflow') turnReply(event)
        sink.event(event)
      }
    }
  }
}

/** One EVE object as an event; as text the reason why it is none. */
function eveEvent(row: Row, line: number, read: Read, sensorFallback?: string): EventDraft | string {
  // A flow's record is written at its timeout, minutes later: its own start counts.
  const time = flowStart(row) ?? isoOf(row.timestamp)
  if (!time) return `timestamp is not a time: ${shown(row.timestamp)}`
  const src = endpointOf(row.src_ip, row.src_port)
  if (!src) return endpointProblem('src_ip', row.src_ip, 'src_port', row.src_port)
  const dst = endpointOf(row.dest_ip, row.dest_port)
  if (!dst) return endpointProblem('dest_ip', row.dest_ip, 'dest_port', row.dest_port)

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const transport = transportOf(row.proto)
  if (transport !== undefined) event.transport = transport
  const { flow_id: id } = row
  if (typeof id === 'number' || typeof id === 'string') event.connection = `${id}`
  const sensor = row.host === undefined ? sensorFallback : (sensorOf(row.host) ?? sensorFallback)
  if (sensor !== undefined) event.sensor = sensor
  const protocol = row.app_proto
  if (typeof protocol === 'string' && protocol !== 'failed' && protocol !== 'unknown') {
    event.observed = { protocol }
  }
  if (row.community_id !== undefined) keep(event, 'community_id', textOf(row.community_id))
  if (row.in_iface !== undefined) keep(event, 'in_iface', textOf(row.in_iface))
  if (row.xff !== undefined) keep(event, 'xff', textOf(row.xff))
  return read(event, row) ?? event
}

function flowStart(row: Row): Time | undefined {
  if (row.event_type === 'flow') return isoOf(objectOf(row.flow)?.start)
  return row.event_type === 'netflow' ? isoOf(objectOf(row.netflow)?.start) : undefined
}

function isoOf(value: unknown): Time | undefined {
  return typeof value === 'string' ? parseIso(value) : undefined
}

type Read = (event: EventDraft, row: Row) => string | undefined

const readers = new Map<string, Read>([
  ['alert', readAlert],
  ['drop', readDrop],
  ['flow', (event, row) => readFlow(event, objectOf(row.flow), objectOf(row.tcp))],
  ['netflow', readNetflow],
  ['dns', readDns],
  ['tls', readTls],
  ['quic', readQuic],
  ['ssh', readSsh],
  ['http', readHttp],
])
for (const type of protocolTypes) readers.set(type, (event) => named(event, type))

function named(event: EventDraft, protocol: string): undefined {
  event.observed = { protocol }
}

/** Suricata writes `host` as text; log shippers that repack it make it an object. */
function sensorOf(host: unknown): string | undefined {
  return textOf(host) ?? textOf(objectOf(host)?.name)
}

/** How many flows are remembered by the first of their two netflow records. */
const netflowsMax = 50_000

/** True for an object of EVE's shape. */
export function looksLikeEve(row: Row): boolean {
  return (
    typeof row.event_type === 'string' &&
    typeof row.timestamp === 'string' &&
    (row.flow_id !== undefined || ownTypes.has(row.event_type) || row.src_ip !== undefined)
  )
}

/** Records without a flow that a sensor's file may begin with. */
const ownTypes = new Set(['stats', 'engine', 'suricata'])

/** A netflow's two records are written one after the other; several threads' may mix. */
export const netflowsTogether = { text: '"netflow"', lines: 100 }

/**
 * A netflow has a record for each direction, the client's first. The second says what came back: it is turned
 * round, its bytes become `bytesIn`.
 */
function netflowTurner(): (event: EventDraft) => void {
  const firsts = new BoundedMap<string, { readonly source: Endpoint; readonly line: number }>(netflowsMax)
  return (event) => {
    if (event.connection === undefined) return
    const first = firsts.get(event.connection)
    if (
      !first ||
      event.line - first.line > netflowsTogether.lines ||
      !same(first.source, event.dstEndpoint) ||
      same(first.source, event.srcEndpoint)
    ) {
      firsts.set(event.connection, { source: event.srcEndpoint, line: event.line })
      return
    }
    firsts.delete(event.connection)
    turn(event)
    const { bytesOut, packetsOut } = event
    delete event.bytesOut
    delete event.packetsOut
    if (bytesOut !== undefined) event.bytesIn = bytesOut
    if (packetsOut !== undefined) event.packetsIn = packetsOut
  }
}

function same(a: Endpoint, b: Endpoint): boolean {
  return a.ip === b.ip && a.port === b.port
}
