// What the sandbox costs, beside srt (@anthropic-ai/sandbox-runtime), a bare relay and nothing at all; as root, on Linux:
//
//   npm run bench -- sandbox [--only cold,exec,connections,bulk,attribution,freeze] [--reps 3] [--runs 10]
//                            [--connections 3000] [--megabytes 1000] [--freezes 60] [--srt FOLDER] [--keep]
//
// The sides take turns, each repetition anew; medians over the repetitions are printed. Everything runs on this machine: the
// client inside, the far end, and what carries the bytes share its cores. docs/sandbox-speed.md says what differs.

import { rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { addresses } from '../../src/sandboxes/rules.ts'
import { attribute, type Tally } from './attribution.ts'
import { type ColdKind, coldOnce } from './cold.ts'
import { median, ms, quantile, table, whole } from './figures.ts'
import { type Frozen, freezeOnce, type HostileKind } from './freeze.ts'
import { prepare } from './place.ts'
import { type Place, type SideName, sideNames } from './side.ts'
import { startServer, startWorker, type Worker } from './workers.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'cold,exec,connections,bulk,attribution,freeze' },
    reps: { type: 'string', default: '3' },
    runs: { type: 'string', default: '10' },
    connections: { type: 'string', default: '3000' },
    megabytes: { type: 'string', default: '1000' },
    freezes: { type: 'string', default: '60' },
    attempts: { type: 'string', default: '100' },
    sides: { type: 'string', default: sideNames.join() },
    srt: { type: 'string' },
    keep: { type: 'boolean', default: false },
    kinds: { type: 'string', default: 'tcp,http' },
    prof: { type: 'string' },
  },
})
const wanted = new Set(values.only.split(','))
const reps = Number(values.reps)
const sides = sideNames.filter((side) => values.sides.split(',').includes(side))
const rows: string[][] = [['figure', 'direct', 'bare relay', 'srt', 'vigiles', 'vigiles is']]
const loadBefore = loadavg()
const { folder, place: bare, versions } = prepare(values.srt)
const server = await startServer(bare, 5)
const place: Place = { ...bare, ports: server.ports }
const [port = 0] = place.ports
const workers = new Map<SideName, Worker>()
try {
  if (wanted.has('cold')) cold()
  if (['exec', 'connections', 'bulk', 'attribution'].some((one) => wanted.has(one))) {
    for (const side of sides) {
      const worker = startWorker(
        side,
        place,
        values.prof !== undefined ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : [],
      )
      workers.set(side, worker)
      await worker.ask({ do: 'open' })
    }
    if (wanted.has('exec')) await exec()
    if (wanted.has('connections')) await connections()
    if (wanted.has('bulk')) await bulk()
    if (wanted.has('attribution')) await attribution()
    for (const worker of workers.values()) {
      await worker.ask({ do: 'close' })
      await worker.end()
    }
  }
  if (wanted.has('freeze')) await freezes()
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const load = (list: readonly number[]) => list.map((one) => one.toFixed(2)).join(' ')
  console.log(
    `\n${new Date().toISOString()}; ${cpus()[0]?.model}, ${cpus().length} cores; ${said.join(', ')}`,
  )
  console.log(`load before ${load(loadBefore)}, after ${load(loadavg())}; medians of ${reps} repetitions\n`)
  console.log(table(rows))
} finally {
  for (const worker of workers.values()) await worker.end()
  await server.end()
  if (values.keep) console.log(folder)
  else rmSync(folder, { recursive: true, force: true })
}

type Cells = Partial<Record<SideName, string>>

function row(figure: string, cells: Cells, verdict: string): void {
  rows.push([figure, ...sideNames.map((side) => cells[side] ?? '–'), verdict])
  console.error(
    `${figure}: ${sideNames.map((side) => `${side} ${cells[side] ?? '–'}`).join(', ')} ${verdict}`,
  )
}

function times(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined ? '' : `${(one / other).toFixed(1)} ×`
}

function percent(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined ? '' : `${Math.round((100 * one) / other)} %`
}

