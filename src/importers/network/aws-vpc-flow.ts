// AWS VPC flow log: space-separated, the default order of version 2 without a header, any order with one.
// 2 123456789010 eni-1235b8ca123456789 10.0.2.15 203.0.113.9 40112 3333 6 20 4249 1795507186 1795507246 REJECT OK
// A record is one direction of a flow in one window. `start` may lag the first packet by up to 60 s.

import { parseEpochSeconds, type Time } from '../../base/time.ts'
import { defineLinesImporter } from '../api.ts'
import { turnAnswer } from './one-way.ts'
import {
  countOf,
  type EventDraft,
  endpointOf,
  endpointProblem,
  ipOf,
  keep,
  shown,
  textOf,
  transportOf,
} from './parts.ts'
import { columnsOf } from './table.ts'

export const awsVpcFlow = defineLinesImporter({
  id: 'aws-vpc-flow',
  name: 'AWS VPC flow log',
  family: 'network',
  documentation: 'https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html',
  recognises: (head) =>
    head.lines.slice(0, 5).some((line) => isHeader(line) || defaultRow.test(line) || otherRow.test(line)),
  start(sink) {
    let columns: Map<string, number> | undefined
    return {
      line(text, line) {
        if (isHeader(text)) {
          columns = columnsOf(words(text))
          sink.skip('header')
          return
        }
        let cells = words(text)
        // CloudWatch's export puts its own stamp before the record.
        if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(cells[0] ?? '')) cells = cells.slice(1)
        const named = columns ?? columnsOfRow(cells)
        if (!named) {
          sink.reject(line, 'not the default order: put the log format before it as a header line', text)
        } else if (cells.length !== named.size) {
          sink.reject(line, `${cells.length} fields where the header names ${named.size}`, text)
        } else {
          const field = (name: string) => {
            const index = named.get(name)
            const cell = index === undefined ? undefined : cells[index]
            return cell === '-' ? undefined : cell
          }
          const status = field('log-status')
          if (status === 'NODATA') sink.skip('NODATA: no traffic in the window')
          else if (status === 'SKIPDATA') sink.skip('SKIPDATA: records of the window were lost')
          else {
            const event = flowEvent(field, line)
            if (typeof event === 'string') sink.reject(line, event, text)
            else sink.event(event)
          }
        }
      },
      end() {},
    }
  },
})

/** The order of the default format, and the one in which "all fields" appends what later versions added. */
const allNames = [
  ...['version', 'account-id', 'interface-id', 'srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol'],
  ...['packets', 'bytes', 'start', 'end', 'action', 'log-status'], // Version 2
  ...['vpc-id', 'subnet-id', 'instance-id', 'tcp-flags', 'type', 'pkt-srcaddr', 'pkt-dstaddr'], // 3
  ...['region', 'az-id', 'sublocation-type', 'sublocation-id'], // 4
  ...['pkt-src-aws-service', 'pkt-dst-aws-service', 'flow-direction', 'traffic-path'], // 5
]
const columnsByCount = new Map([14, 21, 25, 29].map((n) => [n, columnsOf(allNames.slice(0, n))]))
const defaultRow =
  /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?[2-9] (?:\d{10,12}|unknown) \S+ (?:-|[\da-fA-F.:]+) (?:-|[\da-fA-F.:]+)(?: \S+){5} \d+ \d+ \S+ (?:OK|NODATA|SKIPDATA)(?: |\s*$)/
/** Any other order: recognised, so that the reason to refuse it is said. */
const otherRow = /^[2-9] \S.* eni-[\da-f]+ .*\b(?:ACCEPT|REJECT|NODATA|SKIPDATA)\b/

/** The columns of a row that has no header; undefined when its order is not one of AWS' own. */
function columnsOfRow(cells: readonly string[]): Map<string, number> | undefined {
  return defaultRow.test(cells.join(' ')) ? columnsByCount.get(cells.length) : undefined
}

/** Log formats are also written as `${srcaddr} ${dstaddr}`, and Athena's tables with underscores. */
function words(text: string): string[] {
  const bare = text.includes('$') ? text.replace(/\$\{([\w-]+)\}/g, '$1') : text
  return bare.trim().split(/\s+/)
}

function isHeader(text: string): boolean {
  if (!text.includes('addr') || /\d\.\d/.test(text)) return false
  const names = words(text)
  return (
    (names.includes('srcaddr') || names.includes('pkt-srcaddr')) &&
    (names.includes('dstaddr') || names.includes('pkt-dstaddr'))
  )
}

/** How much later than the packet `start` may be. */
const startLagUs = 60_000_000

function flowEvent(field: (name: string) => string | undefined, line: number): EventDraft | string {
  const srcIp = field('pkt-srcaddr') ?? field('srcaddr')
  const dstIp = field('pkt-dstaddr') ?? field('dstaddr')
  const src = endpointOf(srcIp, field('srcport'))
  if (!src) return endpointProblem('srcaddr', srcIp, 'srcport', field('srcport'))
  const dst = endpointOf(dstIp, field('dstport'))
  if (!dst) return endpointProblem('dstaddr', dstIp, 'dstport', field('dstport'))
  const start = seconds(field('start'))
  const end = seconds(field('end'))
  const time = start ? { ...start, us: start.us - startLagUs, spanUs: startLagUs + start.spanUs } : end
  if (!time) return `start is not a time: ${shown(field('start'))}`

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  if (end && end.us >= time.us) event.endTime = end
  const transport = transportOf(field('protocol'))
  if (transport !== undefined) event.transport = transport
  if (transport === 'icmp') {
    event.srcEndpoint = { ip: src.ip }
    event.dstEndpoint = { ip: dst.ip }
  }
  const bytes = countOf(field('bytes'))
  const packets = countOf(field('packets'))
  if (bytes !== undefined) event.bytesOut = bytes
  if (packets !== undefined) event.packetsOut = packets
  const action = field('action')
  if (action === 'ACCEPT') event.disposition = 'allowed'
  else if (action === 'REJECT') event.disposition = 'blocked'
  const reason = textOf(field('reject-reason'))
  if (reason !== undefined) event.policy = { reason }
  const flags = countOf(field('tcp-flags'))
  // Behind a NAT gateway `srcaddr` and `dstaddr` are the hop's, `pkt-srcaddr` and `pkt-dstaddr` the ends'.
  const via = ipOf(field('srcaddr'))
  if (via !== undefined && via !== src.ip) keep(event, 'srcaddr', via)
  const next = ipOf(field('dstaddr'))
  if (next !== undefined && next !== dst.ip) keep(event, 'dstaddr', next)
  for (const name of [
    'interface-id',
    'instance-id',
    'vpc-id',
    'flow-direction',
    'pkt-dst-aws-service',
    'tcp-flags',
  ]) {
    keep(event, name.replaceAll('-', '_'), textOf(field(name)))
  }
  turnAnswer(event, flags)
  return event
}

function seconds(value: string | undefined): Time | undefined {
  return value === undefined ? undefined : parseEpochSeconds(value)
}
