// Runs the detections over a case: routes items by what each listens to, and makes hits into findings.
//
// One fact is one finding. What is seen again is folded into it (evidence, times, a count), and the finding is
// handed out again at 10, 100, 1000… sightings, so that neither a flood nor a steady drip hides anything.

import { BoundedMap } from '../base/bounded-map.ts'
import { type Severity, severities } from '../schema/event.ts'
import type { Finding, FindingKind } from '../schema/finding.ts'
import type { Detection, Hit, Seen, SeenCall, SeenEvent } from './api.ts'
import { createCallReader } from './call-reader.ts'
import { detections as allDetections } from './registry.generated.ts'
import { namesOf, printable, subject } from './words.ts'

/** What happens there: evidence beyond the maxima is counted in `repeats`; the oldest call or fact makes room. */
export const engineLimits = {
  facts: 100_000,
  eventsPerFinding: 1_000,
  callsPerFinding: 200,
  destinationsPerFinding: 64,
  /** Calls whose events are remembered, or awaited, to stand beside the call. */
  calls: 100_000,
  eventsPerCall: 50,
} as const

interface Draft {
  readonly detection: Detection
  readonly order: number
  kind: FindingKind
  title: string
  why: string
  severity: Severity
  confidence: number
  box: string | undefined
  readonly attack: Set<string>
  readonly events: Set<number>
  readonly toolCalls: Set<number>
  readonly destinations: Set<string>
  firstUs: number
  lastUs: number
  hits: number
  /** The list of evidence that came last, and how much of it is in. */
  taken: readonly Seen[] | undefined
  takenTo: number
}

export interface Engine {
  /** Items come in the order of their corrected times. */
  push(item: Seen): void
  /** After the last item: every finding in its final form, in the order of first evidence. */
  end(): Finding[]
  /** Findings that made room for newer ones (`engineLimits.facts`). */
  readonly evicted: number
}

export interface EngineOptions {
  readonly detections?: readonly Detection[]
  /** Called when a fact is first seen, and again with its grown form at 10, 100, 1000… sightings. */
  readonly onFinding?: (finding: Finding) => void
  /** False: every call is looked at closely, also where its words say that there is nothing. The findings are the same. */
  readonly hasty?: boolean
}

