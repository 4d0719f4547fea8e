// One pairing: write the facts, investigate, compare with the truth.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type LineTruth, scoreLab } from '../../src/lab/score.ts'
import { parseZoneRule } from '../../src/pipeline/clock-domains.ts'
import { investigate } from '../../src/pipeline/investigate.ts'
import { quietProgress } from '../../src/pipeline/progress.ts'
import type {
  AttributionLine,
  FindingLine,
  IncidentSummary,
  Summary,
  ToolCallLine,
} from '../../src/schema/summary.ts'
import { agentWriters } from './agents.ts'
import { type Facts, isoUs } from './facts.ts'
import { conntrack, networkWriters } from './network.ts'
import { type Pairing, usualClock } from './pairings.ts'
import { topologyWriters } from './topologies.ts'

export interface Measured {
  readonly name: string
  readonly events: number
  readonly top1: number
  readonly confident: number
  readonly confidentPrecision: number | null
  readonly ece: number
  readonly brier: number
  /** Share of all answers that name a call with p ≥ 0.9. */
  readonly attributedShare: number
  /** Top-1 of "the latest call that had started". */
  readonly nearestStart: number
  /** Largest difference between a found and the true offset; null when no clock of the network was aligned. */
  readonly clockErrorMs: number | null
  /** Median difference between `event.time` and the connection's true beginning, for lines that tell of beginnings. */
  readonly timeErrorMs: number | null
  /** Kinds of misdeeds that made connections, and those of them that an incident accuses a call of. */
  readonly misdeeds: number
  readonly misdeedsFound: number
  /** Incidents of high or critical severity that rest on no connection and no call of a misdeed's episode. */
  readonly falseIncidents: number
  /** Calls without the id, episode, step or reward that their format carries; lines without an answer. */
  readonly labels: string
  readonly rejects: number
  readonly seconds: number
}

const misdeedNames = ['mining', 'reverse-tunnel', 'sweep', 'metadata', 'provisioning']

export async function measure(facts: Facts, pairing: Pairing, dir: string): Promise<Measured> {
  const truth = new Map(facts.connections.map((c) => [c.id, c]))
  const clock = { ...(pairing.clock ?? usualClock), fromUs: facts.agentsFromUs }
  const networkZone = pairing.networkZone ?? 0
  const sight = { facts, view: pairing.view, clock, localMinutes: networkZone }
  const logs = [...networkWriters[pairing.network]!(sight), ...(pairing.conntrack ? conntrack(sight) : [])]
  const traces = agentWriters[pairing.agents]!(facts, pairing.agentZone ?? 0)
  const input = join(dir, 'logs')
  const save = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(input, path)), { recursive: true })
    writeFileSync(join(input, path), content)
  }
  const lineTruth: LineTruth[] = []
  for (const { path, lines } of logs) {
    save(path, lines.map(({ text }) => `${text}\n`).join(''))
    for (const [i, { connection, alarm = false }] of lines.entries()) {
      if (connection === undefined) continue
      const { toolCall, cause, part } = truth.get(connection)!
      lineTruth.push({ file: path, line: i + 1, connection, toolCall, cause, part, alarm })
    }
  }
  for (const { path, content } of traces.files) save(path, content)
  for (const { path, content } of topologyWriters[pairing.topology]!(facts, pairing.view)) save(path, content)

  writeFileSync(join(dir, 'truth.jsonl'), lineTruth.map((row) => `${JSON.stringify(row)}\n`).join(''))

  const out = join(dir, 'case')
  const began = performance.now()
  const { summary } = await investigate({
    paths: [input],
    out,
    zones: (pairing.tz ?? []).map(parseZoneRule),
    controls: [],
    progress: quietProgress,
  })
  const seconds = (performance.now() - began) / 1000
  const attributions = rows<AttributionLine>(join(out, 'attributions.jsonl'))
  const calls = rows<ToolCallLine>(join(out, 'toolcalls.jsonl')).map((call) => {
    const known = traces.callAt?.get(`${call.file.replace(/^logs\//, '')}:${call.line}`)
    return known === undefined ? call : { ...call, sourceId: known }
  })
  const score = scoreLab(lineTruth, attributions, calls)
  const { misdeeds, found, falseIncidents } = judgeIncidents(
    facts,
    summary.incidents,
    calls,
    eventsOfFindings(out, attributions, lineTruth),
  )
  return {
    name: pairing.name,
    events: score.all.events,
    top1: score.all.top1,
    confident: Math.round(score.all.confidentShare * score.all.events),
    confidentPrecision: score.all.confidentPrecision,
    ece: score.all.ece,
    brier: score.all.brier,
    attributedShare: summary.attribution.attributed / Math.max(1, summary.attribution.events),
    nearestStart: score.nearestStart.top1,
    clockErrorMs: clockError(summary, pairing, facts, clock),
    timeErrorMs: timeError(attributions, lineTruth, truth),
    misdeeds: misdeeds.length,
    misdeedsFound: found,
    falseIncidents,
    labels: labelsMissing(facts, traces.carries, calls, score.notAnswered),
    rejects:
      summary.inputs.reduce((sum, { rejected }) => sum + rejected, 0) +
      summary.inputs.filter(({ format }) => format === 'unknown').length,
    seconds,
  }
}

