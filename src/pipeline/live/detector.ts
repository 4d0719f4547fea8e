// The detections on a recording, line by line: on the live stream and on a replay alike.
//
// It sees nothing but the lines as they were written, so a replay finds what the live run found, byte for byte.

import { BoundedMap } from '../../base/bounded-map.ts'
import type { SeenCall, SeenEvent } from '../../detections/api.ts'
import { startEngine } from '../../detections/engine.ts'
import { objectOf, type Row } from '../../importers/head-rows.ts'
import { begun } from '../../importers/network/journal-calls.ts'
import { journalEvent, kindOf, timeOf } from '../../importers/network/vigiles-journal.ts'
import type { Event } from '../../schema/event.ts'
import type { Finding } from '../../schema/finding.ts'
import type { DetectionFindingLine } from '../../schema/journal.ts'

/** What the detections found, with what the responses need to know. */
export interface LiveFinding {
  readonly finding: DetectionFindingLine['finding']
  /** Units that did it, by evidence; the newest first. */
  readonly units: readonly string[]
  /** Where the connections it rests on went, as the program asked for them: `name:port`, else `ip:port`. */
  readonly destinations: readonly string[]
  /** Connections it rests on. */
  readonly connections: readonly string[]
}

export interface Detector {
  /** One line of journal.jsonl, without its newline. What is no line of ours is passed over. */
  push(text: string): readonly LiveFinding[]
  /** The same line as it was read from its text. */
  see(line: object): readonly LiveFinding[]
  /** After the last line: what only the end shows. */
  end(): readonly LiveFinding[]
}

/** What is remembered of a line for the findings that will name it. */
interface Trace {
  readonly unit: string | undefined
  readonly connection: string | undefined
  readonly toolCall: string | undefined
  readonly destination: string | undefined
}

/** Lines and calls that a finding can still be led back to; the engine itself remembers no more. */
const tracesMax = 100_000

/** Calls whose command is remembered, for as much of it. */
const commandsMax = 1_000
const commandChars = 8_192

