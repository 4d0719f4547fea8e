// Zeek's logs, the same fields whether written as TSV or JSON.

import { parseEpochSeconds, parseIso, type Time } from '../../base/time.ts'
import type { Event } from '../../schema/event.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  ipOf,
  keep,
  nameOf,
  portOf,
  shown,
  textOf,
  transportOf,
} from './parts.ts'

/** A field by Zeek's name; lists as arrays; undefined when it is unset. */
export type ZeekField = (name: string) => unknown

/** One row as an event; otherwise why not. */
export type ZeekResult = EventDraft | Problem

type Problem = { readonly reject: string } | { readonly skip: string }
type Read = (event: EventDraft, field: ZeekField) => undefined | Problem

const readers = new Map<string, Read>([
  ['conn', readConn],
  ['dns', readDns],
  ['ssl', (event, field) => readTls(event, field, 'tls')],
  ['quic', (event, field) => readTls(event, field, 'quic')],
  ['ssh', readSsh],
  ['http', readHttp],
  ['notice', readNotice],
  ['socks', readSocks],
])
/** Logs that name a connection and its protocol. */
for (const protocol of [
  'ftp',
  'irc',
  'ldap',
  'mqtt_connect',
  'mysql',
  'ntp',
  'postgresql',
  'radius',
  'rdp',
  'redis',
  'rfb',
  'sip',
  'smtp',
  'snmp',
  'syslog',
  'websocket',
]) {
  readers.set(protocol, (event) => {
    event.observed = { protocol: protocol.replace('_connect', '') }
    return undefined
  })
}
readers.set('tunnel', (event, field) => {
  event.observed = { protocol: lower(field('tunnel_type')) ?? 'tunnel' }
  return undefined
})

/** The log a JSON row without `_path` comes from, told by fields only that log has. */
export function zeekPathOf(field: ZeekField): string | undefined {
  const has = (name: string) => field(name) !== undefined
  if (has('conn_state') || (has('history') && has('proto'))) return 'conn'
  if (has('note') && has('actions')) return 'notice'
  if (has('qtype_name') || has('rcode_name') || (has('query') && has('trans_id'))) return 'dns'
  if (has('method') || has('status_code') || (has('host') && has('uri'))) return 'http'
  if (has('auth_attempts') || has('auth_success') || has('kex_alg') || has('host_key_alg')) return 'ssh'
  if (has('server_name') || has('cipher') || has('ssl_history')) return 'ssl'
  return undefined
}

export function zeekEvent(path: string | undefined, field: ZeekField, line: number): ZeekResult {
  const read = path === undefined ? undefined : readers.get(path)
  if (!read) return { skip: 'another log of Zeek, no connection of its own' }
  const time = timeOf(field('ts'))
  if (!time) return { reject: `ts is not a time: ${shown(field('ts'))}` }
  const ends = path === 'notice' ? noticeEnds(field) : connectionEnds(field)
  if (!('src' in ends)) return ends
  const event: EventDraft = {
    class: 'network_activity',
    time,
    srcEndpoint: ends.src,
    dstEndpoint: ends.dst,
    line,
  }
  const transport = transportOf(field('proto')) ?? (path === 'conn' ? undefined : impliedTransport(path))
  if (transport !== undefined) event.transport = transport
  if (transport === 'icmp') {
    // There, type and code stand in place of ports.
    event.srcEndpoint = { ip: ends.src.ip }
    event.dstEndpoint = { ip: ends.dst.ip }
  }
  const uid = textOf(field('uid'))
  if (uid !== undefined) event.connection = uid
  const sensor = textOf(field('_node_name')) ?? textOf(field('_system_name'))
  if (sensor !== undefined) event.sensor = sensor
  keep(event, 'community_id', textOf(field('community_id')))
  return read(event, field) ?? event
}