/** By finding, the misdeeds and look-alikes behind its events. */
function eventsOfFindings(
  out: string,
  attributions: readonly AttributionLine[],
  lines: readonly LineTruth[],
): Map<string, Set<string>> {
  const at = new Map(lines.map((line) => [`${line.file}:${line.line}`, line.part]))
  const partOf = new Map(
    attributions.map(({ event }) => [
      event.uid,
      at.get(`${event.file.replace(/^logs\//, '')}:${event.line}`),
    ]),
  )
  return new Map(
    rows<FindingLine>(join(out, 'findings.jsonl')).map(({ finding_info, unmapped }) => [
      finding_info.uid,
      new Set(unmapped.events.flatMap((uid) => partOf.get(uid) ?? [])),
    ]),
  )
}

function judgeIncidents(
  facts: Facts,
  incidents: readonly IncidentSummary[],
  calls: readonly ToolCallLine[],
  partsOfFinding: ReadonlyMap<string, ReadonlySet<string>>,
) {
  const partOf = new Map<string, string>()
  for (const { toolCall, part } of facts.connections)
    if (toolCall !== null && part !== null) partOf.set(toolCall, part)
  const sourceIds = new Map(calls.map((call) => [call.uid, call.sourceId ?? '']))
  const misdeeds = misdeedNames.filter((name) => [...partOf.values()].includes(name))
  // A call of a misdeed that made no connection (it wrote the script) is as guilty as the one that did.
  const episodesOf = new Map<string, Set<string>>()
  const episodeOfCall = new Map(facts.calls.map((call) => [call.sourceId, call.episode.id]))
  for (const [id, part] of partOf) {
    const episode = episodeOfCall.get(id) ?? ''
    episodesOf.set(episode, (episodesOf.get(episode) ?? new Set()).add(part))
  }
  const found = new Set<string>()
  let falseIncidents = 0
  for (const { severity, toolCalls, findings } of incidents) {
    const ids = toolCalls.map((uid) => sourceIds.get(uid) ?? '')
    for (const id of ids) {
      const part = partOf.get(id)
      if (part !== undefined) found.add(part)
    }
    const guilty = ids.some((id) =>
      [...(episodesOf.get(episodeOfCall.get(id) ?? '') ?? [])].some((part) => misdeedNames.includes(part)),
    )
    const seen = findings.some((uid) =>
      [...(partsOfFinding.get(uid) ?? [])].some((part) => misdeedNames.includes(part)),
    )
    if (!guilty && !seen && (severity === 'critical' || severity === 'high')) falseIncidents++
  }
  return { misdeeds, found: misdeeds.filter((name) => found.has(name)).length, falseIncidents }
}

/** Against the agents' true clock: a naive log that no --tz settled is off by its zone, too. */
function clockError(
  summary: Summary,
  pairing: Pairing,
  facts: Facts,
  clock: { offsetMs: number; driftPpm: number; fromUs: number },
): number | null {
  const middle = (facts.agentsFromUs + facts.agentsToUs) / 2
  const real = clock.offsetMs + ((middle - clock.fromUs) / 1000) * clock.driftPpm * 1e-6
  const errors: number[] = []
  for (const { domain, aligned, offsetMs } of summary.clocks) {
    if (/^(?:otlp|claude|codex|atif|mini|openhands|inspect|nemo|verifiers|rock|roll)/.test(domain)) continue
    if (!aligned) return null
    // A naive trace is moved to the network's zone: what stands between them then is the clock alone.
    const zoneMs = domain.includes('(naive)') ? (pairing.networkZone ?? 0) * 60_000 : 0
    errors.push(offsetMs - real - zoneMs)
  }
  return errors.reduce<number | null>(
    (worst, one) => (worst === null || Math.abs(one) > Math.abs(worst) ? one : worst),
    null,
  )
}

