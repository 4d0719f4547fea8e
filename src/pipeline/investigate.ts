// The main job: logs and traces in; attributions, findings, incidents and a report out.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { AttributionCase, AttributionResult } from '../attribution/api.ts'
import { attribute } from '../attribution/attribute.ts'
import { assert } from '../base/assert.ts'
import { OperatorError } from '../base/errors.ts'
import { detect } from '../detections/engine.ts'
import { detections } from '../detections/registry.generated.ts'
import type { ExportFinding } from '../exporters/api.ts'
import { renderReport } from '../exporters/html-report.ts'
import { indicatorsOf, iocsCsv } from '../exporters/iocs-csv.ts'
import { toDetectionFinding } from '../exporters/ocsf.ts'
import type { Severity } from '../schema/event.ts'
import type { Finding } from '../schema/finding.ts'
import type { Summary } from '../schema/summary.ts'
import { calibrationSummary } from './calibration-summary.ts'
import { buildCase, type Case } from './case.ts'
import { attributionLine, toolCallLine } from './case-lines.ts'
import type { ZoneRule } from './clock-domains.ts'
import { detectsBeside, startDetecting } from './detect-thread.ts'
import { type Imported, importAll } from './import-all.ts'
import { incidentsOf } from './incidents.ts'
import { inputSummaries } from './input-summaries.ts'
import { findInputs, type InputFile, type LeftOut, sha256Of } from './inputs.ts'
import { type LineCounts, writeLargeFiles } from './large-files.ts'
import { LineWriter, writeWhole } from './line-writer.ts'
import { mergeFiles } from './merge.ts'
import { caseNotes } from './notes.ts'
import type { Progress } from './progress.ts'
import { judge } from './readiness/judge.ts'
import { readRejects } from './readiness/read-rejects.ts'
import { findSettings } from './readiness/read-settings.ts'
import { type Redact, redactDeep, redactor, withoutSecrets } from './redact.ts'
import { writeRejects } from './rejects.ts'
import { groupTests, reportData, reportMax } from './report-data.ts'
import { reportTemplate } from './report-template.ts'
import { orderByTime, seenInOrder } from './seen.ts'
import { verdictText } from './verdict.ts'
import { version } from './version.ts'

export interface InvestigateOptions {
  readonly paths: readonly string[]
  readonly out: string
  readonly topology?: string
  readonly zones: readonly ZoneRule[]
  readonly controls: AttributionCase['controls']
  /** Only events in [sinceUs, untilUs) are written and judged; all take part in aligning clocks. */
  readonly sinceUs?: number
  readonly untilUs?: number
  /** At most so many threads read the inputs; without it the machine and their size decide. */
  readonly threads?: number
  readonly progress: Progress
}

/** What a run leaves beside its files. */
export interface Investigation {
  readonly summary: Summary
  /** False when nothing in the inputs could be used at all. */
  readonly usable: boolean
  /** Seconds a stage took, for benchmarks. */
  readonly seconds: Readonly<Record<string, number>>
}

/** Runs an investigation and writes its folder. Throws OperatorError for paths and disks that won't do. */
export async function investigate(options: InvestigateOptions): Promise<Investigation> {
  const { out, progress } = options
  const watch = stopwatch()
  const given = options.topology === undefined ? options.paths : [...options.paths, options.topology]
  const found = findInputs(given, out)
  const outRoot = `${resolve(out)}/`
  const files = found.files.filter(({ absolute }) => !`${resolve(absolute)}/`.startsWith(outRoot))
  const spool = makeOut(out)
  try {
    const { threads } = options
    const imported = await importAll(files, spool, progress, threads === undefined ? {} : { threads })
    if (options.topology !== undefined) checkTopology(options.topology, imported)
    watch.lap('read')
    progress.begin('attributing', 0, 'rows')
    const merged = mergeFiles(imported.files)
    for (const file of imported.files) file.parts.length = 0
    assert(
      merged.eventBase.at(-1) === merged.events.n && merged.callBase.at(-1) === merged.calls.n,
      'every event and call that was read stands in the case',
    )
    const theCase = buildCase(merged, { zones: options.zones, controls: options.controls })
    watch.lap('join')
    const result = attribute(theCase.attribution)
    watch.lap('attribute')
    progress.end()
    const summary = await writeCase(options, imported, found, theCase, result, watch)
    const usable = merged.events.n > 0 || merged.calls.n > 0
    return { summary, usable, seconds: watch.laps }
  } finally {
    rmSync(spool, { recursive: true, force: true })
  }
}