function impliedTransport(path: string | undefined): Event['transport'] {
  return path === 'ssl' || path === 'ssh' || path === 'http' ? 'tcp' : path === 'quic' ? 'udp' : undefined
}

type Ends = { src: EventDraft['srcEndpoint']; dst: EventDraft['dstEndpoint'] } | Problem

function connectionEnds(field: ZeekField): Ends {
  const [srcIp, srcPort] = [field('id.orig_h'), field('id.orig_p')]
  const [dstIp, dstPort] = [field('id.resp_h'), field('id.resp_p')]
  const src = endpointOf(srcIp, srcPort)
  if (!src) return { reject: endpointProblem('id.orig_h', srcIp, 'id.orig_p', srcPort) }
  const dst = endpointOf(dstIp, dstPort)
  if (!dst) return { reject: endpointProblem('id.resp_h', dstIp, 'id.resp_p', dstPort) }
  return { src, dst }
}

/** A notice may name a connection, or hosts, or only one, or none. */
function noticeEnds(field: ZeekField): Ends {
  if (field('id.orig_h') !== undefined) return connectionEnds(field)
  const src = endpointOf(field('src'), undefined)
  const port = portOf(field('p'))
  const dst = endpointOf(field('dst'), port)
  if (!src && !dst) return { skip: 'a notice about no address' }
  return { src: src ?? { ip: '' }, dst: dst ?? { ip: '' } }
}

/** Before 1973 nobody ran Zeek: such a stamp counts from a capture's or a boot's beginning. */
const relativeUsMax = 100_000_000_000_000

/** `ts` is the first packet's, in µs; other writers make it ISO text. */
function timeOf(value: unknown): Time | undefined {
  const time =
    typeof value === 'number'
      ? parseEpochSeconds(fixed(value), 1)
      : typeof value === 'string'
        ? (parseEpochSeconds(value) ?? parseIso(value))
        : undefined
  return time && time.us >= 0 && time.us < relativeUsMax ? { ...time, zone: 'uptime' } : time
}

/** No exponent, and no digits beyond µs that only a double has. */
function fixed(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(6) : text
}

/** How a state reads as the fate of the attempt; https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html */
const outcomes: Readonly<Record<string, NonNullable<Event['outcome']>>> = {
  S0: 'no-answer',
  S1: 'established',
  SF: 'established',
  REJ: 'refused',
  S2: 'established',
  S3: 'established',
  RSTO: 'established', // The client ended an established one.
  RSTR: 'reset',
  RSTOS0: 'no-answer',
  RSTRH: 'reset',
  SH: 'no-answer',
  SHR: 'established',
}

function readConn(event: EventDraft, field: ZeekField): undefined {
  const duration = Number(field('duration') ?? Number.NaN)
  if (duration >= 0 && duration < 1e9) {
    event.endTime = {
      ...event.time,
      us: event.time.us + Math.round(duration * 1e6),
      source: `ts + ${duration}`,
    }
  }
  const bytesOut = countOf(field('orig_bytes'))
  const bytesIn = countOf(field('resp_bytes'))
  const packetsOut = countOf(field('orig_pkts'))
  const packetsIn = countOf(field('resp_pkts'))
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  const service = lower(field('service'))
  const protocol = protocolOf(service)
  if (protocol !== undefined) event.observed = { protocol }
  keep(event, 'service', service === protocol ? undefined : service)
  const state = textOf(field('conn_state'))
  keep(event, 'conn_state', state)
  keep(event, 'history', textOf(field('history')))
  if (state !== undefined && event.transport === 'tcp' && Object.hasOwn(outcomes, state)) {
    const outcome = outcomes[state]
    if (outcome) event.outcome = outcome
  }
}

/** `http,ssl`: the innermost is named last or first, depending on the version; TLS says more than its carrier. */
function protocolOf(service: string | undefined): string | undefined {
  if (service === undefined) return undefined
  const names = service.split(',').map((name) => name.replace(/^-/, ''))
  const name = names.find((one) => one === 'ssl') ?? names[0]
  return name === 'ssl' ? 'tls' : name
}

