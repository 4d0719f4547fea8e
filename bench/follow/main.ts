// npm run bench -- follow [--rate 2000] [--seconds 60] [--boxes 500]: alarm in, ranked answer out.
//
// Half of the alarms are appended to a file, a quarter each comes by syslog over TCP and UDP; calls come as spans by
// OTLP/HTTP when they have ended. One process follows them; this one makes them, in real time, and knows the truth.

import { fork, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { eveLine, spansOf, Traffic, topologyOf } from './traffic.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    warm: { type: 'string', default: '20' },
    boxes: { type: 'string', default: '500' },
    'per-call': { type: 'string', default: '8' },
    core: { type: 'boolean', default: true },
    urgent: { type: 'boolean', default: false },
  },
  allowNegative: true,
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const warm = Number(values.warm)
const boxes = Number(values.boxes)
const folder = mkdtempSync(join(tmpdir(), 'vigiles-follow-'))
const built = build()
const logs = join(folder, 'logs')
mkdirSync(logs)
writeFileSync(join(logs, 'topology.json'), topologyOf(boxes))
const eve = join(logs, 'eve.json')
writeFileSync(eve, '')

interface Sent {
  readonly at: number
  readonly cause: string | undefined
  first?: number
  right?: number
  by?: string
  last?: string | null
}
/** Alarms by way and line. */
const sent = { file: new Map<number, Sent>(), tcp: new Map<number, Sent>(), udp: new Map<number, Sent>() }
const spanAt = new Map<string, number>()
const costs: { cpuMs: number; rss: number; lagMs: number; at: number }[] = []
const fits: { ms: number; events: number; calls: number }[] = []

const child = fork(fileURLToPath(new URL('watched.ts', import.meta.url)), {
  execArgv: [
    '--import',
    'tsx',
    ...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir', process.env.PROF] : []),
  ],
})
const pinned = values.core && spawnSync('taskset', ['-acp', '0', String(child.pid)]).status === 0
// On a machine that others work on, what is measured would be them.
if (values.urgent) for (const pid of [child.pid, process.pid]) writeFileSync(`/proc/${pid}/autogroup`, '-15')
const listening = await new Promise<{ syslog: { tcp: string }; otlp: string }>((resolve) => {
  // biome-ignore lint/suspicious/noExplicitAny: messages of our own process, of several kinds
  child.on('message', (said: any) => {
    if (said.listening) resolve(said.listening)
    else if (said.answers) for (const row of said.answers) note(row, said.at)
    else if (said.cost) costs.push(said.cost)
    else if (said.fit) fits.push(said.fit)
    else if (said.problem) console.error(said.problem)
    else if (said.status)
      console.log(JSON.stringify({ evicted: said.status.evicted, received: said.status.received }))
  })
  child.send({ paths: [logs], state: join(folder, 'state'), from: built })
})

function note([file, line, , call, by]: [string, number, number, string | null, string], at: number): void {
  const way = file.includes('fw-tcp') ? sent.tcp : file.includes('fw-udp') ? sent.udp : sent.file
  const one = way.get(line)
  if (!one) return
  one.first ??= at
  one.last = call
  if (one.cause !== undefined && call === one.cause && one.right === undefined) {
    one.right = at
    one.by = by
  }
}

