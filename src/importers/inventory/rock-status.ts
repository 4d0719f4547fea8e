// Status of ROCK sandboxes as JSON: one, a list, one a line, or the answer of the API around them (`result`).
// A row is a sandbox. What a record looks like: parts/rock-sandbox.ts. Its token and environment are not kept.

import { defineJsonImporter, type Sink } from '../api.ts'
import { withoutRockSecrets } from '../rock-secrets.ts'
import { firstObject } from './parts/first-object.ts'
import { at, FieldByField, listOf } from './parts/record.ts'
import { rockSandbox } from './parts/rock-sandbox.ts'

export const rockStatus = defineJsonImporter({
  id: 'rock-status',
  name: 'ROCK sandbox status',
  family: 'inventory',
  documentation: 'https://github.com/alibaba/ROCK/blob/master/rock/actions/sandbox/sandbox_info.py',
  ownRows: true,
  items: ['*'],
  recognises(head) {
    const first = firstObject(head.text)
    if (first) return isSandbox(first) || sandboxesOf(at(first, 'result')).some(isSandbox)
    // Longer than the beginning of the file that is looked at.
    return /^\s*[[{]/.test(head.text) && /"sandbox_id"\s*:/.test(head.text) && /"host_ip"\s*:/.test(head.text)
  },
  start(sink) {
    const single = new FieldByField((fields, line) => {
      const inner = sandboxesOf(at(fields, 'result'))
      if (inner.length > 0) for (const record of inner) take(record, line, sink)
      else if ('result' in fields && !('sandbox_id' in fields)) sink.skip('an answer without sandboxes')
      else take(fields, line, sink)
    })
    return {
      item(_, value, line, keys) {
        const [key] = keys
        if (typeof key === 'string') single.field(key, value, line)
        else take(value, line, sink)
      },
      broken(line, reason, text) {
        single.drop()
        sink.reject(line, reason, withoutRockSecrets(text))
      },
      end: () => single.end(),
    }
  },
})

function isSandbox(value: unknown): boolean {
  if (at(value, 'sandbox_id') === undefined) return false
  return ['host_ip', 'host_name', 'state', 'port_mapping', 'create_time', 'start_time'].some(
    (key) => at(value, key) !== undefined,
  )
}

/** The records in an answer: one, a list, or a page of a list. */
function sandboxesOf(result: unknown): readonly unknown[] {
  if (Array.isArray(result)) return result
  const page = ['items', 'data', 'sandboxes'].flatMap((key) => listOf(at(result, key)))
  if (page.length > 0) return page
  return at(result, 'sandbox_id') === undefined ? [] : [result]
}

function take(record: unknown, line: number, sink: Sink): void {
  const entry = rockSandbox(record, line)
  if (entry) sink.box(entry)
  else sink.reject(line, 'the record has no sandbox_id', withoutRockSecrets(JSON.stringify(record) ?? ''))
}
