// PAN-OS logs by syslog or CSV export, TRAFFIC (a session's start, end, or refusal) and THREAT (an alarm):
// 1,2026/11/24 08:09:07,012801096514,TRAFFIC,end,2049,2026/11/24 08:09:07,10.0.15.207,203.0.113.1,198.51.100.2,203.0.113.1,out,…
// All stamps are the device's local time without a zone, in seconds. A session's start is in column 35.

import { canonicalIp } from '../../base/ip.ts'
import { parseIso, type Time } from '../../base/time.ts'
import { severities } from '../../schema/event.ts'
import { defineLinesImporter } from '../api.ts'
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
import { csvCells } from './table.ts'

const rowStart = /(?:^|\s|")\d{1,2},\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d,\w{0,32},(TRAFFIC|THREAT),/
const otherRow = /(?:^|\s|")\d{1,2},\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d,\w{0,32},[A-Z][\w-]+,/

/** Columns by position; https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring */
const column = {
  serial: 2,
  subtype: 4,
  generated: 6,
  src: 7,
  dst: 8,
  natSrc: 9,
  rule: 11,
  app: 14,
  session: 22,
  sport: 24,
  dport: 25,
  natSport: 26,
  protocol: 29,
  action: 30,
  // TRAFFIC
  bytesSent: 32,
  bytesReceived: 33,
  start: 35,
  elapsed: 36,
  packetsSent: 44,
  packetsReceived: 45,
  endReason: 46,
  device: 52,
  // THREAT
  url: 31,
  threat: 32,
  category: 33,
  severity: 34,
} as const

export const panOs = defineLinesImporter({
  id: 'pan-os',
  name: 'Palo Alto PAN-OS, TRAFFIC and THREAT logs',
  family: 'network',
  documentation:
    'https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions/traffic-log-fields',
  splittable: true,
  recognises: (head) => head.lines.some((line) => rowStart.test(line)),
  start(sink) {
    return {
      line(text, line) {
        const match = rowStart.exec(text)
        if (!match) {
          if (otherRow.test(text) || /receive.time|domain,/i.test(text))
            sink.skip('neither TRAFFIC nor THREAT')
          else sink.reject(line, 'not a PAN-OS row', text)
          return
        }
        const cells = csvCells(text.slice(match.index).replace(/^\s/, ''))
        if (!cells || cells.length <= column.action) {
          sink.reject(line, cells ? `${cells.length} columns, cut off` : 'a quote is left open', text)
          return
        }
        const event = match[1] === 'THREAT' ? threatEvent(cells, line) : trafficEvent(cells, line)
        if (typeof event === 'string') sink.reject(line, event, text)
        else sink.event(event)
      },
      end() {},
    }
  },
})

function trafficEvent(cells: readonly string[], line: number): EventDraft | string {
  const started = stamp(cells[column.start])
  const event = sessionEvent(cells, line, started ?? stamp(cells[column.generated]))
  if (typeof event === 'string') return event
  const subtype = cells[column.subtype]
  const elapsed = countOf(cells[column.elapsed])
  if (started && subtype === 'end' && elapsed !== undefined) {
    event.endTime = {
      ...started,
      us: started.us + elapsed * 1_000_000,
      source: `${started.source} + ${elapsed} s`,
    }
  }
  if (subtype === 'drop' || subtype === 'deny') event.disposition = 'blocked'
  const bytesOut = countOf(cells[column.bytesSent])
  const bytesIn = countOf(cells[column.bytesReceived])
  const packetsOut = countOf(cells[column.packetsSent])
  const packetsIn = countOf(cells[column.packetsReceived])
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  const device = textOf(cells[column.device])
  keep(event, 'device', device)
  const reason = textOf(cells[column.endReason])
  keep(event, 'session_end_reason', reason)
  if (reason === 'aged-out' && event.transport === 'tcp' && packetsIn === 0) event.outcome = 'no-answer'
  return event
}

function threatEvent(cells: readonly string[], line: number): EventDraft | string {
  const event = sessionEvent(cells, line, stamp(cells[column.generated]))
  if (typeof event === 'string') return event
  const title = textOf(cells[column.threat]) ?? textOf(cells[column.subtype]) ?? 'threat'
  const word = cells[column.severity]?.toLowerCase()
  const severity = severities.find((one) => one === word)
  const category = textOf(cells[column.category])
  event.alert = { title, ...(severity && { severity }), ...(category !== undefined && { category }) }
  if (cells[column.subtype] === 'url') {
    const [host = '', ...path] = (textOf(cells[column.url]) ?? '').split('/')
    if (host !== '') event.observed = { ...event.observed, httpHost: host.replace(/:\d{1,5}$/, '') }
    if (path.length > 0) event.http = { path: `/${path.join('/')}` }
  } else keep(event, 'misc', textOf(cells[column.url]))
  return event
}

function sessionEvent(cells: readonly string[], line: number, time: Time | undefined): EventDraft | string {
  const [srcIp, srcPort, dstIp, dstPort] = [
    cells[column.src],
    cells[column.sport],
    cells[column.dst],
    cells[column.dport],
  ]
  const src = endpointOf(srcIp, srcPort)
  if (!src) return endpointProblem('source', srcIp, 'source port', srcPort)
  const dst = endpointOf(dstIp, dstPort)
  if (!dst) return endpointProblem('destination', dstIp, 'destination port', dstPort)
  if (!time) return `no start or generated time: ${shown(cells[column.generated])}`
  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const transport = transportOf(cells[column.protocol])
  if (transport !== undefined) event.transport = transport
  const action = cells[column.action] ?? ''
  if (/^(?:allow|alert|continue|override)/.test(action)) event.disposition = 'allowed'
  else if (/^(?:deny|drop|reset|block|sinkhole|random-drop)/.test(action)) event.disposition = 'blocked'
  const rule = textOf(cells[column.rule])
  if (rule !== undefined) event.policy = { rule }
  const outside = endpointOf(cells[column.natSrc], cells[column.natSport])
  if (outside && outside.ip !== '0.0.0.0' && canonicalIp(outside.ip) !== src.ip) event.natEndpoint = outside
  const app = textOf(cells[column.app])
  if (app !== undefined && !/^(?:incomplete|insufficient-data|not-applicable|unknown)/.test(app)) {
    event.observed = { protocol: app === 'ssl' ? 'tls' : app }
  }
  const session = textOf(cells[column.session])
  const serial = textOf(cells[column.serial])
  if (session !== undefined && session !== '0') event.connection = `${serial ?? ''}/${session}`
  if (serial !== undefined) event.sensor = serial
  keep(event, 'subtype', textOf(cells[column.subtype]))
  return event
}

/** `1969-12-31T16:00:00` and the epoch itself stand for "unset". */
function stamp(text: string | undefined): Time | undefined {
  const time = text === undefined ? undefined : parseIso(text)
  return time && time.us > 86_400_000_000 ? time : undefined
}
