// Makes one run of the lab:  npx tsx tools/lab.ts --seed N --out DIR [--seconds 40] [--nat keyed] [--firewall both|pcap]

import { parseArgs } from 'node:util'
import { OperatorError } from '../src/base/errors.ts'
import { runLab } from '../src/lab/run.ts'
import { firewallLogs } from '../src/lab/write.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    out: { type: 'string' },
    seconds: { type: 'string', default: '40' },
    nat: { type: 'string', default: 'shared' },
    firewall: { type: 'string', default: 'eve' },
  },
})
if (!values.out) {
  console.error('Where to? Give --out DIR.')
  process.exit(2)
}
const firewall = firewallLogs.find((known) => known === values.firewall)
if (!firewall) {
  console.error(`--firewall is one of ${firewallLogs.join(', ')}.`)
  process.exit(2)
}
const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))
try {
  const result = await runLab({
    seed: Number(values.seed),
    dir: values.out,
    seconds: Number(values.seconds),
    nat: values.nat === 'keyed' ? 'keyed' : 'shared',
    firewall,
    signal: abort.signal,
    progress: (line) => console.error(line),
  })
  console.log(JSON.stringify(result, null, 2))
} catch (error) {
  console.error(error instanceof OperatorError ? error.toText() : String(error))
  process.exitCode = error instanceof OperatorError ? error.exitCode : 1
}