export function startEngine({
  detections = allDetections,
  onFinding,
  hasty = true,
}: EngineOptions = {}): Engine {
  const shared = createCallReader()
  const running = detections.map((detection) => ({ detection, watcher: detection.start(shared) }))
  // A plain call of which no detection finds what it needs is shown only to those that ask for every call.
  const needs = hasty ? detections.flatMap((detection) => detection.needs ?? []) : []
  const anyNeed = new RegExp(needs.map(({ source }) => `(?:${source})`).join('|'), 'i')
  const askForAll = running.filter(
    ({ detection }) => detection.listensTo.includes('execute_tool') && !detection.needs,
  )
  const byKind = new Map<string, typeof running>()
  const none: typeof running = []
  for (const entry of running) {
    for (const kind of entry.detection.listensTo) {
      const list = byKind.get(kind)
      if (list) list.push(entry)
      else byKind.set(kind, [entry])
    }
  }
  const facts = new BoundedMap<string, Draft>(engineLimits.facts)
  const draftsByCall = new BoundedMap<number, Set<Draft>>(engineLimits.calls)
  const eventsByCall = new BoundedMap<number, SeenEvent[]>(engineLimits.calls)
  let order = 0

  function push(item: Seen): void {
    const cause = item.type === 'event' ? item.cause : undefined
    if (item.type === 'event' && cause) joinLater(item, cause.call)
    const kind = item.type === 'call' ? 'execute_tool' : item.event.class
    const listening = item.type === 'call' && isNothing(item) ? askForAll : (byKind.get(kind) ?? none)
    for (const { detection, watcher } of listening) {
      const hits = watcher.on(item)
      if (hits.length > 0) for (const hit of hits) take(detection, hit)
    }
  }

  function isNothing(item: SeenCall): boolean {
    return needs.length > 0 && shared.isPlain(item) && !anyNeed.test(item.call.command)
  }

  function take(detection: Detection, hit: Hit): void {
    const [first] = hit.evidences
    if (!first) return
    const who = whose(hit.evidences)
    const key = `${detection.id}|${who}|${hit.fact ?? hit.destinations?.[0] ?? ''}`
    let draft = facts.get(key)
    if (!draft) {
      draft = {
        detection,
        order: order++,
        kind: hit.kind ?? detection.kind,
        title: hit.title,
        why: hit.why,
        severity: hit.severity ?? detection.severity,
        confidence: hit.confidence ?? detection.confidence,
        box: undefined,
        attack: new Set(hit.attack ?? detection.attack),
        events: new Set(),
        toolCalls: new Set(),
        destinations: new Set(),
        firstUs: Number.POSITIVE_INFINITY,
        lastUs: Number.NEGATIVE_INFINITY,
        hits: 0,
        taken: undefined,
        takenTo: 0,
      }
      facts.set(key, draft)
    } else if (rank(hit.severity ?? detection.severity) > rank(draft.severity)) {
      // The graver sighting names it.
      draft.severity = hit.severity ?? detection.severity
      draft.title = hit.title
      draft.why = hit.why
      draft.kind = hit.kind ?? detection.kind
    } else if (detection.growing) {
      draft.title = hit.title
      draft.why = hit.why
    }
    draft.hits++
    draft.confidence = Math.max(draft.confidence, hit.confidence ?? detection.confidence)
    for (const technique of hit.attack ?? []) draft.attack.add(technique)
    for (const destination of hit.destinations ?? []) {
      if (draft.destinations.size < engineLimits.destinationsPerFinding) draft.destinations.add(destination)
    }
    const callsBefore = draft.toolCalls.size
    addEvidences(draft, hit.evidences)
    // Another call that does the same is news to whoever has to stop it.
    if (onFinding && (isPowerOfTen(draft.hits) || draft.toolCalls.size > callsBefore))
      onFinding(toFinding(draft))
  }

  /** A growing list of events is handed over with every hit: what stood in it before is in the draft. */
  function addEvidences(draft: Draft, evidences: readonly Seen[]): void {
    const end = Math.min(evidences.length, engineLimits.eventsPerFinding)
    let onlyEvents = true
    for (let e = evidences === draft.taken ? draft.takenTo : 0; e < end; e++) {
      const item = evidences[e]!
      if (item.type === 'call') onlyEvents = false
      addEvidence(draft, item)
    }
    draft.taken = onlyEvents ? evidences : undefined
    draft.takenTo = end
  }

  function addEvidence(draft: Draft, item: Seen): void {
    draft.box ??= item.box
    draft.firstUs = Math.min(draft.firstUs, item.us)
    if (item.type === 'call') {
      draft.lastUs = Math.max(draft.lastUs, item.us)
      if (draft.toolCalls.size < engineLimits.callsPerFinding) draft.toolCalls.add(item.index)
      const waiting = draftsByCall.get(item.index)
      if (waiting) waiting.add(draft)
      else draftsByCall.set(item.index, new Set([draft]))
      for (const event of eventsByCall.get(item.index) ?? []) joinEvent(draft, event)
      return
    }
    draft.lastUs = Math.max(draft.lastUs, item.endUs ?? item.us)
    if (draft.events.size < engineLimits.eventsPerFinding) draft.events.add(item.index)
    if (item.cause && draft.toolCalls.size < engineLimits.callsPerFinding)
      draft.toolCalls.add(item.cause.call)
  }

  /** The events a call caused stand beside the findings that name the call, whichever came first. */
  function joinLater(item: SeenEvent, call: number): void {
    const drafts = draftsByCall.get(call)
    if (drafts) for (const draft of drafts) joinEvent(draft, item)
    const list = eventsByCall.get(call)
    if (!list) eventsByCall.set(call, [item])
    else if (list.length < engineLimits.eventsPerCall) list.push(item)
  }

  function joinEvent(draft: Draft, item: SeenEvent): void {
    if (!concerns(draft.destinations, item)) return
    if (draft.events.size < engineLimits.eventsPerFinding) draft.events.add(item.index)
    draft.firstUs = Math.min(draft.firstUs, item.us)
    draft.lastUs = Math.max(draft.lastUs, item.endUs ?? item.us)
  }

  function end(): Finding[] {
    for (const { detection, watcher } of running) for (const hit of watcher.end()) take(detection, hit)
    return [...facts.values()]
      .sort((a, b) => a.firstUs - b.firstUs || a.order - b.order)
      .map((draft) => toFinding(draft))
  }

  return {
    push,
    end,
    get evicted() {
      return facts.evicted
    },
  }
}

/** All findings of a case, in the order of first evidence. */
export function detect(items: Iterable<Seen>, detections?: readonly Detection[]): Finding[] {
  const engine = startEngine(detections ? { detections } : {})
  for (const item of items) engine.push(item)
  return engine.end()
}

/** Without destinations all of a call's events concern it; else those that went there, or asked for the name. */
function concerns(destinations: ReadonlySet<string>, item: SeenEvent): boolean {
  if (destinations.size === 0) return true
  const { ip, port } = item.event.dstEndpoint
  const names = namesOf(item)
  for (const destination of destinations) {
    const [, host = '', asked] = /^\[?(.*?)\]?(?::(\d{1,5}))?$/.exec(destination) ?? []
    if (host === ip || names.includes(host.toLowerCase())) return true
    // The command names a host and the record only an address: the port has to do.
    if (asked !== undefined && Number(asked) === port && names.length === 0 && !/^[\d.]+$/.test(host))
      return true
  }
  return false
}

function toFinding(draft: Draft): Finding {
  return {
    detection: draft.detection.id,
    kind: draft.kind,
    title: printable(draft.title),
    severity: draft.severity,
    attack: [...draft.attack],
    confidence: draft.confidence,
    ...(draft.box !== undefined ? { box: draft.box } : {}),
    events: [...draft.events].sort((a, b) => a - b),
    toolCalls: [...draft.toolCalls].sort((a, b) => a - b),
    destinations: [...draft.destinations],
    firstUs: draft.firstUs,
    lastUs: draft.lastUs,
    why: printable(draft.why, 1_000),
    ...(draft.hits > 1 ? { repeats: draft.hits - 1 } : {}),
  }
}

/** The first of the evidence that tells whom it is about. */
function whose(evidences: readonly Seen[]): string {
  for (const item of evidences) {
    const name = subject(item)
    if (name !== undefined) return name
  }
  return ''
}

function rank(severity: Severity): number {
  return severities.indexOf(severity)
}

function isPowerOfTen(n: number): boolean {
  let value = n
  while (value % 10 === 0) value /= 10
  return value === 1
}
