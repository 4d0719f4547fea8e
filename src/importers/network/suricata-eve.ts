// Suricata's EVE log, eve.json:
// {"timestamp":"2026-11-24T15:59:46.457984+0200","flow_id":1374195536821504,"event_type":"alert",
//  "src_ip":"10.0.0.5","src_port":40112,"dest_ip":"203.0.113.9","dest_port":3333,"proto":"TCP",
//  "alert":{"action":"allowed","signature_id":2403388,"signature":"…","severity":2},"flow":{…}}

import { defineLinesImporter, objectText } from '../api.ts'
import { firstRows, jsonObject } from '../head-rows.ts'
import { eveReader, looksLikeEve, netflowsTogether } from './eve.ts'

export const suricataEve = defineLinesImporter({
  id: 'suricata-eve',
  name: 'Suricata EVE, eve.json',
  family: 'network',
  documentation: 'https://docs.suricata.io/en/latest/output/eve/eve-json-format.html',
  splittable: true,
  together: netflowsTogether,
  recognises: (head) => firstRows(head).some(looksLikeEve),
  start(sink) {
    const read = eveReader(sink)
    return {
      line(text, line) {
        const row = jsonObject(objectText(text))
        if (typeof row === 'string') sink.reject(line, row, text)
        else read(row, line, text)
      },
      end() {},
    }
  },
})