async function writeCase(
  options: InvestigateOptions,
  imported: Imported,
  { files, unreadable }: { readonly files: readonly InputFile[]; readonly unreadable: readonly LeftOut[] },
  theCase: Case,
  result: AttributionResult,
  watch: Stopwatch,
): Promise<Summary> {
  const { out, progress } = options
  const { merged } = theCase
  const redact = redactor(
    createHash('sha256')
      .update(merged.files.map((file) => file.contentSha).join())
      .digest('hex'),
  )
  const eventOrder = inWindow(orderByTime(result.eventUs), result.eventUs, options)
  const names = new Map(detections.map(({ id, name }) => [id, name]))

  const { findings, counts } = await detectAndWrite(options, theCase, result, eventOrder, redact, watch)

  const lineOfEvent = memo((i) => withoutSecrets(attributionLine(theCase, result, i), redact))
  const lineOfCall = memo((j) => {
    const line = toolCallLine(theCase, result, j)
    return { ...line, command: redact(line.command) }
  })
  const exported = findings.map((finding, f) => exportFinding(theCase, finding, f, redact))
  const eventsByUid = new Map(
    findings.flatMap(({ events }) => events.map((i) => [theCase.eventUid(i), i] as const)),
  )
  const callsByUid = new Map(
    findings.flatMap(({ toolCalls }) => toolCalls.map((j) => [theCase.callUid(j), j] as const)),
  )
  const eventOf = (uid: string) => {
    const i = eventsByUid.get(uid)
    return i === undefined ? undefined : lineOfEvent(i).event
  }
  const findingLines = exported.map((finding) =>
    toDetectionFinding(finding, {
      version,
      event: eventOf,
      toolCall: (uid) => {
        const j = callsByUid.get(uid)
        return j === undefined ? undefined : lineOfCall(j)
      },
      detectionName: (id) => names.get(id),
    }),
  )
  writeLines(join(out, 'findings.jsonl'), findingLines)
  const incidents = redactDeep(incidentsOf(theCase, result, findings, exported, eventOrder), redact)
  writeLines(join(out, 'incidents.jsonl'), incidents)
  writeWhole(join(out, 'iocs.csv'), iocsCsv(indicatorsOf(exported, eventOf)))
  const rejectWriter = new LineWriter(join(out, 'rejects.jsonl'))
  const refused = merged.files.flatMap((file) => file.parts).reduce((sum, part) => sum + part.rejected, 0)
  progress.begin('refused', refused, 'rows')
  const rejects = writeRejects(imported.files, rejectWriter, redact, reportMax.rejects, progress)
  rejectWriter.close()
  progress.end()

  const inputs = inputSummaries(imported, unreadable, theCase)
  const attribution = {
    events: eventOrder.length,
    attributed: counts.attributed,
    likely: counts.likely,
    notAttributable: counts['not-attributable'],
    byIdentity: counts.byIdentity,
    expectedByChance: round(result.coincidences.expectedByChance, 2),
    coincidences: result.coincidences.observed,
    coincidencesOf: result.coincidences.of,
    calibrated: result.calibrated,
  }
  const hypotheses = result.hypotheses.map((h) => ({
    ...h,
    score: round(h.score, 3),
    pValue: round(h.pValue, 4),
  }))
  const left = merged.events.n - eventOrder.length
  const groups = groupTests(theCase, result, redact)
  const summary: Summary = {
    _schema: 'vigiles/summary/v1',
    version,
    verdict: verdictText(incidents, hypotheses, attribution, inputs, result.missing),
    inputs,
    clocks: result.clocks.map((clock) => ({
      ...clock,
      offsetMs: round(clock.offsetMs, 3),
      driftPpm: round(clock.driftPpm, 2),
      sdMs: round(clock.sdMs, 3),
      z: round(clock.z, 2),
    })),
    findings: countBySeverity(findings),
    incidents,
    hypotheses,
    attribution,
    ...(result.calibration === undefined
      ? {}
      : { calibration: calibrationSummary(result.calibrated, result.calibration) }),
    tests: groups.slice(0, 200),
    notes: [
      ...caseNotes(theCase, result, inputs, counts.byIdentity === eventOrder.length),
      ...(left > 0
        ? [
            `${left} events outside --since/--until were read and helped to align the clocks; they are left out of what is written.`,
          ]
        : []),
    ],
  }
  const { reasons } = readRejects(join(out, 'rejects.jsonl'))
  const readiness = judge({
    ...{ theCase, result, inputs, rejects: reasons, version },
    ...findSettings(files, imported),
  })
  const whole: Summary = { ...summary, readiness: redactDeep(readiness, redact) }
  watch.lap('readiness')
  writeWhole(join(out, 'summary.json'), JSON.stringify(whole, null, 2))
  const data = reportData({
    theCase,
    result,
    findings,
    findingLines,
    summary,
    eventOrder,
    rejects,
    rejectCount: rejectWriter.lines,
    groups,
    attributionLine: lineOfEvent,
    toolCallLine: lineOfCall,
  })
  writeWhole(join(out, 'report.html'), renderReport(data, reportTemplate()))
  watch.lap('report')
  return whole
}

