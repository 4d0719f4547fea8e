// The overview: what runs, what was stopped, what was found, over all sources.

import type { Severity } from '../../schema/event.ts'
import { caseSummary } from '../case-summary.ts'
import { FollowedStream } from '../follow/followed-stream.ts'
import type { LiveRuns } from '../live/live-runs.ts'
import { msOf } from '../live/rows.ts'
import type { WatchedRun } from '../live/watched-run.ts'
import { readNotes } from '../notes.ts'
import type { Source, Sources } from '../sources.ts'
import type { FoundThing, Overview, RunningRun, StoppedRun } from '../wire/overview.ts'
import { attentionOf } from './attention.ts'
import { type Span, trafficOf } from './traffic.ts'

const latestMax = 50
const listMax = 200

export function overviewOf(sources: Sources, live: LiveRuns, stateFolder: string, span: Span): Overview {
  const nowMs = Date.now()
  const unusable = sources.unusable()
  const runs = live.runs()
  const running = runs.filter(({ isLive }) => isLive)
  const cases = sources.all().filter(({ kind }) => kind === 'case')
  const streams = sources.all().filter((source) => source instanceof FollowedStream)
  const found = [
    ...runs.flatMap(findingsOf),
    ...streams.flatMap(alarmsOf),
    ...cases.flatMap(({ id, title, folder }) => incidentsOf(id, title, folder)),
  ].filter(({ time }) => isWithin(time, span))
  found.sort((a, b) => (a.time < b.time ? 1 : -1))
  const isWhole = span.fromMs === undefined && span.toMs === undefined
  return {
    now: new Date(nowMs).toISOString(),
    running: running.slice(0, listMax).map(runningOf),
    stopped: runs
      .flatMap((run) => stoppedOf(run))
      .filter(({ time }) => isWhole || (time !== null && isWithin(time, span)))
      .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))
      .slice(0, listMax),
    severities: isWhole ? countsOf(runs, found) : countedBy(found),
    traffic: trafficOf(live.minutes(), span, nowMs, running.length > 0),
    latest: found.slice(0, latestMax),
    attention: attentionOf(runs, found, unusable, settledIn([...cases, ...streams], stateFolder)),
    following: streams.map(({ id, title }) => ({ source: id, title })),
    sources: {
      cases: cases.length,
      runs: runs.length,
      live: running.length,
      unusable: unusable.length,
    },
    notes: notesOf(live, runs, isWhole),
  }
}

/** Looks into the notes of those cases only that are asked for. */
function settledIn(cases: readonly Source[], stateFolder: string): (source: string, uid: string) => boolean {
  const notes = new Map<string, ReturnType<typeof readNotes>>()
  return (id, uid) => {
    const source = cases.find((one) => one.id === id)
    if (!source) return false
    const mine = notes.get(id) ?? readNotes(source, stateFolder)
    notes.set(id, mine)
    const { status = 'open' } = mine.get(uid) ?? {}
    return status === 'closed' || status === 'false-positive' || status === 'contained'
  }
}

function isWithin(time: string, { fromMs, toMs }: Span): boolean {
  const ms = msOf(time)
  if (ms === undefined) return fromMs === undefined && toMs === undefined
  return ms >= (fromMs ?? -Infinity) && ms < (toMs ?? Infinity)
}

function runningOf({ source, log, run }: WatchedRun): RunningRun {
  return {
    source: source.id,
    title: source.title,
    box: log.box ?? null,
    tier: run?.tier ?? null,
    startedAt: run?.startedAt ?? log.firstTime ?? null,
    lastTime: log.lastTime ?? null,
    frozen: log.frozen,
    frozenCalls: [...log.frozenCalls].slice(0, listMax),
    quarantined: log.quarantined,
    allowed: log.allowed,
    blocked: log.blocked,
    open: log.open,
    openCalls: [...log.openCalls].length,
    calls: log.calls,
    findings: counts((severity) => log.findings.countOf(severity)),
  }
}

const stopping = new Set(['kill', 'freeze', 'quarantine'])

/** A run that a response has stopped, or stops now. */
function stoppedOf({ source, log, isLive, stoppedBy }: WatchedRun): StoppedRun[] {
  const holds = log.frozen || log.quarantined || log.frozenCalls.size > 0
  if (stoppedBy === null && !(isLive && holds)) return []
  const act = log.acts.findLast(({ act, ok }) => ok && stopping.has(act))
  return [
    {
      source: source.id,
      title: source.title,
      state: isLive ? 'live' : 'ready',
      stoppedBy: stoppedBy ?? act?.act ?? 'freeze',
      detail: act?.detail ?? `It was stopped by ${stoppedBy}.`,
      by: act?.by ?? null,
      time: act?.time ?? log.lastTime ?? null,
    },
  ]
}

function findingsOf({ source, log, isLive }: WatchedRun): FoundThing[] {
  return [...log.findings.values()].map(({ uid, severity, title, detection, why, time, responses }) => ({
    source: source.id,
    sourceTitle: source.title,
    kind: 'finding',
    uid,
    severity,
    title,
    detection,
    why,
    time,
    ongoing: isLive,
    responses: [...responses],
  }))
}

function alarmsOf({ id, title, follow }: FollowedStream): FoundThing[] {
  return follow.incidents().map((incident) => ({
    source: id,
    sourceTitle: title.slice(0, 200),
    kind: 'incident',
    uid: incident.uid,
    severity: incident.severity,
    title: incident.title.slice(0, 500),
    detection: incident.detections.slice(0, 20).join(', '),
    why: '',
    time: incident.lastSeen,
    ongoing: true,
    responses: [],
  }))
}

function incidentsOf(source: string, sourceTitle: string, folder: string): FoundThing[] {
  return caseSummary(folder).incidents.map(({ uid, severity, title, kinds, lastSeen, ongoing }) => ({
    source,
    sourceTitle,
    kind: 'incident',
    uid,
    severity,
    title,
    detection: kinds.join(', '),
    why: '',
    time: lastSeen,
    ongoing,
    responses: [],
  }))
}

function counts(of: (severity: Severity) => number): Record<Severity, number> {
  return {
    informational: of('informational'),
    low: of('low'),
    medium: of('medium'),
    high: of('high'),
    critical: of('critical'),
  }
}

function countedBy(found: readonly FoundThing[]): Record<Severity, number> {
  return counts((severity) => found.filter((one) => one.severity === severity).length)
}

/** A run's own counts go on where its findings are no longer listed one by one. */
function countsOf(runs: readonly WatchedRun[], found: readonly FoundThing[]): Record<Severity, number> {
  const incidents = countedBy(found.filter(({ kind }) => kind === 'incident'))
  return counts((severity) =>
    runs.reduce((sum, { log }) => sum + log.findings.countOf(severity), incidents[severity]),
  )
}

function notesOf(live: LiveRuns, runs: readonly WatchedRun[], isWhole: boolean): string[] {
  const { unread, unreadCases } = live
  const cut = runs.filter(({ skippedBytes }) => skippedBytes > 0).length
  const forgotten = runs.reduce((sum, { log }) => sum + log.findings.forgotten, 0)
  return [
    unread > 0 && `${unread} recordings are not read yet, or too many to be read here.`,
    unreadCases > 0 && `The connections of ${unreadCases} investigations are not counted yet.`,
    cut > 0 && `Of ${cut} recordings only the last 64 MB were read.`,
    forgotten > 0 && !isWhole && `${forgotten} findings are too many to be listed and are left out.`,
  ].filter((note) => note !== false)
}
