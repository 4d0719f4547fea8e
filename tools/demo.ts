// npm run demo: the incident arises again in a closed range on this machine, and is investigated from its logs alone.
//
//   npm run demo [-- --seed N] [--serve [--port N]]

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, styleText } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { OperatorError } from '../src/base/errors.ts'
import { plain } from '../src/base/terminal.ts'
import { serveCommand } from '../src/cli/serve.ts'
import { canRunLab } from '../src/lab/can-run.ts'
import { readScore } from '../src/lab/read-score.ts'
import { runLab } from '../src/lab/run.ts'
import { type LabScore, nearestStart, type Score } from '../src/lab/score.ts'
import { alarmAnswer } from '../src/pipeline/case-answers.ts'
import { investigate } from '../src/pipeline/investigate.ts'
import { quietProgress } from '../src/pipeline/progress.ts'
import { attributionLines, toolCallLines } from '../src/pipeline/read-case.ts'
import type { AttributionLine, Summary, ToolCallLine } from '../src/schema/summary.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const home = join(root, 'vigiles-demo')
const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined
const paint = (style: Parameters<typeof styleText>[0], text: string) =>
  colour ? styleText(style, text) : text
const out = (text = '') => process.stdout.write(`${text}\n`)
const title = (text: string) => out(`\n${paint('bold', text)}`)

