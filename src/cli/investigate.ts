import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import { counted } from '../exporters/words.ts'
import { parseZoneRule } from '../pipeline/clock-domains.ts'
import { investigate } from '../pipeline/investigate.ts'
import { parseMoment, parseWindow } from '../pipeline/moments.ts'
import { quietProgress, TerminalProgress } from '../pipeline/progress.ts'
import { isGrave } from '../pipeline/verdict.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { Summary } from '../schema/summary.ts'

const help = `vigiles investigate PATH... --out DIR

Joins firewall, flow and DNS logs with agents' traces and says which tool call, episode and training step
caused each event, how sure that is, what kind of behaviour it was and what else it could have been.

PATH is any mix of files and folders, also gzip, zstd and UTF-16. Formats are recognised by their content.

  --out DIR              where to write (made if needed)
  --topology FILE        which sandbox was behind which address: JSON or YAML
  --tz GLOB=ZONE         the zone of naive times in files that match, e.g. 'kernel*=Asia/Shanghai'; repeatable
  --control START/END    a window in which no agent ran (sharpens the background); repeatable
  --since TIME           leave out events before this time
  --until TIME           leave out events from this time on
  --fail-on SEVERITY     exit with 1 when a finding is at least this severe:
                         ${severities.join(', ')}
  --json                 print the summary as JSON
  --quiet                no progress and no text

Exit code: 0 it ran, 1 --fail-on was met, 2 what was given can't be used, 3 the machine lacks something, 70 our bug.
`

const notesShown = 8

/** `vigiles investigate`: resolves to the exit code. */
export async function investigateCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      topology: { type: 'string' },
      tz: { type: 'string', multiple: true, default: [] },
      control: { type: 'string', multiple: true, default: [] },
      since: { type: 'string' },
      until: { type: 'string' },
      'fail-on': { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  if (positionals.length === 0) {
    throw new OperatorError('usage', {
      what: 'Nothing to investigate was given.',
      fix: 'vigiles investigate LOGS TRACES --out DIR (see --help)',
    })
  }
  if (values.out === undefined) {
    throw new OperatorError('usage', {
      what: '--out DIR is missing: where should the results go?',
      fix: 'For example: --out case-1',
    })
  }
  const failOn = values['fail-on'] === undefined ? undefined : parseSeverity(values['fail-on'])
  const { summary, usable } = await investigate({
    paths: positionals,
    out: values.out,
    ...(values.topology === undefined ? {} : { topology: values.topology }),
    zones: values.tz.map(parseZoneRule),
    controls: values.control.map((text) => parseWindow('--control', text)),
    ...(values.since === undefined ? {} : { sinceUs: parseMoment('--since', values.since) }),
    ...(values.until === undefined ? {} : { untilUs: parseMoment('--until', values.until) }),
    progress: values.quiet
      ? quietProgress
      : new TerminalProgress(
          (text) => process.stderr.write(text),
          process.stderr.isTTY === true,
          () => performance.now(),
        ),
  })
  if (values.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
  if (!usable) {
    const notes = summary.notes.slice(0, notesShown).map((note) => plain(note, 400))
    process.stderr.write(`${['Nothing in what was given could be used.', ...notes].join('\n')}\n`)
    return exitCodes.usage
  }
  if (!values.json && !values.quiet) process.stdout.write(summaryText(summary, values.out))
  return failOn !== undefined && reaches(summary, failOn) ? exitCodes.failOn : exitCodes.ok
}

function parseSeverity(text: string): Severity {
  const severity = severities.find((known) => known === text.toLowerCase())
  if (severity === undefined) {
    throw new OperatorError('usage', {
      what: `--fail-on: there is no severity ${JSON.stringify(text)}`,
      fix: `One of ${severities.join(', ')}.`,
    })
  }
  return severity
}

function reaches(summary: Summary, severity: Severity): boolean {
  return severities.slice(severities.indexOf(severity)).some((known) => summary.findings[known] > 0)
}

/** What a person reads on the terminal. */
export function summaryText(summary: Summary, out: string): string {
  const { attribution } = summary
  const lines = ['', plain(summary.verdict, 600), '']
  for (const incident of summary.incidents.slice(0, 8)) {
    const where = incident.firstStep === null ? '' : `, first at step ${incident.firstStep}`
    lines.push(`  ${incident.severity.toUpperCase().padEnd(9)}${plain(incident.title, 150)}${where}`)
    const [action] = incident.actions
    if (action && isGrave(incident.severity)) lines.push(`           do now: ${plain(action.do, 140)}`)
  }
  if (summary.incidents.length > 8)
    lines.push(`  … and ${counted(summary.incidents.length - 8, 'more incident')}`)
  if (summary.incidents.length > 0) lines.push('')
  const judged = attribution.events > 0 && summary.inputs.some(({ toolCalls }) => toolCalls > 0)
  if (judged) {
    lines.push(
      `  events      ${attribution.events}: ${attribution.attributed} attributed (p ≥ 0.9), ${attribution.likely} likely (p ≥ 0.5), ${attribution.notAttributable} not attributable`,
      `  chance      of ${attribution.coincidencesOf} alarmed connections, ${attribution.coincidences} fall into a call of their address; by chance alone ${attribution.expectedByChance} would`,
    )
  }
  for (const { name, verdict, text } of summary.hypotheses) {
    if (judged) lines.push(`  ${verdict.padEnd(11)} ${name}: ${plain(text, 180)}`)
  }
  const astray = summary.clocks.filter(({ aligned }) => !aligned)
  const shown = astray.length > 4 ? summary.clocks.filter(({ aligned }) => aligned) : summary.clocks
  if (astray.length > 4)
    lines.push(`  clock       ${astray.length} clocks could not be aligned and are taken as they are`)
  for (const clock of shown) {
    lines.push(
      clock.aligned && clock.offsetMs === 0
        ? `  clock       ${plain(clock.domain, 60)}: ${plain(clock.note, 140)}`
        : clock.aligned
          ? `  clock       ${plain(clock.domain, 60)} is ${(Math.abs(clock.offsetMs) / 1000).toFixed(3)} s ${clock.offsetMs < 0 ? 'behind' : 'ahead of'} the traces (± ${(clock.sdMs / 1000).toFixed(3)} s)`
          : `  clock       ${plain(clock.domain, 60)} could not be aligned: ${plain(clock.note, 140)}`,
    )
  }
  const unread = summary.inputs.reduce((sum, { rejected }) => sum + rejected, 0)
  if (unread > 0) lines.push(`  unread      ${unread} records, each kept in rejects.jsonl`)
  for (const note of summary.notes.slice(0, notesShown)) lines.push(`  note        ${plain(note, 400)}`)
  const unsaid = summary.notes.length - notesShown
  if (unsaid > 0) lines.push(`  note        … and ${unsaid} more in summary.json`)
  lines.push('', `  report      ${plain(out, 400).replace(/\/$/, '')}/report.html`, '')
  return lines.join('\n')
}
