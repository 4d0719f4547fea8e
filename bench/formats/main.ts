// How well the same incident is told in other formats:
//   npx tsx bench/formats/main.ts RUN_DIR... [--only a,b] [--json] [--keep DIR]
//
// A run of the lab (tools/lab.ts, or a recorded one) is written again in each pairing's formats, investigated, and
// scored by what the kernel knew. Several runs are pooled.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readFacts } from './facts.ts'
import { type Measured, measure, pooled } from './measure.ts'
import { pairings } from './pairings.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false }, keep: { type: 'string' } },
})
if (positionals.length === 0) {
  console.error(
    'Which run? npx tsx bench/formats/main.ts RUN_DIR... (npx tsx tools/lab.ts --seed 1 --out DIR makes one)',
  )
  process.exit(2)
}
const wanted = values.only?.split(',')
const chosen = pairings.filter(({ name }) => !wanted || wanted.some((word) => name.includes(word)))
const runs = positionals.map(readFacts)
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'vigiles-formats-'))
const results: Measured[] = []
try {
  if (!values.json) console.log(head())
  for (const pairing of chosen) {
    const own: Measured[] = []
    for (const [i, facts] of runs.entries()) {
      const dir = join(root, `${pairing.name.replace(/[^\w.+-]+/g, '_')}-${i}`)
      own.push(await measure(facts, pairing, dir))
      if (!values.keep) rmSync(dir, { recursive: true, force: true })
    }
    const row = pooled(pairing.name, own)
    results.push(row)
    if (!values.json) console.log(line(row))
  }
} finally {
  if (!values.keep) rmSync(root, { recursive: true, force: true })
}
if (values.json) console.log(JSON.stringify({ runs: positionals.length, results }, null, 2))

function head(): string {
  return [
    '| network · place · agents | events | top-1 | p ≥ 0.9 right (of) | ECE | Brier | attributed | nearest start | clock found − true | time error | incidents of misdeeds | false | labels | rejects | s |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
  ].join('\n')
}

function line(m: Measured): string {
  const percent = (share: number | null) => (share === null ? '–' : `${(share * 100).toFixed(1)} %`)
  const cells = [
    m.name,
    m.events,
    percent(m.top1),
    `${percent(m.confidentPrecision)} (${m.confident})`,
    m.ece.toFixed(3),
    m.brier.toFixed(3),
    percent(m.attributedShare),
    percent(m.nearestStart),
    m.clockErrorMs === null ? 'not aligned' : `${m.clockErrorMs.toFixed(0)} ms`,
    m.timeErrorMs === null ? '–' : `${m.timeErrorMs.toFixed(0)} ms`,
    `${m.misdeedsFound}/${m.misdeeds}`,
    m.falseIncidents,
    m.labels,
    m.rejects,
    m.seconds.toFixed(1),
  ]
  return `| ${cells.join(' | ')} |`
}
