// What the report says that stands in no single record: actions of all incidents joined, who else was there, which
// evidence goes first, why some alarms have no answer.

import { parseIso } from '../base/time.ts'
import { severities } from '../schema/event.ts'
import type { AttributionLine, IncidentSummary, InputSummary } from '../schema/summary.ts'
import type { ReportData } from './api.ts'

export interface Action {
  readonly do: string
  readonly why: string
  /** 1-based numbers of the incidents that ask for it. */
  readonly incidents: readonly number[]
  /** What the same act, asked for by further incidents, names beyond the first: boxes, addresses, times. */
  readonly also: readonly string[]
}

/**
 * One list for everybody: acts that begin with the same word for the same reason stand once, with what each further
 * incident adds and the earliest training step any of them names. Incidents come worst first and name their most urgent act first, so within a severity the first
 * acts of all come before the second ones. Each incident's own acts, word for word, stand on its card.
 */
export function joinActions(incidents: readonly IncidentSummary[]): readonly Action[] {
  const joined = new Map<
    string,
    {
      do: string
      why: string
      said: Set<string>
      numbers: Set<number>
      also: string[]
      rank: number
      place: number
    }
  >()
  for (const [i, incident] of incidents.entries()) {
    const rank = severities.indexOf(incident.severity)
    for (const [place, action] of incident.actions.entries()) {
      const key = `${action.do.split(' ', 1)[0]}\n${action.why}`
      const names = namesIn(action.do.replace(stepWords, ''))
      const known = joined.get(key)
      if (known === undefined) {
        joined.set(key, { ...action, said: new Set(names), numbers: new Set([i + 1]), also: [], rank, place })
        continue
      }
      known.numbers.add(i + 1)
      known.do = fromEarliestStep(known.do, action.do)
      if (rank === known.rank) known.place = Math.min(known.place, place)
      for (const name of names) {
        if (known.said.has(name)) continue
        known.said.add(name)
        known.also.push(name)
      }
    }
  }
  return [...joined.values()]
    .sort((a, b) => b.rank - a.rank || a.place - b.place)
    .map(({ do: act, why, numbers, also }) => ({ do: act, why, incidents: [...numbers], also }))
}

const stepWords = /\bfrom step (\d+) on(?: \(policy [^)]{0,200}\))?/

/** Of two acts that say since which training step, the earlier step holds for both. */
function fromEarliestStep(act: string, other: string): string {
  const earlier = stepWords.exec(other)
  return act.replace(stepWords, (words, step: string) =>
    earlier !== null && Number(earlier[1]) < Number(step) ? earlier[0] : words,
  )
}

