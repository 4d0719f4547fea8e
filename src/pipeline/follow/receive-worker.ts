// The thread that receives: nothing that is done with what has come may keep it from taking what comes next.

import { parentPort, workerData } from 'node:worker_threads'
import { OperatorError } from '../../base/errors.ts'
import { listenOtlp, type OtlpReceiver } from './otlp-listen.ts'
import type { ReceiverAsks, ReceiverSays, ReceiverStart } from './receivers.ts'
import { Spool } from './spool.ts'
import { listenSyslog, type SyslogReceiver } from './syslog-listen.ts'

const port = parentPort!
const { syslogAt, otlpAt, limits, folder } = workerData as ReceiverStart
const countsEveryMs = 500
const none = { records: 0, bytes: 0, dropped: 0 }
const say = (what: ReceiverSays) => port.postMessage(what)
let read = new Set<string>()
const told = new Set<string>()
let syslog: SyslogReceiver | undefined
let otlp: OtlpReceiver | undefined

const spool = new Spool(folder, limits, (path) => read.has(path))
const target = (where: string) => ({
  spool,
  limits,
  onProblem(what: string) {
    if (told.has(`${where} ${what}`) || told.size > 1_000) return
    told.add(`${where} ${what}`)
    say({ type: 'problem', problem: { where, what } })
  },
})

function tellCounts(): void {
  say({
    type: 'counts',
    counts: { syslog: { ...(syslog?.counts ?? none) }, otlp: { ...(otlp?.counts ?? none) } },
    evictedBytes: spool.evictedBytes,
    segments: spool.segments(),
  })
}

async function close(): Promise<void> {
  await syslog?.close()
  await otlp?.close()
  spool.close()
  tellCounts()
  say({ type: 'closed' })
  port.close()
}

try {
  if (syslogAt) syslog = await listenSyslog(syslogAt, target('syslog'))
  if (otlpAt) otlp = await listenOtlp(otlpAt, target('otlp'))
  say({
    type: 'listening',
    listening: {
      ...(syslog ? { syslog: { udp: syslog.udp, tcp: syslog.tcp } } : {}),
      ...(otlp ? { otlp: otlp.address } : {}),
    },
  })
} catch (error) {
  await syslog?.close()
  const fix = error instanceof OperatorError ? error.fix : undefined
  say({
    type: 'failed',
    what: error instanceof Error ? error.message : String(error),
    ...(fix === undefined ? {} : { fix }),
  })
}
const timer = setInterval(tellCounts, countsEveryMs)
port.on('message', (asked: ReceiverAsks) => {
  if (asked.type === 'read') read = new Set(asked.paths)
  else {
    clearInterval(timer)
    void close()
  }
})
