// FortiGate's logs, key=value, with or without a syslog prefix:
// date=2026-11-24 time=08:37:47 devname="fw-1" eventtime=1795509467369913239 tz="+0000" type="traffic" subtype="forward" srcip=10.0.0.5 srcport=40112 dstip=203.0.113.9 dstport=3333 action="close" duration=116 sentbyte=1188 rcvdbyte=1224
// Written when the session ends: it began `duration` seconds before. `eventtime` is in seconds, or ns in newer versions.

import { parseEpochByDigits, parseIso, type Time } from '../../base/time.ts'
import { severities } from '../../schema/event.ts'
import { defineLinesImporter } from '../api.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  keep,
  nameOf,
  shown,
  textOf,
  transportOf,
} from './parts.ts'

export const fortigate = defineLinesImporter({
  id: 'fortigate',
  name: 'Fortinet FortiGate, traffic and UTM logs',
  family: 'network',
  documentation: 'https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference',
  splittable: true,
  recognises: (head) =>
    head.lines.some((line) => /\b(?:logid|devid)="?\w/.test(line) && /\btype="?(?:traffic|utm)\b/.test(line)),
  start(sink) {
    return {
      line(text, line) {
        const fields = fieldsOf(text)
        const type = fields.get('type')
        if (type === undefined) {
          sink.reject(line, 'no type: not a line of FortiGate', text)
          return
        }
        if (type !== 'traffic' && type !== 'utm') {
          sink.skip('neither traffic nor utm')
          return
        }
        const event = fortiEvent(fields, line)
        if (typeof event === 'string') sink.reject(line, event, text)
        else sink.event(event)
      },
      end() {},
    }
  },
})

/** Longest line taken apart, and most fields of it. */
const lineCharsMax = 16_384
const fieldsMax = 200

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  const pattern = /([A-Za-z_][\w-]{0,40})=(?:"((?:[^"\\]|\\.){0,4096})"|([^\s"]{0,4096}))/g
  for (const match of text.slice(0, lineCharsMax).matchAll(pattern)) {
    if (fields.size >= fieldsMax) break
    const key = match[1]!
    if (!fields.has(key)) fields.set(key, match[2]?.replace(/\\(["\\])/g, '$1') ?? match[3] ?? '')
  }
  return fields
}

/** How a session ended, of those that were let through. */
const passed = new Set([
  'accept',
  'close',
  'timeout',
  'client-rst',
  'server-rst',
  'start',
  'ip-conn',
  'pass',
  'passthrough',
  'detected',
  'dns',
  'monitored',
  'allow',
  'permit',
])

function fortiEvent(fields: Map<string, string>, line: number): EventDraft | string {
  const src = endpointOf(fields.get('srcip'), fields.get('srcport'))
  if (!src) return endpointProblem('srcip', fields.get('srcip'), 'srcport', fields.get('srcport'))
  const dst = endpointOf(fields.get('dstip'), fields.get('dstport'))
  if (!dst) return endpointProblem('dstip', fields.get('dstip'), 'dstport', fields.get('dstport'))
  const logged = timeOf(fields)
  if (!logged) return `no eventtime, date or time: ${shown(fields.get('eventtime') ?? fields.get('date'))}`
  const event: EventDraft = {
    class: 'network_activity',
    time: logged,
    srcEndpoint: src,
    dstEndpoint: dst,
    line,
  }
  const seconds = countOf(fields.get('duration'))
  if (seconds !== undefined && fields.get('type') === 'traffic') {
    // The duration counts whole seconds.
    event.time = {
      ...logged,
      us: logged.us - seconds * 1_000_000,
      spanUs: Math.max(logged.spanUs, 1_000_000),
    }
    event.endTime = logged
  }
  const transport = transportOf(fields.get('proto'))
  if (transport !== undefined) event.transport = transport
  const action = fields.get('action') ?? ''
  if (passed.has(action)) event.disposition = 'allowed'
  else if (/^(?:deny|den|block|drop|reset|reject)/.test(action)) event.disposition = 'blocked'
  if (action === 'server-rst') event.outcome = countOf(fields.get('rcvdpkt')) === 1 ? 'refused' : 'reset'
  const sensor = textOf(fields.get('devname')) ?? textOf(fields.get('devid'))
  if (sensor !== undefined) event.sensor = sensor
  const session = textOf(fields.get('sessionid'))
  if (session !== undefined) event.connection = session
  const rule = textOf(fields.get('policyname')) ?? textOf(fields.get('policyid'))
  const reason = textOf(fields.get('msg'))
  if (rule !== undefined || reason !== undefined) {
    event.policy = { ...(rule !== undefined && { rule }), ...(reason !== undefined && { reason }) }
  }
  if (fields.get('trandisp')?.includes('snat')) {
    const outside = endpointOf(fields.get('transip'), fields.get('transport'))
    if (outside) event.natEndpoint = outside
  }
  counts(event, fields)
  content(event, fields)
  alarm(event, fields)
  keep(event, 'action', textOf(action))
  return event
}

function timeOf(fields: Map<string, string>): Time | undefined {
  const epoch = parseEpochByDigits(fields.get('eventtime') ?? '')
  if (epoch) return epoch
  return parseIso(`${fields.get('date') ?? ''}T${fields.get('time') ?? ''}${fields.get('tz') ?? ''}`)
}

function counts(event: EventDraft, fields: Map<string, string>): void {
  const bytesOut = countOf(fields.get('sentbyte'))
  const bytesIn = countOf(fields.get('rcvdbyte'))
  const packetsOut = countOf(fields.get('sentpkt'))
  const packetsIn = countOf(fields.get('rcvdpkt'))
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
}

function content(event: EventDraft, fields: Map<string, string>): void {
  const httpHost = nameOf(fields.get('hostname'))
  const service = textOf(fields.get('service'))?.toLowerCase()
  const protocol = service === undefined || service.includes('/') ? undefined : service
  if (httpHost !== undefined || protocol !== undefined) {
    event.observed = {
      ...(protocol !== undefined && { protocol }),
      ...(httpHost !== undefined && { httpHost }),
    }
  }
  const path = textOf(fields.get('url'))
  if (path !== undefined) event.http = { path }
  const hostname = nameOf(fields.get('qname'))
  if (hostname === undefined) return
  event.class = 'dns_activity'
  const type = textOf(fields.get('qtype'))
  const answers = (textOf(fields.get('ipaddr')) ?? '')
    .split(/,\s*/)
    .filter((one) => one !== '')
    .slice(0, 32)
  event.dns = {
    query: { hostname, ...(type !== undefined && { type }) },
    ...(answers.length > 0 && { answers }),
  }
}

/** An attack that was named, or anything the device itself scored. */
function alarm(event: EventDraft, fields: Map<string, string>): void {
  const title = textOf(fields.get('attack')) ?? textOf(fields.get('virus'))
  if (title === undefined) return
  const word = fields.get('severity') ?? fields.get('crlevel')
  const severity = word === 'info' ? 'informational' : severities.find((one) => one === word)
  event.alert = { title, ...(severity && { severity }), category: textOf(fields.get('subtype')) ?? 'utm' }
}