/** Findings, and the two large files. Where there is much of both, they come about side by side. */
async function detectAndWrite(
  { out, progress, threads }: InvestigateOptions,
  theCase: Case,
  result: AttributionResult,
  eventOrder: Uint32Array,
  redact: Redact,
  watch: Stopwatch,
): Promise<{ findings: Finding[]; counts: LineCounts }> {
  const rows = eventOrder.length + theCase.merged.calls.n
  if (detectsBeside(rows, threads, availableParallelism())) {
    const detecting = startDetecting(theCase, result, eventOrder)
    try {
      const counts = writeLargeFiles(out, theCase, result, eventOrder, redact, progress)
      watch.lap('write')
      progress.begin('detecting', 0, 'rows')
      const findings = await detecting.findings
      progress.end()
      watch.lap('detect')
      return { findings, counts }
    } finally {
      detecting.stop()
    }
  }
  progress.begin('detecting', rows, 'rows')
  const findings = detect(seenInOrder(theCase, result, eventOrder, (more) => progress.advance(more)))
  progress.end()
  watch.lap('detect')
  const counts = writeLargeFiles(out, theCase, result, eventOrder, redact, progress)
  watch.lap('write')
  return { findings, counts }
}

function makeOut(out: string): string {
  try {
    mkdirSync(out, { recursive: true })
    return mkdtempSync(join(out, '.reading-'))
  } catch (cause) {
    throw new OperatorError('environment', {
      what: `${out}: the output folder could not be made (${cause instanceof Error ? cause.message : String(cause)})`,
      fix: 'Choose another --out folder that you may write to.',
      cause,
    })
  }
}

function checkTopology(path: string, { files }: Imported): void {
  // By content: the same file may stand under another name among the inputs.
  const sha256 = sha256Of(path)
  const usable = files.some(
    (file) =>
      file.sha256 === sha256 &&
      file.parts.some((part) => part.boxes.length > 0 || part.events.natIp.some((id) => id !== 0)),
  )
  if (usable) return
  throw new OperatorError('usage', {
    what: `${path}: no sandbox could be read from the topology`,
    why: 'It wants a list of { box, host?, ip: [..], nat: [{ ip, portStart?, portEnd? }], from?, to? }.',
    fix: 'See docs/topology.md for an example, or give docker inspect or kubectl get pods -o json output.',
  })
}

function inWindow(
  order: Uint32Array,
  us: Float64Array,
  { sinceUs, untilUs }: InvestigateOptions,
): Uint32Array {
  if (sinceUs === undefined && untilUs === undefined) return order
  return order.filter(
    (i) => us[i]! >= (sinceUs ?? Number.NEGATIVE_INFINITY) && us[i]! < (untilUs ?? Number.POSITIVE_INFINITY),
  )
}

function exportFinding(
  theCase: Case,
  finding: Finding,
  index: number,
  redact: (text: string) => string,
): ExportFinding {
  const { events, toolCalls, ...rest } = finding
  const episodes = toolCalls.map((j) => theCase.merged.calls.episode[j]!).filter((id) => id !== 0)
  const eventUids = events.map((i) => theCase.eventUid(i))
  const toolCallUids = toolCalls.map((j) => theCase.callUid(j))
  const seed = [finding.detection, eventUids[0] ?? '', toolCallUids[0] ?? '', index].join(' ')
  return {
    ...rest,
    title: redact(finding.title),
    why: redact(finding.why),
    uid: `f${createHash('sha256').update(seed).digest('hex').slice(0, 16)}`,
    eventUids,
    toolCallUids,
    episode: episodes[0] === undefined ? null : theCase.text(episodes[0]),
  }
}

function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, informational: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}

function writeLines(path: string, rows: readonly unknown[]): void {
  const writer = new LineWriter(path)
  for (const row of rows) writer.write(JSON.stringify(row))
  writer.close()
}

function memo<T>(make: (index: number) => T): (index: number) => T {
  const made = new Map<number, T>()
  return (index) => {
    let value = made.get(index)
    if (value === undefined) {
      value = make(index)
      if (made.size < 50_000) made.set(index, value)
    }
    return value
  }
}

function round(value: number, digits: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : 0
}

interface Stopwatch {
  readonly laps: Record<string, number>
  lap(name: string): void
}

function stopwatch(): Stopwatch {
  let before = performance.now()
  const laps: Record<string, number> = {}
  return {
    laps,
    lap(name) {
      const now = performance.now()
      laps[name] = (now - before) / 1000
      before = now
    },
  }
}