function cold(): void {
  const kinds: ColdKind[] = ['node', 'srt', 'ours', 'library', 'library-again']
  const measured = new Map<ColdKind, number[]>(kinds.map((kind) => [kind, []]))
  const runs = Number(values.runs)
  for (let i = 0; i < reps * runs; i++) {
    for (const kind of kinds) {
      // The last one does several at once.
      if (kind === 'library-again' && i % 5 !== 0) continue
      measured.get(kind)?.push(...coldOnce(kind, place))
    }
  }
  const said = (kind: ColdKind) => {
    const list = measured.get(kind) ?? []
    return `${ms(median(list))} (p99 ${ms(quantile(list, 0.99))}, n ${list.length})`
  }
  const ratio = `${times(median(measured.get('srt') ?? []), median(measured.get('ours') ?? []))} faster than srt`
  row(
    'cold `run -- /bin/true`, p50',
    { direct: `node -e 0: ${said('node')}`, srt: said('srt'), ours: said('ours') },
    ratio,
  )
  row('cold from the library, first in a process', { ours: said('library') }, '')
  row('cold from the library, later ones', { ours: said('library-again') }, '')
}

async function exec(): Promise<void> {
  const measured = new Map<SideName, number[]>()
  for (let rep = 0; rep < reps; rep++) {
    for (const side of ['direct', 'srt', 'ours'] as const) {
      const list = await workers.get(side)?.ask({ do: 'times', count: 5 * Number(values.runs) })
      if (list) measured.set(side, [...(measured.get(side) ?? []), ...list])
    }
  }
  const cells: Cells = {}
  for (const [side, list] of measured)
    cells[side] = `${ms(median(list))} (p99 ${ms(quantile(list, 0.99))}, n ${list.length})`
  row(
    'exec in an open sandbox (`true`), p50',
    cells,
    `${times(median(measured.get('srt') ?? []), median(measured.get('ours') ?? []))} faster than srt`,
  )
}

interface Rates {
  readonly ok: number
  readonly errors: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Processor time of the side's process, a connection. */
  readonly processorUs: number
}

async function connections(): Promise<void> {
  for (const kind of values.kinds.split(',')) {
    // A gateway lives for hours: none is measured while its code is still being compiled.
    for (const side of sides) await rates(side, 32, side === 'srt' ? 300 : 2_000, kind)
    for (const lanes of [32, 1]) {
      const count = lanes === 1 ? Math.max(100, Number(values.connections) / 5) : Number(values.connections)
      const measured = new Map<SideName, Rates[]>()
      for (let rep = 0; rep < reps; rep++) {
        for (const side of sides) {
          const few = side === 'srt' ? Math.ceil(count / 3) : count
          measured.set(side, [...(measured.get(side) ?? []), await rates(side, lanes, few, kind)])
        }
      }
      const of = (side: SideName, key: keyof Rates) => {
        const list = measured.get(side)
        return list && median(list.map((one) => one[key]))
      }
      const cells = (say: (side: SideName) => string) =>
        Object.fromEntries([...measured.keys()].map((side) => [side, say(side)])) as Cells
      const what = kind === 'tcp' ? 'TCP question and answer' : 'HTTP request'
      if (lanes > 1) {
        row(
          `new connections a second, ${lanes} at once, ${what}`,
          cells((side) => whole(of(side, 'perSecond') ?? 0)),
          `${times(of('ours', 'perSecond'), of('srt', 'perSecond'))} srt, ${percent(of('ours', 'perSecond'), of('relay', 'perSecond'))} of the relay`,
        )
        row(
          '  p50 / p99',
          cells((side) => `${ms(of(side, 'p50') ?? 0)} / ${ms(of(side, 'p99') ?? 0)}`),
          `p99 ${times(of('ours', 'p99'), of('relay', 'p99'))} the relay's`,
        )
        row(
          '  processor time of its process a connection',
          cells((side) => `${whole(of(side, 'processorUs') ?? 0)} µs`),
          '',
        )
      } else {
        row(
          `new connection, one after the other, ${what}, p50`,
          cells((side) => `${ms(of(side, 'p50') ?? 0)} (p99 ${ms(of(side, 'p99') ?? 0)})`),
          `${times(of('srt', 'p50'), of('ours', 'p50'))} faster than srt`,
        )
      }
      const failed = [...measured].flatMap(([side, list]) => {
        const errors = list.reduce((sum, one) => sum + one.errors, 0)
        return errors === 0 ? [] : [`${errors} by ${side}`]
      })
      if (failed.length > 0) row('  failed connections', {}, failed.join(', '))
    }
  }
}

