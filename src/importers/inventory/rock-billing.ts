// ROCK's billing.log: one line for each sandbox that ended, the sandbox as JSON behind the log's header.
//
//   2026-03-07T10:00:20.358+08:00 INFO:billing.py:16 [billing] [] [] -- {"sandbox_id":"0b6e…","host_ip":"10.8.0.4",…}
// A row is a record of the log.

import { defineLinesImporter } from '../api.ts'
import { type RockHeader, rockHeader } from '../rock-header.ts'
import { withoutRockSecrets } from '../rock-secrets.ts'
import { rockSandbox } from './parts/rock-sandbox.ts'

export const rockBilling = defineLinesImporter({
  id: 'rock-billing',
  name: 'ROCK billing.log',
  family: 'inventory',
  documentation: 'https://github.com/alibaba/ROCK/blob/master/rock/admin/metrics/billing.py',
  ownRows: true,
  recognises: (head) =>
    !head.text.includes('accessLog] [') && head.lines.some((line) => isBilling(rockHeader(line))),
  start(sink) {
    let inRecord = false
    return {
      line(text, line) {
        const header = rockHeader(text)
        if (!header) {
          // A traceback belongs to the record before it.
          if (!inRecord) sink.reject(line, 'not a record of billing.log', withoutRockSecrets(text))
          return
        }
        inRecord = true
        if (!isBilling(header)) {
          sink.skip('a record of another logger')
          return
        }
        let record: unknown
        try {
          record = JSON.parse(header.message)
        } catch {
          if (header.message.trimStart().startsWith('{'))
            sink.reject(line, 'the sandbox is not JSON', withoutRockSecrets(text))
          else sink.skip('a message, not a sandbox')
          return
        }
        const entry = rockSandbox(record, line)
        if (entry) sink.box(entry)
        else sink.reject(line, 'the record has no sandbox_id', withoutRockSecrets(text))
      },
      end() {},
    }
  },
})

function isBilling(header: RockHeader | undefined): boolean {
  return header !== undefined && /^billing/.test(header.logger)
}
