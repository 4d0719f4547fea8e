import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import type { ExportFinding } from '../exporters/api.ts'
import { indicatorsOf } from '../exporters/iocs-csv.ts'
import { fromDetectionFinding } from '../exporters/ocsf.ts'
import { stixBundle } from '../exporters/stix.ts'
import { timesketchLines } from '../exporters/timesketch.ts'
import { attributionLines, findingLines, readSummary, toolCallLines } from '../pipeline/read-case.ts'
import type { AttributionLine } from '../schema/summary.ts'

const formats = ['timesketch', 'ocsf', 'csv', 'stix'] as const
const help = `vigiles export DIR --format ${formats.join('|')}

Writes what an investigation found to standard output, for other tools.

  timesketch   JSONL of events, calls and findings for a Timesketch timeline
  ocsf         findings as OCSF Detection Findings, JSONL (findings.jsonl)
  csv          indicators of compromise (iocs.csv)
  stix         indicators, what was observed and ATT&CK techniques as a STIX 2.1 bundle
`

/** `vigiles export`: resolves to the exit code. */
export async function exportCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { format: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [folder] = positionals
  const format = formats.find((known) => known === values.format)
  if (folder === undefined || format === undefined) {
    throw new OperatorError('usage', {
      what:
        folder === undefined ? 'export wants DIR.' : `export wants --format, one of ${formats.join(', ')}.`,
      fix: 'For example: vigiles export case-1 --format timesketch > timeline.jsonl',
    })
  }
  readSummary(folder)
  if (format === 'timesketch') {
    const rows = timesketchLines({
      attributions: attributionLines(folder),
      toolCalls: toolCallLines(folder),
      findings: exportFindings(folder),
    })
    for (const row of rows)
      if (!process.stdout.write(`${row}\n`)) await new Promise((r) => process.stdout.once('drain', r))
    return exitCodes.ok
  }
  if (format === 'stix') {
    process.stdout.write(`${JSON.stringify(stixOf(folder), null, 2)}\n`)
    return exitCodes.ok
  }
  const path = join(folder, format === 'ocsf' ? 'findings.jsonl' : 'iocs.csv')
  if (!existsSync(path)) {
    throw new OperatorError('usage', { what: `${path} is missing.`, fix: 'Run the investigation again.' })
  }
  await pipeline(createReadStream(path), process.stdout, { end: false })
  return exitCodes.ok
}

function* exportFindings(folder: string): Generator<ExportFinding> {
  for (const line of findingLines(folder)) yield fromDetectionFinding(line)
}

function stixOf(folder: string) {
  const findings = [...exportFindings(folder)]
  const wanted = new Set(findings.flatMap(({ eventUids }) => eventUids))
  const events = new Map<string, AttributionLine['event']>()
  for (const { event } of attributionLines(folder)) if (wanted.has(event.uid)) events.set(event.uid, event)
  const indicators = indicatorsOf(findings, (uid) => events.get(uid))
  return stixBundle(indicators, findings, (bytes) => createHash('sha1').update(bytes).digest())
}