function timeError(
  attributions: readonly AttributionLine[],
  lines: readonly LineTruth[],
  truth: ReadonlyMap<number, { timeUs: number }>,
): number | null {
  const at = new Map(lines.map((line) => [`${line.file}:${line.line}`, line]))
  const errors: number[] = []
  for (const { event } of attributions) {
    const line =
      at.get(`${event.file}:${event.line}`) ?? at.get(`${event.file.replace(/^[^/]*\//, '')}:${event.line}`)
    const known = line && truth.get(line.connection)
    if (known) errors.push((isoUs(event.time) - known.timeUs) / 1000)
  }
  errors.sort((a, b) => a - b)
  return errors[errors.length >> 1] ?? null
}

function labelsMissing(
  facts: Facts,
  carries: { episode: boolean; step: boolean; reward: boolean },
  calls: readonly ToolCallLine[],
  notAnswered: Readonly<Record<string, number>>,
): string {
  const known = new Map(facts.calls.map((call) => [call.sourceId, call]))
  const own = calls.filter((call) => call.echoOf === undefined)
  const complaints: string[] = []
  const count = (what: string, bad: (call: ToolCallLine) => boolean) => {
    const n = own.filter(bad).length
    if (n > 0) complaints.push(`${n} ${what}`)
  }
  const seen = new Set(own.map(({ sourceId }) => sourceId))
  const lost = facts.calls.filter(({ sourceId }) => !seen.has(sourceId)).length
  if (lost > 0) complaints.push(`${lost} calls lost`)
  count('unknown calls', ({ sourceId }) => sourceId === null || !known.has(sourceId))
  if (carries.episode) count('no episode', ({ episode }) => episode === null)
  if (carries.step)
    count('wrong step', ({ step, sourceId }) => step !== known.get(sourceId ?? '')?.episode.step)
  if (carries.reward)
    count('wrong reward', ({ reward, sourceId }) => reward !== known.get(sourceId ?? '')?.episode.reward)
  count('wrong box', ({ box, sourceId }) => box !== null && box !== known.get(sourceId ?? '')?.box.name)
  count('no box', ({ box }) => box === null)
  const episodes = new Set(own.map(({ episode }) => episode)).size
  if (carries.episode && episodes !== facts.episodes.length)
    complaints.push(`${episodes} episodes of ${facts.episodes.length}`)
  for (const [file, n] of Object.entries(notAnswered))
    if (!file.includes('conntrack')) complaints.push(`${n} lines of ${file} unanswered`)
  return complaints.join(', ') || 'ok'
}

function rows<T>(path: string): T[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line))
}

/** Several runs of one pairing as one: shares weighted by what they are shares of, errors by the worst. */
export function pooled(name: string, parts: readonly Measured[]): Measured {
  const sum = (
    key: 'events' | 'confident' | 'misdeeds' | 'misdeedsFound' | 'falseIncidents' | 'rejects' | 'seconds',
  ) => parts.reduce((total, part) => total + part[key], 0)
  const events = sum('events')
  const mean = (key: 'top1' | 'ece' | 'brier' | 'attributedShare' | 'nearestStart') =>
    parts.reduce((total, part) => total + part[key] * part.events, 0) / Math.max(1, events)
  const worst = (key: 'clockErrorMs' | 'timeErrorMs') =>
    parts.some((part) => part[key] === null)
      ? null
      : parts.map((part) => part[key]!).reduce((a, b) => (Math.abs(a) >= Math.abs(b) ? a : b))
  const confident = sum('confident')
  return {
    name,
    events,
    top1: mean('top1'),
    confident,
    confidentPrecision:
      confident === 0
        ? null
        : parts.reduce((total, part) => total + (part.confidentPrecision ?? 0) * part.confident, 0) /
          confident,
    ece: mean('ece'),
    brier: mean('brier'),
    attributedShare: mean('attributedShare'),
    nearestStart: mean('nearestStart'),
    clockErrorMs: worst('clockErrorMs'),
    timeErrorMs: worst('timeErrorMs'),
    misdeeds: sum('misdeeds'),
    misdeedsFound: sum('misdeedsFound'),
    falseIncidents: sum('falseIncidents'),
    labels: [...new Set(parts.map(({ labels }) => labels))].join('; '),
    rejects: sum('rejects'),
    seconds: sum('seconds') / parts.length,
  }
}
