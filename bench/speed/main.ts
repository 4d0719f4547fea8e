// How long an investigation takes beside what JSON.parse alone needs for the same files.
//
//   npx tsx bench/speed/main.ts [--rows 1000000] [--pairs 1]
//
// Rows are EVE lines and tool-call spans each, host-keyed. The two are run in turn, each in a process of its own and
// timed from when it has started; medians are printed, elapsed and as processor time of all threads, and the load of
// the machine. Run `npm run build` before: the built program is what is timed.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generate } from './generate.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, pairs: { type: 'string', default: '1' } },
})
const rows = Number(values.rows)
const folder = mkdtempSync(join(tmpdir(), 'vigiles-speed-'))
try {
  const { eve, otlp } = generate(folder, rows, rows, Math.max(10, Math.round(rows / 500)), 5)
  const bytes = statSync(eve).size + statSync(otlp).size
  const baseline: Spent[] = []
  const ours: Timed[] = []
  const load: number[] = []
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    load.push(loadavg()[0]!)
    baseline.push(
      JSON.parse(node(['--import', 'tsx', join(root, 'bench/speed/baseline.ts'), eve, otlp])) as Spent,
    )
    const out = join(folder, `case-${pair}`)
    const timed = join(root, 'bench/speed/timed.mjs')
    ours.push(JSON.parse(node([timed, out, eve, otlp, join(folder, 'topology.json')])) as Timed)
    rmSync(out, { recursive: true, force: true })
  }
  load.push(loadavg()[0]!)
  const starts = Array.from({ length: 20 }, () =>
    seconds(() => node([join(root, 'dist/cli/main.js'), '--help'])),
  )
  console.log(`${rows} EVE lines and ${rows} spans, ${(bytes / 1e6).toFixed(0)} MB; ${values.pairs} pair(s)`)
  console.log(
    `load of the machine before each pair and after the last: ${load.map((l) => l.toFixed(1)).join(', ')}`,
  )
  for (const what of ['seconds', 'processor'] as const) {
    const [peer, own] = [median(baseline.map((b) => b[what])), median(ours.map((o) => o[what]))]
    const kind = what === 'seconds' ? 'elapsed' : 'processor'
    console.log(
      `${kind.padEnd(10)} JSON.parse per line ${peer.toFixed(2)} s, investigate ${own.toFixed(2)} s: ${(own / peer).toFixed(1)} ×`,
    )
  }
  console.log(`peak memory ${Math.max(...ours.map(({ rssMb }) => rssMb))} MB`)
  for (const stage of Object.keys(ours[0]!.stages))
    console.log(`  ${stage.padEnd(12)} ${median(ours.map(({ stages }) => stages[stage]!)).toFixed(2)} s`)
  console.log(`vigiles --help             ${(1000 * median(starts)).toFixed(0)} ms (median of 20 processes)`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

interface Spent {
  readonly seconds: number
  /** Seconds of user and system time, all threads. */
  readonly processor: number
}

interface Timed extends Spent {
  readonly stages: Readonly<Record<string, number>>
  readonly rssMb: number
}

function node(args: string[]): string {
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('build first: npm run build')
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: root,
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function seconds(act: () => void): number {
  const began = performance.now()
  act()
  return (performance.now() - began) / 1000
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
