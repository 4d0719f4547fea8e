// What it costs to write a recording, and to verify one:
//
//   npm run bench -- journal [--lines 1000000] [--dir FOLDER]
//
// Times are of the processor (user and system, all threads) beside elapsed ones: the first do not depend on what else
// the machine does. The folder should lie on the disk that is meant; the default is the system's for temporary files.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { JournalLine } from '../../src/schema/journal.ts'
import type { Refusal } from '../../src/store/flood.ts'
import { type Journal, type JournalOptions, openJournal } from '../../src/store/journal.ts'
import { readJournal } from '../../src/store/read.ts'
import { verifyJournal } from '../../src/store/verify.ts'

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    dir: { type: 'string', default: tmpdir() },
  },
})
const root = mkdtempSync(join(values.dir, 'vigiles-bench-'))
let recordings = 0

/** As the gateway writes it: who, what, by which rule; about 950 bytes in the file. */
function line(
  i: number,
  cmdLine = 'curl -sS -H "Accept: application/json" https://api.example.com/v1/items',
): JournalLine {
  return {
    class: 'network_activity',
    activity: i % 2 === 0 ? 'open' : 'close',
    connection: `c-${i >> 1}`,
    box: 'run-1',
    transport: 'tcp',
    srcEndpoint: { ip: '10.8.0.2', port: 32_768 + (i % 28_000) },
    dstEndpoint: { ip: '203.0.113.9', port: 443, hostname: 'api.example.com' },
    disposition: 'allowed',
    policy: { rule: 'allow api.example.com (policy.yaml:12)', code: 'allowed' },
    bytesIn: i * 7,
    bytesOut: i * 3,
    duration: 12.25,
    observed: { dnsName: 'api.example.com', sni: 'api.example.com', protocol: 'tls', dialled: '203.0.113.9' },
    actor: {
      toolCall: `call_${i >> 6}`,
      unit: `exec-${i >> 6}`,
      tier: 'identity',
      process: {
        pid: 4_000 + (i % 1_000),
        name: 'curl',
        cmdLine,
        ancestors: [
          {
            pid: 3_000,
            name: 'bash',
            cmdLine: 'bash -c "for i in 1 2 3; do curl https://api.example.com; done"',
          },
          { pid: 1, name: 'init', cmdLine: 'init' },
        ],
      },
    },
  }
}

function refusal(i: number): Refusal {
  return {
    class: 'network_activity',
    activity: 'refuse',
    connection: `r-${i}`,
    box: 'run-1',
    srcEndpoint: { ip: '10.8.0.2', port: 40_000 },
    dstEndpoint: { ip: '192.0.2.1', port: 22 },
    disposition: 'blocked',
    policy: { rule: 'default' },
    actor: { unit: 'exec-1', tier: 'none' },
  }
}

async function measured(what: string, count: number, work: () => unknown, unit = 'line'): Promise<void> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const rate = Math.round((count / ms) * 1000).toLocaleString('en')
  console.log(
    `${what.padEnd(58)} ${rate.padStart(9)} ${unit}s/s  ${((ms * 1000) / count).toFixed(1).padStart(8)} µs elapsed  ${((user + system) / count).toFixed(1).padStart(8)} µs processor`,
  )
}

async function recording(
  options: Partial<JournalOptions>,
  work: (journal: Journal) => unknown,
): Promise<string> {
  const dir = join(root, String(recordings++))
  const journal = openJournal({ dir, ...options })
  await work(journal)
  await journal.seal()
  return dir
}

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`)
const warm = 20_000
await recording({}, async (journal) => {
  for (let i = 0; i < warm; i++) journal.append(line(i))
})
const n = 100_000
await recording({}, (journal) =>
  measured('append, one write a line', n, () => {
    for (let i = 0; i < n; i++) journal.append(line(i))
  }),
)
for (const at of [1, 8, 32, 128]) {
  await recording({}, (journal) =>
    measured(`appendSoon, ${at} at a time`, n, async () => {
      for (let i = 0; i < n; i += at) {
        await Promise.all(Array.from({ length: at }, (_, j) => journal.appendSoon(line(i + j))))
      }
    }),
  )
}
await recording({ fsyncMs: 0 }, (journal) =>
  measured('append, on the disk before it returns (fsyncMs 0)', 500, () => {
    for (let i = 0; i < 500; i++) journal.append(line(i))
  }),
)
await recording({}, (journal) =>
  measured('append, another process each time', n, () => {
    for (let i = 0; i < n; i++) journal.append(line(i, `curl https://api.example.com/v1/items/${i}?page=1`))
  }),
)
await recording({}, (journal) =>
  measured('append, a hostile command line of 8 kB each time', 500, () => {
    for (let i = 0; i < 500; i++) journal.append(line(i, `${i} ${'password'.repeat(1_000)}`))
  }),
)
await recording({}, (journal) =>
  measured('append, another argv of 2 MB each time', 100, () => {
    for (let i = 0; i < 100; i++) journal.append(line(i, `${i} ${'--x=y '.repeat(350_000)}`))
  }),
)
await recording({}, (journal) =>
  measured('refuse, all alike (20 a second written, the rest counted)', n, () => {
    for (let i = 0; i < n; i++) journal.refuse(refusal(i))
  }),
)
await measured(
  'open and seal a recording',
  100,
  async () => {
    for (let i = 0; i < 100; i++) await recording({}, () => {})
  },
  'time',
)

const lines = Number(values.lines)
const dir = await recording({}, (journal) => {
  for (let i = 0; i < lines; i++) journal.append(line(i))
})
const megabytes = statSync(join(dir, 'journal.jsonl')).size / 1e6
const rssBefore = process.resourceUsage().maxRSS
await measured(`verify ${megabytes.toFixed(0)} MB`, lines, () => verifyJournal(dir))
await measured('read back, checked', lines, async () => {
  for await (const _ of readJournal(dir));
})
console.log(
  `peak memory before verifying ${rssBefore >> 10} MB, after ${process.resourceUsage().maxRSS >> 10} MB`,
)
rmSync(root, { recursive: true })
