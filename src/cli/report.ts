import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import { investigate } from '../pipeline/investigate.ts'
import { writeWhole } from '../pipeline/line-writer.ts'
import { quietProgress } from '../pipeline/progress.ts'

const help = `vigiles report DIR [--out FILE]

Writes the report of a recording: one file that works offline, the same that vigiles investigate makes of it. DIR is the
folder of a recording; that of a run that goes on is reported as far as it went.

  --out FILE   where to (default: DIR/report.html)
  --quiet      say only what went wrong
`

/** `vigiles report`: resolves to the exit code. */
export async function reportCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [dir, extra] = positionals
  if (dir === undefined || extra !== undefined) {
    throw new OperatorError('usage', {
      what: 'report wants one DIR.',
      fix: 'For example: vigiles report runs/1',
    })
  }
  checkRecording(dir)
  const out = resolve(values.out ?? join(dir, 'report.html'))
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-report-'))
  try {
    const { summary } = await investigate({
      paths: [dir],
      out: folder,
      zones: [],
      controls: [],
      progress: quietProgress,
    })
    writeWhole(out, readFileSync(join(folder, 'report.html'), 'utf8'))
    if (!values.quiet) process.stdout.write(`${plain(summary.verdict, 600)}\nreport: ${plain(out, 400)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return exitCodes.ok
}

function checkRecording(dir: string): void {
  if (existsSync(join(dir, 'journal.jsonl'))) return
  const investigated = existsSync(join(dir, 'summary.json'))
  throw new OperatorError('usage', {
    what: `${plain(dir, 200)} is no recording: it has no journal.jsonl.`,
    ...(investigated && { why: 'It is the folder of an investigation, which has its report.html already.' }),
    fix: investigated
      ? `Open ${plain(join(dir, 'report.html'), 200)}.`
      : 'Give the folder that vigiles run printed; for logs and traces there is vigiles investigate.',
  })
}
