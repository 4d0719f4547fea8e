// AWS Network Firewall's log: Suricata's record in an envelope. The envelope's stamp is when the record was
// written, the record's own is what counts.
// {"firewall_name":"egress","availability_zone":"us-east-1a","event_timestamp":"1636395643","event":{…EVE…}}

import { defineJsonLinesImporter } from '../api.ts'
import { firstRows, objectOf, type Row } from '../head-rows.ts'
import { eveReader, netflowsTogether } from './eve.ts'
import { textOf } from './parts.ts'

export const awsNetworkFirewall = defineJsonLinesImporter({
  id: 'aws-network-firewall',
  name: 'AWS Network Firewall log',
  family: 'network',
  documentation:
    'https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html',
  splittable: true,
  together: netflowsTogether,
  recognises: (head) => firstRows(head).some(isEnvelope),
  start(sink) {
    const read = eveReader(sink)
    return {
      row(row, line, text) {
        const event = objectOf(row.event)
        if (!event) sink.reject(line, 'no event: not a record of AWS Network Firewall', text)
        else read(event, line, text, textOf(row.availability_zone) ?? textOf(row.firewall_name))
      },
    }
  },
})

function isEnvelope(row: Row): boolean {
  return (
    typeof row.firewall_name === 'string' &&
    row.event_timestamp !== undefined &&
    objectOf(row.event) !== undefined
  )
}