const port = Number(listening.syslog.tcp.split(':')[1])
const tcp = connect(port, '127.0.0.1')
const udp = createSocket('udp4')
const traffic = new Traffic({
  boxes,
  eventsPerSecond: rate,
  perCall: Number(values['per-call']),
  background: 0.1,
  seed: 7,
})
const began = Date.now()
let refused = 0
let until = began
let n = 0
const lines = { file: 0, tcp: 0, udp: 0 }
const stepMs = 20
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const now = Date.now()
    const { events, calls } = traffic.between(until, now)
    until = now
    const out = { file: '', tcp: '' }
    for (const event of events) {
      const way = n % 4 < 2 ? 'file' : n % 4 === 2 ? 'tcp' : 'udp'
      const line = eveLine(event, n++)
      sent[way].set(++lines[way], { at: Date.now(), cause: event.cause })
      if (way === 'file') out.file += `${line}\n`
      else {
        const text = `<134>1 ${new Date().toISOString()} fw-${way} suricata 812 - - ${line}`
        if (way === 'tcp') out.tcp += `${Buffer.byteLength(text)} ${text}`
        else udp.send(text, port, '127.0.0.1')
      }
    }
    if (out.file !== '') appendFileSync(eve, out.file)
    if (out.tcp !== '') tcp.write(out.tcp)
    if (calls.length > 0) {
      for (const { id } of calls) spanAt.set(id, Date.now())
      fetch(`http://${listening.otlp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: spansOf(calls),
      })
        .then((response) => response.body?.cancel())
        .catch(() => {
          refused++
        })
    }
    if (now - began > (warm + seconds) * 1000) {
      clearInterval(timer)
      resolve()
    }
  }, stepMs)
})
const measuredUntil = Date.now() - 4_000
const costAtEnd = [...costs]
await new Promise((resolve) => setTimeout(resolve, 6_000))
child.send('end')
await new Promise((resolve) => child.once('exit', resolve))
tcp.destroy()
udp.close()

const from = began + warm * 1000
const first: number[] = []
const right: number[] = []
const byFit: number[] = []
let unanswered = 0
let caused = 0
let named = 0
let lastNamed = 0
for (const one of [...sent.file.values(), ...sent.tcp.values(), ...sent.udp.values()]) {
  if (one.at < from || one.at > measuredUntil) continue
  if (one.first === undefined) {
    unanswered++
    continue
  }
  first.push(one.first - one.at)
  if (one.cause === undefined) continue
  const told = spanAt.get(one.cause)
  if (told === undefined || told > measuredUntil) continue
  caused++
  if (one.last === one.cause) lastNamed++
  if (one.right === undefined) continue
  named++
  const waited = Math.max(0, one.right - Math.max(one.at, told))
  if (one.by === 'fit') byFit.push(waited)
  else right.push(waited)
}
const at = (list: number[], share: number) =>
  list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(share * list.length))] ?? Number.NaN
const inTime = costAtEnd.filter(({ at: when }) => when >= from)
const cpu =
  inTime.length > 1
    ? (inTime.at(-1)!.cpuMs - inTime[0]!.cpuMs) / (inTime.at(-1)!.at - inTime[0]!.at)
    : Number.NaN
const spans = (list: number[]) =>
  `p50 ${at(list, 0.5)} ms, p90 ${at(list, 0.9)} ms, p99 ${at(list, 0.99)} ms, most ${at(list, 1)} ms (${list.length})`
console.log(
  `${rate} alarms a second for ${seconds} s after ${warm} s of warming up; ${boxes} sandboxes, ${Math.round((rate * 0.9) / Number(values['per-call']))} calls a second`,
)
console.log(
  `machine: ${cpus()[0]?.model ?? '?'}, ${availableParallelism()} cores; the followed process ${pinned ? 'on one of them' : 'not pinned'}${values.urgent ? ', before other programs' : ''}; load ${loadavg()[0]?.toFixed(1)}`,
)
console.log(`alarm → first answer              ${spans(first)}; ${unanswered} without`)
console.log(`last needed record → right answer, by the last fit ${spans(right)}`)
console.log(`the same where only the next fit named it           ${spans(byFit)}`)
console.log(
  `of ${caused} alarms that a call caused, the call was named in ${((100 * named) / caused).toFixed(1)} %, and at last in ${((100 * lastNamed) / caused).toFixed(1)} %`,
)
console.log(
  `processor: ${(100 * cpu).toFixed(0)} % of one core; memory ${Math.round(Math.max(...costs.map(({ rss }) => rss)) / 1e6)} MB; longest wait of its loop ${Math.round(Math.max(...inTime.map(({ lagMs }) => lagMs)))} ms`,
)
console.log(`requests that were refused or failed: ${refused}`)
console.log(
  `fits: ${fits.length}, the last over ${fits.at(-1)?.events} events and ${fits.at(-1)?.calls} calls in ${Math.round(fits.at(-1)?.ms ?? 0)} ms`,
)
rmSync(folder, { recursive: true, force: true })

/** The program as users run it: a loader would be measured too. */
function build(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const out = join(root, 'node_modules', '.cache', 'bench-follow')
  const args = ['-p', 'tsconfig.build.json', '--outDir', out, '--incremental', 'false']
  const { status } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), args, {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) console.error('it does not build cleanly; what came of it is measured')
  return pathToFileURL(join(out, 'pipeline', 'follow', 'open-follow.js')).href
}
