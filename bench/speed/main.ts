// How long an investigation takes beside what JSON.parse alone needs for the same files.
//
//   npx tsx bench/speed/main.ts [--rows 1000000] [--pairs 1]
//
// Rows are EVE lines and tool-call spans each, host-keyed. The two are run in turn; medians and their ratio are
// printed. Run `npm run build` before: the built program is what is timed.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
  const baseline: number[] = []
  const ours: number[] = []
  let stages: Record<string, number> = {}
  let rss = 0
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    baseline.push(seconds(() => node(['--import', 'tsx', join(root, 'bench/speed/baseline.ts'), eve, otlp])))
    ours.push(
      seconds(() => {
        const out = node([
          join(root, 'bench/speed/timed.mjs'),
          join(folder, `case-${pair}`),
          eve,
          otlp,
          join(folder, 'topology.json'),
        ])
        const timed = JSON.parse(out) as { stages: Record<string, number>; rssMb: number }
        stages = timed.stages
        rss = Math.max(rss, timed.rssMb)
      }),
    )
  }
  const starts = Array.from({ length: 20 }, () =>
    seconds(() => node([join(root, 'dist/cli/main.js'), '--help'])),
  )
  console.log(`${rows} EVE lines and ${rows} spans, ${(bytes / 1e6).toFixed(0)} MB; ${values.pairs} pair(s)`)
  console.log(`JSON.parse per line alone  ${median(baseline).toFixed(2)} s`)
  console.log(
    `vigiles investigate        ${median(ours).toFixed(2)} s, ${(median(ours) / median(baseline)).toFixed(1)} × ; peak memory ${rss} MB`,
  )
  for (const [stage, s] of Object.entries(stages)) console.log(`  ${stage.padEnd(12)} ${s.toFixed(2)} s`)
  console.log(`vigiles --help             ${(1000 * median(starts)).toFixed(0)} ms (median of 20 processes)`)
} finally {
  rmSync(folder, { recursive: true, force: true })
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