async function rates(side: SideName, lanes: number, count: number, kind: string): Promise<Rates> {
  const worker = workers.get(side)!
  const before = await worker.ask({ do: 'processor' })
  const command = `python3 client.py rates ${place.host} ${port} ${lanes} ${count} ${kind}`
  const { stdout, stderr } = await worker.ask({ do: 'exec', command })
  const after = await worker.ask({ do: 'processor' })
  if (stdout === '') throw new Error(`${side}: ${stderr}`)
  return { ...(JSON.parse(stdout) as Rates), processorUs: ((after - before) * 1000) / count }
}

async function bulk(): Promise<void> {
  const bytes = Number(values.megabytes) * 1e6
  for (const way of ['out', 'in']) {
    const measured = new Map<SideName, number[]>()
    const short: string[] = []
    for (let rep = 0; rep < reps; rep++) {
      for (const side of sides) {
        const some = side === 'srt' ? bytes / 4 : bytes
        const command = `python3 client.py bulk ${place.host} ${port} ${some} ${way}`
        const { stdout, stderr } = await workers.get(side)!.ask({ do: 'exec', command })
        if (stdout === '') throw new Error(`${side}: ${stderr}`)
        const got = JSON.parse(stdout) as { bytes: number; seconds: number }
        if (got.bytes !== some) short.push(`${side}: ${some - got.bytes} bytes of ${some} never came`)
        measured.set(side, [...(measured.get(side) ?? []), got.bytes / 1e6 / got.seconds])
      }
    }
    const of = (side: SideName) => {
      const list = measured.get(side)
      return list && median(list)
    }
    const cells = Object.fromEntries(
      [...measured.keys()].map((side) => [side, `${whole(of(side) ?? 0)} MB/s`]),
    )
    row(
      `bulk, ${way === 'out' ? 'out of' : 'into'} the sandbox, ${whole(bytes / 1e6)} MB`,
      cells,
      `${percent(of('ours'), of('relay'))} of the relay, ${times(of('ours'), of('srt'))} srt`,
    )
    if (short.length > 0) row('  cut short', {}, short.join(', '))
  }
}

async function attribution(): Promise<void> {
  const cells: Cells = {}
  for (const side of ['srt', 'ours'] as const) {
    const worker = workers.get(side)
    if (!worker) continue
    const gateway = side === 'ours' ? addresses.gateway : 'none'
    const { made, recorded, right, wrong, failed }: Tally = await attribute(
      side,
      worker,
      place,
      Number(values.attempts),
      gateway,
    )
    cells[side] =
      `${recorded} of ${made}, ${right} right, ${wrong} wrong${failed > 0 ? `; ${failed} allowed ones got no answer` : ''}`
  }
  row('attempts recorded and rightly attributed, one of two calls forging', cells, '')
}

async function freezes(): Promise<void> {
  for (const kind of ['stratum', 'ssh'] as const satisfies readonly HostileKind[]) {
    const all: Frozen[] = []
    // The last port greets like an SSH server, the ones before it do not.
    const to = kind === 'ssh' ? place.ports.at(-1) : place.ports.at(-2)
    for (let n = 0; n < Number(values.freezes); n++)
      all.push(await freezeOnce(kind, place, server, to ?? 0, n))
    const said = (list: readonly number[]) =>
      list.length === 0
        ? 'never'
        : `p50 ${ms(median(list))}, p99 ${ms(quantile(list, 0.99))}, max ${ms(Math.max(...list))} (n ${list.length})`
    const what = kind === 'ssh' ? 'SSH banner' : 'stratum line'
    row(`${what}: sent → last instruction of the process`, { ours: said(all.map((one) => one.fromSend)) }, '')
    row(
      '  heard by the far end → last instruction',
      { ours: said(all.flatMap(({ fromHeard }) => fromHeard ?? [])) },
      '',
    )
    row('  in the recording: traffic line → freeze line', { ours: said(all.map((one) => one.recorded)) }, '')
    row('  `tookMs` of the response', { ours: said(all.map((one) => one.took)) }, '')
  }
}
