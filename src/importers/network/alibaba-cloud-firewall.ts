// Alibaba Cloud Firewall, as Simple Log Service delivers it: a JSON object a line, or lists of them, or either
// inside an envelope ({"content":…}, {"Contents":[{"Key":…,"Value":…}]}). All values may be strings.
// {"__time__":1795507261,"__topic__":"cloudfirewall_access_log","log_type":"internet_log","direction":"out",
//  "src_ip":"203.0.113.10","src_port":"40112","dst_ip":"198.51.100.9","dst_port":"3333","ip_protocol":"tcp",
//  "src_private_ip":"10.0.3.7","start_time":"1795507186","end_time":"1795507246","rule_result":"alert", …}

import { defineJsonImporter, type Head } from '../api.ts'
import { jsonObject, objectOf, type Row } from '../head-rows.ts'
import { alibabaEvent } from './alibaba.ts'

export const alibabaCloudFirewall = defineJsonImporter({
  id: 'alibaba-cloud-firewall',
  name: 'Alibaba Cloud Firewall log, JSON',
  family: 'network',
  documentation: 'https://www.alibabacloud.com/help/en/cloud-firewall/cloudfirewall/log-fields',
  splittable: true,
  recognises,
  items: ['', '[]'],
  start(sink) {
    return {
      item(_path, value, line) {
        const rows = unwrap(value, 0)
        if (rows.length === 0) {
          sink.reject(line, 'no record of Cloud Firewall in it', textOfValue(value))
        }
        for (const row of rows) {
          const event = alibabaEvent((name) => row[name], line)
          if (typeof event === 'string') sink.reject(line, event, textOfValue(row))
          else sink.event(event)
        }
      },
      end() {},
    }
  },
})

function recognises({ text }: Head): boolean {
  const first = text.trimStart().charCodeAt(0)
  if (first !== 123 && first !== 91 && first !== 0xfeff) return false
  // Inside an envelope the quotes are escaped.
  const names = (name: string) => text.includes(`"${name}"`) || text.includes(`"${name}\\"`)
  return (
    names('src_ip') &&
    names('dst_ip') &&
    (names('rule_result') || text.includes('cloudfirewall_access_log')) &&
    (names('start_time') || names('end_time') || names('start_time_min') || names('__time__'))
  )
}

/** Keys under which envelopes carry records. */
const envelopeKeys = [
  'content',
  'contents',
  'Contents',
  'logs',
  'Logs',
  'data',
  'message',
  'log',
  '_source',
  'body',
]
const depthMax = 4

function unwrap(value: unknown, depth: number): Row[] {
  if (depth > depthMax) return []
  if (Array.isArray(value)) {
    return keyValues(value) ?? value.flatMap((one: unknown) => unwrap(one, depth + 1))
  }
  if (typeof value === 'string') {
    const row = value.startsWith('{') ? jsonObject(value) : undefined
    return row === undefined || typeof row === 'string' ? [] : unwrap(row, depth + 1)
  }
  const row = objectOf(value)
  if (!row) return []
  if (row.src_ip !== undefined || row.dst_ip !== undefined) return [row]
  for (const key of envelopeKeys) {
    const inner = Object.hasOwn(row, key) ? unwrap(row[key], depth + 1) : []
    if (inner.length > 0) return inner
  }
  // An element of a list that is no record must still be counted.
  return depth > 0 && row.rule_result !== undefined ? [row] : []
}

/** [{"Key":"src_ip","Value":"…"}, …] is one record. */
function keyValues(list: readonly unknown[]): Row[] | undefined {
  const row: Record<string, unknown> = Object.create(null)
  for (const one of list) {
    const pair = objectOf(one)
    const key = pair?.Key ?? pair?.key
    if (!pair || typeof key !== 'string') return undefined
    row[key] = pair.Value ?? pair.value
  }
  return list.length > 0 ? [row] : undefined
}

function textOfValue(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return 'a value nested too deeply to be shown'
  }
}
