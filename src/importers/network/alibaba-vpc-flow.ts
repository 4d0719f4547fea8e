// Alibaba Cloud's VPC flow log, as Simple Log Service delivers it (a line a record, or a list):
// {"version":"1","vswitch-id":"vsw-1","vm-id":"i-1","vpc-id":"vpc-1","eni-id":"eni-1","srcaddr":"10.0.0.5","srcport":"40112",
//  "dstaddr":"203.0.113.9","dstport":"3333","protocol":"6","direction":"out","packets":"20","bytes":"4249",
//  "start":"1795507186","end":"1795507246","log-status":"OK","action":"REJECT"}
// `start` is the window's first packet, in seconds.

import { parseEpochSeconds, type Time } from '../../base/time.ts'
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

export const alibabaVpcFlow = defineJsonImporter({
  id: 'alibaba-vpc-flow',
  name: 'Alibaba Cloud VPC flow log',
  family: 'network',
  documentation: 'https://www.alibabacloud.com/help/en/vpc/flow-log-overview',
  splittable: true,
  recognises: ({ text }) =>
    text.includes('"srcaddr"') &&
    text.includes('"dstaddr"') &&
    (text.includes('"vswitch-id"') || text.includes('"eni-id"')),
  items: ['', '[]'],
  start(sink) {
    return {
      item(_path, value, line) {
        const row = objectOf(value)
        if (row?.['log-status'] === 'NODATA') sink.skip('NODATA: no traffic in the window')
        else if (row?.['log-status'] === 'SKIPDATA') sink.skip('SKIPDATA: records of the window were lost')
        else {
          const event = row ? flowEvent(row, line) : 'not a record'
          if (typeof event === 'string') sink.reject(line, event, JSON.stringify(value).slice(0, 500))
          else sink.event(event)
        }
      },
      end() {},
    }
  },
})

function flowEvent(row: Row, line: number): EventDraft | string {
  const src = endpointOf(row.srcaddr, row.srcport)
  if (!src) return endpointProblem('srcaddr', row.srcaddr, 'srcport', row.srcport)
  const dst = endpointOf(row.dstaddr, row.dstport)
  if (!dst) return endpointProblem('dstaddr', row.dstaddr, 'dstport', row.dstport)
  const time = seconds(row.start)
  if (!time) return `start is not a time: ${shown(row.start)}`
  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const endTime = seconds(row.end)
  if (endTime && endTime.us >= time.us) event.endTime = endTime
  const transport = transportOf(typeof row.protocol === 'number' ? row.protocol : textOf(row.protocol))
  if (transport !== undefined) event.transport = transport
  const bytesOut = countOf(row.bytes)
  const packetsOut = countOf(row.packets)
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (row.action === 'ACCEPT') event.disposition = 'allowed'
  else if (row.action === 'REJECT') event.disposition = 'blocked'
  for (const name of ['vm-id', 'eni-id', 'vpc-id', 'direction', 'traffic_path', 'tcp-flags']) {
    keep(event, name.replaceAll('-', '_'), textOf(row[name]))
  }
  turnAnswer(event, countOf(row['tcp-flags']))
  return event
}

function seconds(value: unknown): Time | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseEpochSeconds(value) : undefined
}