const answersMax = 32

function readDns(event: EventDraft, field: ZeekField): undefined | Problem {
  const hostname = nameOf(field('query'))
  if (hostname === undefined) return { skip: 'a dns row without a name that was asked for' }
  event.class = 'dns_activity'
  event.observed = { protocol: 'dns' }
  const type = textOf(field('qtype_name'))
  const rcode = textOf(field('rcode_name'))
  const answers = listOf(field('answers')).map((one) => ipOf(one) ?? one)
  event.dns = {
    query: type === undefined ? { hostname } : { hostname, type },
    ...(answers.length > 0 && { answers }),
    ...(rcode !== undefined && { rcode }),
  }
  return undefined
}

function readTls(event: EventDraft, field: ZeekField, protocol: string): undefined {
  event.class = 'tls_activity'
  const sni = nameOf(field('server_name'))
  const alpn = textOf(field('next_protocol')) ?? textOf(field('client_protocol'))
  event.observed = {
    protocol,
    ...(sni !== undefined && { sni }),
    ...(alpn !== undefined && { alpn: [alpn] }),
  }
  keep(event, 'tls_version', textOf(field('version')))
  keep(event, 'tls_subject', textOf(field('subject')))
  keep(event, 'ja3', textOf(field('ja3')))
  keep(event, 'ja4', textOf(field('ja4')))
}

function readSsh(event: EventDraft, field: ZeekField): undefined {
  event.class = 'ssh_activity'
  event.observed = { protocol: 'ssh' }
  const client = textOf(field('client'))
  const server = textOf(field('server'))
  event.ssh = { ...(client !== undefined && { client }), ...(server !== undefined && { server }) }
  keep(event, 'ssh_direction', textOf(field('direction')))
  keep(event, 'ssh_auth_attempts', countOf(field('auth_attempts')))
  const success = field('auth_success')
  if (success !== undefined) keep(event, 'ssh_auth_success', success === true || success === 'T')
}

function readHttp(event: EventDraft, field: ZeekField): undefined {
  event.class = 'http_activity'
  const httpHost = nameOf(field('host'))
  event.observed = { protocol: 'http', ...(httpHost !== undefined && { httpHost }) }
  const method = textOf(field('method'))
  const path = textOf(field('uri'))
  const userAgent = textOf(field('user_agent'))
  const status = countOf(field('status_code'))
  event.http = {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(userAgent !== undefined && { userAgent }),
    ...(status !== undefined && { status }),
  }
}

/** A notice is stamped when it was raised, and then held back for an hour by default. */
function readNotice(event: EventDraft, field: ZeekField): undefined | Problem {
  const note = textOf(field('note'))
  if (note === undefined) return { reject: 'no note: a notice without its name' }
  const message = textOf(field('msg'))
  if (event.dstEndpoint.ip === '' || event.srcEndpoint.ip === '') event.class = 'detection_finding'
  event.alert = { title: message === undefined ? note : `${note}: ${message}`, category: note }
  event.policy = { rule: note }
  const dropped = field('dropped')
  if (dropped === true || dropped === 'T' || listOf(field('actions')).includes('Notice::ACTION_DROP')) {
    event.disposition = 'blocked'
  }
  keep(event, 'sub', textOf(field('sub')))
  return undefined
}

function readSocks(event: EventDraft, field: ZeekField): undefined {
  event.observed = { protocol: 'socks' }
  keep(event, 'socks_target', textOf(field('request.host')) ?? textOf(field('request.name')))
  keep(event, 'socks_port', portOf(field('request_p')))
}

function listOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.slice(0, answersMax).flatMap((one) => textOf(one) ?? [])
}

function lower(value: unknown): string | undefined {
  return Array.isArray(value) ? lower(value[0]) : textOf(value)?.toLowerCase()
}