/** Words that name something: boxes, addresses, hosts, paths, times. */
function namesIn(text: string): readonly string[] {
  return text
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^["'(]+|["').]+$/g, ''))
    .filter((word) => !/^\d+$/.test(word) && /[\d_/]|\w[.:]\w/.test(word) && /\w{2}/.test(word))
}

export interface Visitor {
  readonly who: string
  readonly events: number
  readonly destination: string
}

/** Boxes (or addresses, where the box is not known) that reached an incident's destination and are not part of it. */
export function othersAt(
  incident: IncidentSummary,
  attributions: readonly AttributionLine[],
): readonly Visitor[] {
  const destinations = new Set(incident.destinations.flatMap((d) => [d, withoutPort(d)]))
  const accused = new Set(incident.toolCalls)
  const seen = new Map<string, { who: string; destination: string; events: number }>()
  for (const line of attributions) {
    const { event } = line
    const destination = [event.name, event.dst].find((d) => d !== null && d !== '' && destinations.has(d))
    if (destination === undefined || destination === null) continue
    if (line.toolCall !== null && accused.has(line.toolCall)) continue
    if (line.box !== null && incident.boxes.includes(line.box)) continue
    const who = line.box ?? (event.src === '' ? 'an unknown source' : event.src)
    const key = `${who} ${destination}`
    const visitor = seen.get(key) ?? { who, destination, events: 0 }
    visitor.events++
    seen.set(key, visitor)
  }
  return [...seen.values()].sort((a, b) => b.events - a.events || (a.who < b.who ? -1 : 1))
}

function withoutPort(destination: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(destination)
  return bracketed?.[1] ?? destination.replace(/^([^:]+):\d+$/, '$1')
}

/**
 * Evidence in the order in which it goes, from what the inputs are. Periods are the tools' documented defaults,
 * said as such: a deployment may differ.
 */
export function evidenceClock(
  inputs: readonly InputSummary[],
  ongoing: boolean,
  actions: readonly Action[] = [],
): readonly Action[] {
  const formats = new Set(inputs.map((input) => input.format))
  const has = (part: string) => [...formats].some((format) => format.includes(part))
  const found: Action[] = []
  const say = (act: string, why: string) => found.push({ do: act, why, incidents: [], also: [] })
  // An incident that already asks for it knows the boxes by name.
  const isAsked = actions.some((action) => /\b(save|copy|keep)\b.*\b(process|memory)/i.test(action.do))
  if (ongoing && !isAsked) {
    say(
      'Save processes, sockets and /tmp of the accused boxes before stopping them',
      'Memory, open sockets and connection tracking are gone the moment a box stops.',
    )
  }
  if (has('rock')) {
    say(
      'Copy the logs under ROCK’s /data/logs now',
      'Its sample configuration removes them after 180 minutes (default 7 days).',
    )
  }
  if (has('claude-code')) {
    say('Copy the Claude Code transcripts', 'They are deleted after cleanupPeriodDays, 30 by default.')
  }
  if (has('codex') || has('gemini') || has('qwen') || has('openhands')) {
    say(
      'Copy the agents’ session folders',
      'They lie in the user’s own home and the next run may rewrite them.',
    )
  }
  if (formats.size > 0) {
    say(
      'Ask the owner of the firewall to hold its logs for the time of this case',
      'Rotation of flow and alert logs is often counted in days.',
    )
  }
  return found
}

export interface Unanswered {
  readonly why: string
  readonly alarms: number
  readonly example: AttributionLine
}

/** Alarms without an answer, by reason, the most frequent first. Every one of them falls under exactly one. */
export function unanswered(attributions: readonly AttributionLine[]): readonly Unanswered[] {
  const reasons = new Map<string, { alarms: number; example: AttributionLine }>()
  for (const line of attributions) {
    if (line.toolCall !== null) continue
    const why = reasonOf(line)
    const known = reasons.get(why)
    if (known) known.alarms++
    else reasons.set(why, { alarms: 1, example: line })
  }
  return [...reasons].map(([why, rest]) => ({ why, ...rest })).sort((a, b) => b.alarms - a.alarms)
}

function reasonOf(line: AttributionLine): string {
  const leading = line.candidates[0]
  if (leading !== undefined && line.pNone < 0.5) {
    return 'Several calls fit about equally well, and only time connects them to the alarm'
  }
  const [kind, share] = Object.entries(line.noneSplit).sort(([, a], [, b]) => b - a)[0] ?? ['', 0]
  if (share >= 0.5) {
    if (kind === 'periodic-job') return 'It keeps the rhythm of a periodic job, whether agents run or not'
    if (kind === 'host-daemon')
      return 'It looks like a daemon of the host: the same traffic comes when no agent runs'
    if (kind === 'outside') return 'It was begun from outside'
    if (kind === 'unrecorded-agent')
      return 'An agent is likely, but the trace that would hold its call is not among the inputs'
  }
  if (leading === undefined) {
    return line.box === null
      ? 'Its address belongs to no known box, and no recorded call names what it reached'
      : 'No recorded call of its box was running near it'
  }
  return 'The calls near it are no better an explanation than coincidence'
}

/**
 * Calls and events that an incident or a finding of at least medium severity rests on. Being the cause of an event
 * is no accusation: most causes are ordinary downloads.
 */
export function graveUids(data: ReportData): ReadonlySet<string> {
  const grave = new Set(data.summary.incidents.flatMap((incident) => incident.toolCalls))
  for (const { severity, unmapped } of data.findings) {
    if (!['medium', 'high', 'critical'].includes(severity.toLowerCase())) continue
    for (const uid of unmapped.events) grave.add(uid)
    for (const uid of unmapped.toolCalls) grave.add(uid)
  }
  return grave
}

export interface Histogram {
  readonly fromUs: number
  readonly toUs: number
  /** Events a bin: those that a finding rests on, those of the others with a call found, and those without. */
  readonly grave: readonly number[]
  readonly answered: readonly number[]
  readonly open: readonly number[]
}

/** Events over time in equal bins; undefined when none has a readable time. */
export function eventHistogram(data: ReportData, bins: number): Histogram | undefined {
  const graves = graveUids(data)
  const seen: { us: number; side: 'grave' | 'answered' | 'open' }[] = []
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = Number.NEGATIVE_INFINITY
  for (const line of data.attributions) {
    const us = parseIso(line.event.time)?.us
    if (us === undefined) continue
    const side = graves.has(line.event.uid) ? 'grave' : line.toolCall === null ? 'open' : 'answered'
    seen.push({ us, side })
    fromUs = Math.min(fromUs, us)
    toUs = Math.max(toUs, us)
  }
  if (seen.length === 0) return undefined
  const width = Math.max(1, toUs - fromUs + 1) / bins
  const empty = () => new Array<number>(bins).fill(0)
  const sides = { grave: empty(), answered: empty(), open: empty() }
  for (const { us, side } of seen) {
    const bin = Math.min(bins - 1, Math.floor((us - fromUs) / width))
    sides[side][bin] = (sides[side][bin] ?? 0) + 1
  }
  return { fromUs, toUs, ...sides }
}
