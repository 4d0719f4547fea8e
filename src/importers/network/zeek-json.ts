// Zeek's logs as JSON lines (LogAscii::use_json, json-streaming-logs):
// {"_path":"conn","ts":1795507186.430166,"uid":"C5bLoe2Mvxqhawzqqd","id.orig_h":"10.0.0.18","id.orig_p":55548,
//  "id.resp_h":"203.0.113.16","id.resp_p":443,"proto":"tcp","conn_state":"SF",…}

import { defineJsonLinesImporter } from '../api.ts'
import { firstRows, objectOf, type Row } from '../head-rows.ts'
import { zeekEvent, zeekPathOf } from './zeek.ts'

export const zeekJson = defineJsonLinesImporter({
  id: 'zeek-json',
  name: 'Zeek log, JSON',
  family: 'network',
  documentation: 'https://docs.zeek.org/en/master/log-formats.html',
  splittable: true,
  recognises: (head) => firstRows(head).some(looksLikeZeek),
  start(sink) {
    return {
      row(row, line, text) {
        const field = (name: string) => valueAt(row, name)
        const path = typeof row._path === 'string' ? row._path : zeekPathOf(field)
        const result = zeekEvent(path, field, line)
        if ('reject' in result) sink.reject(line, result.reject, text)
        else if ('skip' in result) sink.skip(result.skip)
        else sink.event(result)
      },
    }
  },
})

function looksLikeZeek(row: Row): boolean {
  if (row.ts === undefined || row.event_type !== undefined) return false
  if (valueAt(row, 'id.orig_h') !== undefined && valueAt(row, 'id.resp_h') !== undefined) return true
  return typeof row._path === 'string' || (typeof row.note === 'string' && row.note.includes('::'))
}

/** `id.orig_h` is also written `id_orig_h` or as an object by some shippers. */
function valueAt(row: Row, name: string): unknown {
  let value = Object.hasOwn(row, name) ? row[name] : undefined
  if (value === undefined && name.includes('.')) {
    const [outer = '', inner = ''] = name.split('.')
    value = row[`${outer}_${inner}`]
    if (value === undefined) value = objectOf(row[outer])?.[inner]
  }
  return value === null || value === '-' || value === '' ? undefined : value
}
