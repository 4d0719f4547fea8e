// Answers from a case's folder, for the page: why this alarm, and the story of an incident.

import { revealedCommand } from '../commands/revealed.ts'
import { techniquesOf } from '../exporters/attack-names.ts'
import { decidingLog, whyText } from '../exporters/why.ts'
import { chanceText } from '../exporters/words.ts'
import type { AttributionLine, FindingLine, IncidentSummary, ToolCallLine } from '../schema/summary.ts'
import { EventFinder, isEventUid, type Match, needlesOf } from './find-event.ts'
import { readSummary } from './read-case.ts'
import { linesHolding, linesOfUids } from './scan-case.ts'

/** Calls and events of an incident that its story holds; of more, the first and how many there were. */
const storyMax = 400

export interface AlarmAnswer {
  readonly line: AttributionLine
  /** Events that fit what was pasted equally well. */
  readonly alike: number
  /** The candidates' calls. */
  readonly calls: readonly ToolCallLine[]
  /** Per call: what its command runs that can't be read in it (encoded, behind variables). */
  readonly revealed: Readonly<Record<string, string>>
  readonly findings: readonly FindingLine[]
  /** What chance alone would give, where only time connects them. */
  readonly chance: string | null
  /** Which further log would decide it. */
  readonly next: string
  /** The ten lines of `vigiles why`, each as long as it is. */
  readonly text: readonly string[]
}

/** The answer for an event's uid, or for a log line as it was pasted. Undefined when the case holds no such event. */
export async function alarmAnswer(
  folder: string,
  asked: string,
  { signal, width }: { signal?: AbortSignal; width?: number } = {},
): Promise<AlarmAnswer | undefined> {
  const summary = readSummary(folder)
  const match = await findAlarm(folder, asked, signal)
  if (!match) return undefined
  const { line, alike } = match
  const wanted = line.candidates.map(({ toolCall }) => toolCall)
  const calls = await callsOf(folder, wanted, signal)
  const findings: FindingLine[] = []
  const needles = line.toolCall === null ? [line.event.uid] : [line.event.uid, line.toolCall]
  for await (const finding of linesHolding(folder, 'findings.jsonl', needles, signal)) {
    const { events, toolCalls } = finding.unmapped
    if (events.includes(line.event.uid) || (line.toolCall !== null && toolCalls.includes(line.toolCall))) {
      findings.push(finding)
    }
  }
  const leader = wanted[0] === undefined ? undefined : calls.get(wanted[0])
  const revealed: Record<string, string> = {}
  for (const call of calls.values()) {
    const hidden = revealedCommand(call.command)
    if (hidden !== undefined) revealed[call.uid] = hidden
  }
  return {
    line,
    alike,
    calls: wanted.map((uid) => calls.get(uid)).filter((call) => call !== undefined),
    revealed,
    findings,
    chance: line.tier === 'time' ? chanceText(line.event, summary.attribution, summary.tests) : null,
    next: decidingLog(line, leader, summary),
    text: whyText(line, {
      summary,
      toolCall: (uid) => calls.get(uid),
      findings,
      groups: summary.tests,
      revealed: revealedCommand,
      ...(width !== undefined && { width }),
    }),
  }
}

/** The event of a uid, or the one that a pasted line stands for. */
export async function findAlarm(
  folder: string,
  asked: string,
  signal?: AbortSignal,
): Promise<Match | undefined> {
  if (isEventUid(asked)) {
    for await (const line of linesOfUids(folder, 'attributions.jsonl', new Set([asked]), signal)) {
      if (line.event.uid === asked) return { line, alike: 1 }
    }
    return undefined
  }
  // Lines that share an address with what was pasted come first; it may name only addresses that its event does not
  // carry (answers of a resolver), so then all are looked at.
  const needles = needlesOf(asked)
  for (const texts of needles.length > 0 ? [needles, []] : [[]]) {
    const finder = new EventFinder(asked)
    for await (const line of linesHolding(folder, 'attributions.jsonl', texts, signal)) finder.add(line)
    if (finder.match) return finder.match
  }
  return undefined
}

