// How soon a page hears of a finding, and what following costs: npm run bench -- serve-live [--runs N] [--lines N]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Journal, openJournal } from '../../src/store/journal.ts'
import { type Feed, listen } from '../../test/serve/feed.ts'
import { type ServerProcess, startServer } from '../../test/serve/server-process.ts'

const { values } = parseArgs({
  options: {
    // Real sandboxes that mine, one after the other; 0 without root.
    real: { type: 'string', default: process.getuid?.() === 0 ? '5' : '0' },
    runs: { type: 'string', default: '50' },
    lines: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    finished: { type: 'string', default: '500' },
  },
})
const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bench-live-'))
const runsFolder = join(folder, 'xdg-state', 'vigiles', 'runs')
mkdirSync(runsFolder, { recursive: true })
print('machine', `${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`)

try {
  await finishedOnes(Number(values.finished))
  const started = await startServer(folder, ['--port', '0'])
  if (!('origin' in started)) throw new Error(started.err)
  const feed = await listen(started.origin, started.reader)
  try {
    await idle(started)
    await realRuns(started, feed, Number(values.real))
    await manyRuns(started, feed, Number(values.runs), Number(values.lines), Number(values.seconds))
  } finally {
    feed.close()
    await started.stop()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function finishedOnes(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const journal = openJournal({
      dir: join(runsFolder, `old-${i}`),
      version: '1',
      box: `old-${i}`,
      fsyncMs: 1_000,
    })
    for (let n = 0; n < 200; n++) journal.append(refusal(`old-${i}`, n))
    await journal.seal()
    await journal.close()
  }
}

async function idle(server: ServerProcess): Promise<void> {
  // Until everything that was there has been read.
  for (let before = -1_000; cpuMs(server.pid) - before > 500; await sleep(2_000)) before = cpuMs(server.pid)
  const before = cpuMs(server.pid)
  await sleep(10_000)
  print(
    `${values.finished} finished recordings, nobody does anything`,
    `${((cpuMs(server.pid) - before) / 100).toFixed(2)} % of a core`,
  )
  print('  memory', `${Math.round(residentMb(server.pid))} MB`)
}

async function realRuns(_: ServerProcess, feed: Feed, count: number): Promise<void> {
  if (count === 0) return
  const pool = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('{"id":1,"result":[[["mining.notify","1"]],"00",4],"error":null}\n'))
  })
  pool.listen(0, '127.0.0.1')
  await once(pool, 'listening')
  const { port } = pool.address() as AddressInfo
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, `version: 1\nallow:\n  - { host: 127.0.0.1, ports: [${port}], protocols: [any] }\n`)
  const work = join(folder, 'work')
  mkdirSync(work)
  const program = `import socket,time
s=socket.create_connection(("198.19.255.1",1080)); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
s.sendall(b"\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01"+(${port}).to_bytes(2,"big")); s.recv(10)
s.sendall(b'{"id":1,"method":"mining.subscribe","params":["bench/1"]}\\n')
time.sleep(2)`
  const delays: number[] = []
  for (let i = 0; i < count; i++) {
    const dir = join(runsFolder, `real-${i}`)
    const child = spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        cli,
        'run',
        '--quiet',
        '--policy',
        policy,
        '--record',
        dir,
        '--',
        'python3',
        '-c',
        program,
      ],
      { cwd: work, stdio: 'ignore' },
    )
    await once(child, 'exit')
    await sleep(1_500)
    delays.push(...delaysOf(feed, dir))
  }
  pool.close()
  print(
    `${count} real runs that mine: ${delays.length} findings, from their line to the page`,
    spread(delays),
  )
}

async function manyRuns(
  server: ServerProcess,
  feed: Feed,
  count: number,
  perSecond: number,
  seconds: number,
): Promise<void> {
  const journals: Journal[] = []
  for (let i = 0; i < count; i++)
    journals.push(
      openJournal({ dir: join(runsFolder, `many-${i}`), version: '1', box: `many-${i}`, fsyncMs: 1_000 }),
    )
  await sleep(2_000)
  const before = cpuMs(server.pid)
  const sentAt = performance.now()
  let written = 0
  let found = 0
  for (let tick = 0; tick < seconds * 50; tick++) {
    for (; written < (perSecond * (tick + 1)) / 50; written++)
      journals[written % count]!.append(refusal(`many-${written % count}`, written))
    if (tick % 5 === 0) {
      const n = found++ % count
      journals[n]!.append({
        class: 'detection_finding',
        box: `many-${n}`,
        finding: {
          uid: `f-${found}`,
          detection: 'mining.stratum',
          kind: 'mining',
          title: 'mined',
          severity: 'critical',
        },
      })
    }
    await sleep(Math.max(0, sentAt + (tick + 1) * 20 - performance.now()))
  }
  await sleep(2_000)
  const spent = cpuMs(server.pid) - before
  const delays = journals.flatMap((_, i) => delaysOf(feed, join(runsFolder, `many-${i}`)))
  print(
    `${count} live runs, ${perSecond} lines a second: ${delays.length} of ${found} findings, from their line to the page`,
    spread(delays),
  )
  print(
    '  processor time of the server',
    `${((spent * 1_000) / (written + found)).toFixed(0)} µs a line, ${((spent / (seconds + 2) / 1_000) * 100).toFixed(1)} % of a core`,
  )
  print('  memory', `${Math.round(residentMb(server.pid))} MB`)
  for (const journal of journals) await journal.close()
}

/** From the time of each finding's line to the arrival of what tells of it. Milliseconds. */
function delaysOf(feed: Feed, dir: string): number[] {
  const lines = readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const seen = new Set<string>()
  return lines.flatMap(({ class: kind, time, finding }) => {
    if (kind !== 'detection_finding' || seen.has(finding.uid)) return []
    seen.add(finding.uid)
    const told = feed.got.find(({ message }) => message.type === 'finding' && message.time === time)
    return told ? [told.at - Date.parse(time)] : []
  })
}

function refusal(box: string, n: number) {
  return {
    class: 'network_activity' as const,
    box,
    activity: 'refuse' as const,
    connection: `c-${n}`,
    srcEndpoint: { ip: '10.8.0.2', port: 40_000 + (n % 20_000) },
    dstEndpoint: { ip: '198.51.100.7', port: 443, hostname: `host-${n % 100}.example.com` },
    disposition: 'blocked' as const,
    policy: { rule: 'default', code: 'not-listed' as const },
    actor: {
      toolCall: `call-${n % 50}`,
      unit: 'unit-1',
      tier: 'identity' as const,
      process: {
        pid: 4_000 + (n % 1_000),
        name: 'curl',
        cmdLine: `curl -sS https://host-${n % 100}.example.com/path/${n}`,
      },
    },
  }
}

function spread(delays: readonly number[]): string {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (part: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN)
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`
}

/** User and system. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

function print(what: string, figure: string): void {
  console.log(`${what}: ${figure}`)
}
