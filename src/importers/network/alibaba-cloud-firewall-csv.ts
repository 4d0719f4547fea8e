// Alibaba Cloud Firewall, exported as CSV with a header line:
// __time__,log_type,direction,src_ip,src_port,dst_ip,dst_port,ip_protocol,start_time,end_time,rule_result,…

import { defineLinesImporter, type Head } from '../api.ts'
import { alibabaEvent } from './alibaba.ts'
import { columnsOf, csvCells } from './table.ts'

export const alibabaCloudFirewallCsv = defineLinesImporter({
  id: 'alibaba-cloud-firewall-csv',
  name: 'Alibaba Cloud Firewall log, CSV',
  family: 'network',
  documentation: 'https://www.alibabacloud.com/help/en/cloud-firewall/cloudfirewall/log-fields',
  recognises: (head: Head) => headerOf(head.lines[0] ?? '') !== undefined,
  start(sink) {
    let columns: Map<string, number> | undefined
    return {
      line(text, line) {
        const header = headerOf(text)
        if (header) {
          columns = columnsOf(header)
          sink.skip('header')
          return
        }
        const cells = csvCells(text)
        if (!columns) sink.reject(line, 'a row before the header', text)
        else if (!cells) sink.reject(line, 'a quote is left open', text)
        else if (cells.length < columns.size) {
          sink.reject(line, `${cells.length} cells under ${columns.size} headers`, text)
        } else {
          const named = columns
          const event = alibabaEvent((name) => {
            const index = named.get(name)
            return index === undefined ? undefined : cells[index]?.trim()
          }, line)
          if (typeof event === 'string') sink.reject(line, event, text)
          else sink.event(event)
        }
      },
      end() {},
    }
  },
})

function headerOf(text: string): string[] | undefined {
  if (!text.includes('src_ip') || !text.includes('dst_ip')) return undefined
  const names = csvCells(text.replace(/^\ufeff/, ''))?.map((name) => name.trim())
  if (!names?.includes('src_ip') || !names.includes('dst_ip')) return undefined
  return names.some((name) => name === 'rule_result' || name === 'start_time' || name === 'acl_rule_id')
    ? names
    : undefined
}