async function callsOf(folder: string, uids: readonly string[], signal: AbortSignal | undefined) {
  const wanted = new Set(uids)
  const calls = new Map<string, ToolCallLine>()
  if (wanted.size === 0) return calls
  for await (const call of linesOfUids(folder, 'toolcalls.jsonl', wanted, signal)) {
    if (wanted.has(call.uid)) calls.set(call.uid, call)
    if (calls.size === wanted.size) break
  }
  return calls
}

export interface StoryEntry {
  /** ISO 8601 in UTC. */
  readonly time: string
  readonly kind: 'call' | 'event'
  readonly uid: string
  readonly title: string
  readonly detail: string
  /** Of an event: the call held responsible, and how sure that is. */
  readonly toolCall: string | null
  readonly p: number | null
  /** The finding that rests on it. */
  readonly finding: string | null
}

export interface IncidentStory {
  readonly incident: IncidentSummary
  readonly findings: readonly FindingLine[]
  readonly techniques: readonly { readonly uid: string; readonly name: string }[]
  readonly entries: readonly StoryEntry[]
  /** Calls and events beyond those told. */
  readonly left: number
}

/** An incident in the order of its time. Undefined when the case has none of that uid. */
export async function incidentStory(
  folder: string,
  uid: string,
  signal?: AbortSignal,
): Promise<IncidentStory | undefined> {
  const incident = readSummary(folder).incidents.find((one) => one.uid === uid)
  if (!incident) return undefined
  const own = new Set(incident.findings)
  const findings: FindingLine[] = []
  for await (const finding of linesOfUids(folder, 'findings.jsonl', own, signal)) {
    if (own.has(finding.finding_info.uid)) findings.push(finding)
  }
  const findingOf = new Map<string, string>()
  for (const { finding_info: info, unmapped } of findings) {
    for (const id of [...unmapped.events, ...unmapped.toolCalls]) {
      if (!findingOf.has(id)) findingOf.set(id, info.uid)
    }
  }
  const eventUids = [...new Set(findings.flatMap(({ unmapped }) => unmapped.events))]
  const callUids = [
    ...new Set([...incident.toolCalls, ...findings.flatMap(({ unmapped }) => unmapped.toolCalls)]),
  ]
  const entries: StoryEntry[] = []
  for (const call of (await callsOf(folder, callUids.slice(0, storyMax), signal)).values()) {
    entries.push(callEntry(call, findingOf.get(call.uid) ?? null))
  }
  const events = new Set(eventUids.slice(0, storyMax))
  let missing = events.size
  if (missing > 0) {
    for await (const line of linesOfUids(folder, 'attributions.jsonl', events, signal)) {
      if (!events.has(line.event.uid)) continue
      entries.push(eventEntry(line, findingOf.get(line.event.uid) ?? null))
      if (--missing === 0) break
    }
  }
  return {
    incident,
    findings,
    techniques: [...new Map(findings.flatMap(techniquesOf).map((one) => [one.uid, one])).values()],
    entries: entries.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.kind < b.kind ? -1 : 1)),
    left: Math.max(0, eventUids.length - storyMax) + Math.max(0, callUids.length - storyMax),
  }
}

function callEntry(call: ToolCallLine, finding: string | null): StoryEntry {
  const hidden = revealedCommand(call.command)
  return {
    time: call.start,
    kind: 'call',
    uid: call.uid,
    title: call.name,
    detail: hidden === undefined ? call.command : `${call.command}\nwhich runs: ${hidden}`,
    toolCall: call.uid,
    p: null,
    finding,
  }
}

const classWords: Readonly<Record<string, string>> = {
  network_activity: 'connection',
  dns_activity: 'lookup',
  http_activity: 'request',
  ssh_activity: 'SSH',
}

function eventEntry({ event, toolCall, p }: AttributionLine, finding: string | null): StoryEntry {
  const to = `${event.name ?? event.dst}${event.port === null ? '' : `:${event.port}`}`
  return {
    time: event.time,
    kind: 'event',
    uid: event.uid,
    title: [event.disposition, event.rule ?? classWords[event.class] ?? event.class]
      .filter((part) => part !== null)
      .join(' '),
    detail: `${event.src} to ${to}`,
    toolCall,
    p: toolCall === null ? null : p,
    finding,
  }
}