/** A command without what a shell takes away and /proc does not show. */
function bare(command: string): string {
  return command.slice(0, commandChars).replace(/[\s'"\\]/g, '')
}

export function startDetector(): Detector {
  const traces = new BoundedMap<number, Trace>(tracesMax)
  const callIndex = new BoundedMap<string, number>(tracesMax)
  const processes = new BoundedMap<string, true>(tracesMax)
  const commands = new BoundedMap<string, string>(commandsMax)
  let found: LiveFinding[] = []
  let line = 0
  const engine = startEngine({
    onFinding: (finding) => void found.push(liveFinding(finding, traces)),
  })
  return {
    push(text) {
      line++
      found = []
      const row = readRow(text)
      if (row) see(row)
      return found
    },
    see(read) {
      line++
      found = []
      const row = objectOf(read)
      if (row) see(row)
      return found
    },
    end() {
      found = []
      engine.end()
      return found
    },
  }

  function see(row: Row): void {
    const time = timeOf(row)
    const seq = typeof row.seq === 'number' ? row.seq : line
    if (!time) return
    if (row.class === 'execute_tool' || row.class === 'process_activity') {
      const call = callOf(row, seq)
      if (call) engine.push(call)
      return
    }
    const process = processOf(row)
    if (process) engine.push(process)
    const kind = kindOf(row)
    // An open line says less than what follows it: the bytes, or the end.
    if (!kind || row.activity === 'open') return
    const event = journalEvent(row, kind, seq)
    if (typeof event === 'string') return
    const actor = objectOf(row.actor)
    const label = labelOf(actor)
    const p = actor?.toolCall === undefined ? (label?.agreement ?? 0) : 1
    const cause =
      p < 0.5 ? undefined : callIndex.get(callKey(row.box, actor?.toolCall ?? label?.toolCall) ?? '')
    traces.set(seq, traceOf(row, actor))
    const dstName = event.observed?.sni ?? event.observed?.httpHost ?? event.dstEndpoint.hostname
    const { us, endUs } = spanOf(row, event)
    const seen: SeenEvent = {
      type: 'event',
      index: seq,
      event,
      us,
      ...(endUs !== undefined && { endUs }),
      ...(event.box !== undefined && { box: event.box }),
      ...(cause !== undefined && { cause: { call: cause, p }, callSeen: true as const }),
      ...(dstName !== undefined && { dstName }),
    }
    engine.push(seen)
  }

  /** The process behind a connection, once: what its call was told to run need not say what ran. */
  function processOf(row: Row): SeenCall | undefined {
    const process = objectOf(objectOf(row.actor)?.process)
    if (!process || typeof process.cmdLine !== 'string') return undefined
    const { pid, startTicks, cmdLine } = process
    const key = `${pid} ${startTicks} ${cmdLine.length} ${cmdLine.slice(0, 64)}`
    if (processes.has(key)) return undefined
    processes.set(key, true)
    const told = commands.get(callKey(row.box, objectOf(row.actor)?.toolCall) ?? '')
    if (told?.includes(bare(cmdLine.replace(/^\S{0,4096}\//, '')))) return undefined
    const seq = typeof row.seq === 'number' ? row.seq : line
    return callOf({ ...row, class: 'process_activity', activity: 'launch', process }, seq)
  }

  /** A call when it starts, and a process that the kernel saw: its command line is what was really run. */
  function callOf(row: Row, seq: number): SeenCall | undefined {
    const time = timeOf(row)
    if (!time || (row.activity !== 'start' && row.activity !== 'launch')) return undefined
    const actor = objectOf(row.actor)
    const process = objectOf(row.process)
    const id = row.class === 'execute_tool' ? row.toolCall : undefined
    const command = process ? process.cmdLine : row.command
    const name = process ? 'process' : row.name
    const draft = begun({ ...row, command, name }, typeof id === 'string' ? id : undefined, time, seq)
    const label = process && labelOf(actor)
    if (label) draft.label = label
    const key = callKey(row.box, id)
    if (key !== undefined) {
      callIndex.set(key, seq)
      commands.set(key, bare(draft.command))
    }
    traces.set(seq, { ...traceOf(row, actor), ...(typeof id === 'string' && { toolCall: id }) })
    const box = typeof row.box === 'string' ? row.box : undefined
    return {
      type: 'call',
      index: seq,
      call: draft,
      us: time.us,
      endUs: time.us,
      ...(box !== undefined && { box }),
    }
  }
}

/** What the agent's side says of a process or a connection. */
function labelOf(actor: Row | undefined): { toolCall: string; agreement: number } | undefined {
  const { toolCall, agreement } = objectOf(actor?.label) ?? {}
  return typeof toolCall === 'string' && typeof agreement === 'number' ? { toolCall, agreement } : undefined
}

/** A line at the end or in the middle says how long it has taken. µs. */
function spanOf(row: Row, event: Event): { us: number; endUs?: number } {
  const { us } = event.time
  if ((row.activity === 'close' || row.activity === 'traffic') && typeof row.duration === 'number')
    return { us: us - row.duration * 1000, endUs: us }
  return event.endTime ? { us, endUs: event.endTime.us } : { us }
}

function readRow(text: string): Row | undefined {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

function traceOf(row: Row, actor: Row | undefined): Trace {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return {
    unit: text(actor?.unit) ?? text(row.unit),
    connection: text(row.connection),
    toolCall: text(actor?.toolCall) ?? labelOf(actor)?.toolCall,
    destination: destinationOf(objectOf(row.dstEndpoint)),
  }
}

function destinationOf(endpoint: Row | undefined): string | undefined {
  const { hostname, ip, port } = endpoint ?? {}
  const host = typeof hostname === 'string' && hostname !== '' ? hostname : ip
  if (typeof host !== 'string' || host === '') return undefined
  return typeof port === 'number' ? `${host}:${port}` : host
}

function callKey(box: unknown, toolCall: unknown): string | undefined {
  return typeof toolCall === 'string' ? `${typeof box === 'string' ? box : ''}\0${toolCall}` : undefined
}

/** Lists of a finding are short: a line of the journal has a maximum. */
const listMax = 100

function liveFinding(finding: Finding, traces: BoundedMap<number, Trace>): LiveFinding {
  const evidence = [...finding.events, ...finding.toolCalls]
  const of = (pick: (trace: Trace) => string | undefined) => [
    ...new Set(evidence.flatMap((seq) => pick(traces.get(seq) ?? noTrace) ?? []).reverse()),
  ]
  const units = of(({ unit }) => unit)
  const connections = of(({ connection }) => connection).slice(0, listMax)
  const toolCalls = of(({ toolCall }) => toolCall).slice(0, listMax)
  const seqs = evidence.sort((a, b) => a - b).slice(0, listMax)
  return {
    units,
    connections,
    destinations: of(({ destination }) => destination).slice(0, listMax),
    finding: {
      uid: `${finding.detection}-${seqs[0] ?? 0}`,
      detection: finding.detection,
      kind: finding.kind,
      title: finding.title,
      severity: finding.severity,
      why: finding.why,
      attack: finding.attack,
      confidence: finding.confidence,
      destinations: finding.destinations,
      connections,
      toolCalls,
      units: units.slice(0, listMax),
      evidence: seqs,
      ...(finding.repeats !== undefined && { repeats: finding.repeats }),
    },
  }
}

const noTrace: Trace = { unit: undefined, connection: undefined, toolCall: undefined, destination: undefined }