const { values } = parseArgs({
  options: { seed: { type: 'string' }, serve: { type: 'boolean' }, port: { type: 'string' } },
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const abort = new AbortController()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
for (const signal of signals) {
  process.once(signal, () => abort.abort(new Error(`stopped by ${signal}`)))
}

try {
  await demo()
  if (values.serve) process.exitCode = await watch()
} catch (error) {
  if (abort.signal.aborted) {
    process.stderr.write('\nStopped. This machine is as it was before.\n')
    process.exit(130)
  }
  process.stderr.write(`${error instanceof OperatorError ? error.toText() : String(error)}\n`)
  process.exitCode = error instanceof OperatorError ? error.exitCode : 70
}

async function demo(): Promise<void> {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  const run = join(home, 'run')
  const possible = canRunLab()
  if (possible.ok) {
    title('An incident arises')
    out(
      `Twelve agents at work in a closed network of this machine; some do what nobody asked for. Seed ${seed}.`,
    )
    await runLab({ seed, dir: run, signal: abort.signal, progress: (line) => out(paint('dim', `  ${line}`)) })
  } else {
    title('A recorded incident')
    out(`The closed network can't be opened here. ${possible.why} ${possible.fix}`)
    out('This is a recording of such a run, investigated now.')
    cpSync(join(root, 'fixtures/incidents/recorded-run'), run, { recursive: true })
  }
  abort.signal.throwIfAborted()
  // Nothing to undo from here on: ^C may end this process at once.
  for (const signal of signals) process.removeAllListeners(signal)

  const began = performance.now()
  const folder = join(home, 'case')
  const { summary } = await investigate(optionsFor([join(run, 'logs')], folder))
  const seconds = (performance.now() - began) / 1000
  const score = readScore(run, folder)

  showInvestigation(summary, seconds)
  await showAlarm(run, folder)
  showScore(score)
  showIncidents(summary)
  showExplanations(run, summary)

  const keyed = join(home, 'case-with-nat-log')
  await investigate(optionsFor([join(run, 'logs'), join(run, 'nat')], keyed))
  // The gateway's own lines stand in that case too; what it adds shows on the firewall's.
  const exact = readScore(run, keyed, ({ file }) => file.startsWith('firewall/'))
  title('One more log')
  out(
    `With the NAT gateway's own log beside them (${named('nat')}), the box of every connection is exact: ` +
      `${share(exact.all.top1)} of the firewall's ${exact.all.events} lines right instead of ${share(score.all.top1)} of ${score.all.events}.`,
  )
  title('The report')
  out(`  ${relative(process.cwd(), join(folder, 'report.html'))}`)
  out(
    paint(
      'dim',
      `  npx vigiles why ${relative(process.cwd(), folder)} 'any line of the firewall log' answers for one alarm.`,
    ),
  )
  if (!values.serve)
    out(paint('dim', '  npm run demo -- --serve opens the watch room on the incident it makes.'))
}

/** The watch room on what was made, until it is stopped. */
async function watch(): Promise<number> {
  title('The watch room')
  out('Open the first address; ^C ends it.')
  const folders = [join(home, 'case'), join(home, 'case-with-nat-log')]
  return await serveCommand([...folders, '--port', values.port ?? '4180'])
}

function optionsFor(paths: readonly string[], folder: string) {
  return { paths, out: folder, zones: [], controls: [], progress: quietProgress }
}

function named(path: string): string {
  return `${relative(process.cwd(), join(home, 'run', path))}/`
}

function showInvestigation(summary: Summary, seconds: number): void {
  const { events, toolCalls } = summary.inputs.reduce(
    (sum, input) => ({ events: sum.events + input.events, toolCalls: sum.toolCalls + input.toolCalls }),
    { events: 0, toolCalls: 0 },
  )
  title('Investigated, from logs and traces alone')
  out(
    `vigiles investigate ${named('logs')}: ${events} firewall records and ${toolCalls} tool calls in ${seconds.toFixed(1)} s.`,
  )
  out(paint('red', summary.verdict))
}

/** The first alarm of the tunnel, whatever the answers are. */
async function showAlarm(run: string, folder: string): Promise<void> {
  const calls = [...toolCallLines(folder)]
  const truth = new Map(readTruth(run).map((row) => [`${row.file}:${row.line}`, row]))
  const alarms = [...attributionLines(folder)].filter((line) => truth.get(placeOf(line))?.alarm)
  const alarm = alarms.find((line) => truth.get(placeOf(line))?.part === 'reverse-tunnel') ?? alarms[0]
  if (!alarm) return
  const by = new Map(calls.map((call) => [call.uid, call]))
  const bySource = new Map(calls.map((call) => [call.sourceId ?? call.uid, call]))
  const accused = nearestStart(calls)(alarm.event.time)
  const maker = truth.get(placeOf(alarm))?.toolCall ?? null
  title('One alarm, as the firewall wrote it')
  out(paint('yellow', `  ${plain(rawLine(run, alarm), 310)}`))
  out(`\n${paint('bold', 'The nearest start before it')} would accuse`)
  out(`  ${describe(accused === null ? undefined : bySource.get(accused))}  ${mark(accused === maker)}`)
  out(
    `\n${paint('bold', 'Vigiles')} ${mark(alarm.toolCall !== null && (by.get(alarm.toolCall)?.sourceId ?? null) === maker)}`,
  )
  const answer = (await alarmAnswer(folder, alarm.event.uid))?.text ?? []
  for (const line of answer.slice(answer.findIndex((text) => text.startsWith('ANSWER')))) out(`  ${line}`)
  out(
    `\n${paint('bold', 'The kernel')}, asked afterwards: ${describe(maker === null ? undefined : bySource.get(maker))}`,
  )
}

function placeOf({ event }: AttributionLine): string {
  return `${event.file.replace(/\.gz$/, '')}:${event.line}`
}

function readTruth(run: string) {
  const rows: { file: string; line: number; toolCall: string | null; part: string | null; alarm: boolean }[] =
    []
  for (const row of readRows(join(run, 'truth/lines.jsonl'))) rows.push(row as (typeof rows)[number])
  return rows
}

function readRows(path: string): unknown[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : gunzip(`${path}.gz`)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

function rawLine(run: string, { event }: AttributionLine): string {
  const path = join(run, 'logs', event.file)
  const text = path.endsWith('.gz') ? gunzip(path) : readFileSync(path, 'utf8')
  return text.split('\n')[event.line - 1] ?? ''
}

function gunzip(path: string): string {
  return gunzipSync(readFileSync(path)).toString('utf8')
}

function describe(call: ToolCallLine | undefined): string {
  if (!call) return 'no call at all'
  const step = call.step === null ? '' : `, step ${call.step}`
  return `${plain(call.command, 110)}  (${call.box ?? 'box unknown'}${step})`
}

function mark(right: boolean): string {
  return right ? paint('green', 'right') : paint('red', 'wrong')
}

function showScore(score: LabScore): void {
  title('Every line, held against what the kernel knew')
  const rows: [string, Score, string][] = [
    ['alarms', score.alarms, 'Vigiles'],
    ['', score.nearestStartAlarms, 'nearest start'],
    ['all lines', score.all, 'Vigiles'],
    ['', score.nearestStart, 'nearest start'],
  ]
  out(
    paint(
      'dim',
      '                             lines   hits  wrong  missed  rightly none   right answer   p ≥ 0.9 that are right',
    ),
  )
  for (const [what, s, who] of rows) {
    const sure =
      s.confidentPrecision === null
        ? 'none'
        : `${share(s.confidentPrecision)} of ${Math.round(s.confidentShare * s.events)}`
    out(
      `  ${what.padEnd(11)}${who.padEnd(14)}${cell(s.events, 7)}${cell(s.hits, 7)}${cell(s.wrong, 7)}${cell(s.misses, 8)}${cell(s.correctNone, 14)}` +
        `${share(s.top1).padStart(15)}${(who === 'Vigiles' ? sure : '').padStart(25)}`,
    )
  }
  out(
    paint(
      'dim',
      '  wrong: a call was accused that did not do it. missed: a call did it, none was named. Nearest start names a call for',
    ),
  )
  out(
    paint(
      'dim',
      '  every line for which one had started. Right answer: the most probable one, "none" included.',
    ),
  )
}

function cell(n: number, width: number): string {
  return String(n).padStart(width)
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

function showIncidents(summary: Summary): void {
  title('What happened, and what to do now')
  for (const incident of summary.incidents.slice(0, 7)) {
    const step = incident.firstStep === null ? '' : `, first at step ${incident.firstStep}`
    out(`  ${paint('red', incident.severity.padEnd(9))}${plain(incident.title, 110)}${step}`)
    const action =
      incident.actions.find(({ do: act }) => !act.startsWith('Freeze') && !act.startsWith('Save')) ??
      incident.actions[0]
    if (action) out(paint('dim', `           ${plain(action.do, 120)}`))
  }
}

function showExplanations(run: string, summary: Summary): void {
  title('What else it could have been')
  for (const { name, verdict, text } of summary.hypotheses) {
    out(`  ${verdict.padEnd(10)} ${name.padEnd(13)} ${plain(text, 220)}`)
  }
  const clockPath = join(run, 'truth/clock.json')
  const known = existsSync(clockPath)
    ? (JSON.parse(readFileSync(clockPath, 'utf8')) as { offsetMs?: number }).offsetMs
    : undefined
  for (const clock of summary.clocks.filter(({ offsetMs }) => Math.abs(offsetMs) > 100)) {
    const truth = known === undefined ? '' : `; it was set ${(known / 1000).toFixed(3)} s ahead`
    out(
      `  ${plain(clock.domain, 40)}: its clock is ${(clock.offsetMs / 1000).toFixed(3)} s ahead of the traces${truth}`,
    )
  }
}
