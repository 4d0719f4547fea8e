// What reading one file (or one part of it) gives: columns with a text list of their own, ready to be sent to
// another thread and merged there.

import { eventFlags } from '../attribution/api.ts'
import type { Time } from '../base/time.ts'
import type { Sink } from '../importers/api.ts'
import { rejectText } from '../importers/read.ts'
import { type Event, eventClasses } from '../schema/event.ts'
import type { Issue } from '../schema/issue.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { type CallText, callText } from './call-text.ts'
import { f64, i32, TextColumn, Texts, u8, u16, u32 } from './grow.ts'

/** Separates the names of one list inside a text id. */
export const listSeparator = '\u0000'

export const transports = ['', 'tcp', 'udp', 'icmp', 'other'] as const
export const outcomes = ['', 'established', 'refused', 'no-answer', 'reset'] as const
export const timeSources = [
  'executor',
  'span',
  'transcript',
  'next-record',
  'batch',
  'episode',
  'file',
] as const
/** Beside `eventFlags`: the record says it was let through. */
export const allowedFlag = 32

export interface BatchClock {
  readonly sensor: string
  readonly zone: Time['zone']
  readonly side: 'network' | 'agent'
}

/** Files a call put in place and files it runs, so that one can be tied to the other. */
export interface CallFiles {
  readonly call: number
  readonly writes: readonly { readonly path: string; readonly text: CallText }[]
  readonly runs: readonly string[]
  /** What the tool itself wrote, whole: detections read it when the file is run. */
  readonly raw?: NonNullable<ToolCall['writes']>
}

export type EventBatch = ReturnType<EventCollector['finish']>
export type CallBatch = ReturnType<CallCollector['finish']>

export interface Batch {
  readonly texts: readonly string[]
  readonly clocks: readonly BatchClock[]
  readonly events: EventBatch
  readonly calls: CallBatch
  readonly files: readonly CallFiles[]
  readonly boxes: readonly TopologyEntry[]
  readonly episodes: readonly EpisodeRecord[]
  readonly outcomes: readonly ToolOutcome[]
  readonly rejected: number
  readonly skipped: ReadonlyMap<string, number>
}

/** The sink of one file or part; `onReject` keeps what was refused. */
export class BatchSink implements Sink {
  readonly #texts = new Texts()
  readonly #clocks: BatchClock[] = []
  readonly #clockIds = new Map<string, number>()
  readonly #events = new EventCollector(this.#texts)
  readonly #calls = new CallCollector(this.#texts)
  readonly #boxes: TopologyEntry[] = []
  readonly #episodes: EpisodeRecord[] = []
  readonly #outcomes: ToolOutcome[] = []
  readonly #skipped = new Map<string, number>()
  readonly #onReject: (issue: Issue) => void
  #rejected = 0

  constructor(onReject: (issue: Issue) => void) {
    this.#onReject = onReject
  }

  event(event: Event): void {
    this.#events.push(event, this.#clock(event.sensor ?? '', event.time.zone, 'network'))
  }

  toolCall(call: ToolCall): void {
    this.#calls.push(call, this.#clock(call.sensor ?? '', call.start.zone, 'agent'))
  }

  outcome(outcome: ToolOutcome): void {
    this.#outcomes.push(outcome)
  }

  episode(episode: EpisodeRecord): void {
    this.#episodes.push(episode)
  }

  box(entry: TopologyEntry): void {
    this.#boxes.push(entry)
  }

  reject(line: number, reason: string, text: string): void {
    this.#rejected++
    this.#onReject({ line, reason, text: rejectText(text) })
  }

  skip(why: string): void {
    this.#skipped.set(why, (this.#skipped.get(why) ?? 0) + 1)
  }

  finish(): Batch {
    return {
      texts: this.#texts.list,
      clocks: this.#clocks,
      events: this.#events.finish(),
      calls: this.#calls.finish(),
      files: this.#calls.files,
      boxes: this.#boxes,
      episodes: this.#episodes,
      outcomes: this.#outcomes,
      rejected: this.#rejected,
      skipped: this.#skipped,
    }
  }

  #clock(sensor: string, zone: Time['zone'], side: BatchClock['side']): number {
    const key = `${side} ${zone} ${sensor}`
    let id = this.#clockIds.get(key)
    if (id === undefined) {
      // A hostile log could name a new sensor in every line; past the limit they share one clock.
      id = this.#clocks.length < 1_000 ? this.#clocks.length : 999
      this.#clockIds.set(key, id)
      if (id === this.#clocks.length) this.#clocks.push({ sensor, zone, side })
    }
    return id
  }
}

class EventCollector {
  readonly #texts: Texts
  #n = 0
  readonly #c = {
    fromUs: f64(),
    spanUs: f64(),
    endUs: f64(),
    clock: u16(),
    srcIp: u32(),
    dstIp: u32(),
    natIp: u32(),
    srcPort: u16(),
    dstPort: u16(),
    natPort: u16(),
    name: u32(),
    rule: u32(),
    box: u32(),
    identity: u32(),
    connection: u32(),
    class: u8(),
    transport: u8(),
    flags: u8(),
    outcome: u8(),
    bytesOut: f64(),
    bytesIn: f64(),
    answersEnd: u32(),
    answers: u32(),
    detail: u32(),
    line: u32(),
  }
  readonly #source = new TextColumn()

  constructor(texts: Texts) {
    this.#texts = texts
  }

  push(event: Event, clock: number): void {
    const c = this.#c
    const texts = this.#texts
    this.#n++
    c.fromUs.push(event.time.us)
    c.spanUs.push(event.time.spanUs)
    c.endUs.push(event.endTime ? event.endTime.us : Number.NaN)
    c.clock.push(clock)
    c.srcIp.push(texts.id(event.srcEndpoint.ip))
    c.dstIp.push(texts.id(event.dstEndpoint.ip))
    c.natIp.push(texts.id(event.natEndpoint?.ip))
    c.srcPort.push(event.srcEndpoint.port ?? 0)
    c.dstPort.push(event.dstEndpoint.port ?? 0)
    c.natPort.push(event.natEndpoint?.port ?? 0)
    c.name.push(texts.id(bestName(event)))
    c.rule.push(texts.id(event.policy?.rule))
    c.box.push(texts.id(event.box))
    c.identity.push(texts.id(event.actor?.tier === 'identity' ? event.actor.toolCall : undefined))
    c.connection.push(texts.id(event.connection))
    c.class.push(eventClasses.indexOf(event.class))
    c.transport.push(event.transport ? transports.indexOf(event.transport) : 0)
    c.flags.push(flagsOf(event))
    c.outcome.push(event.outcome ? outcomes.indexOf(event.outcome) : 0)
    c.bytesOut.push(event.bytesOut ?? Number.NaN)
    c.bytesIn.push(event.bytesIn ?? Number.NaN)
    for (const answer of event.dns?.answers ?? []) c.answers.push(texts.id(answer.toLowerCase()))
    c.answersEnd.push(c.answers.length)
    c.detail.push(texts.id(detailOf(event)))
    c.line.push(event.line)
    this.#source.push(event.time.source)
  }

  finish() {
    const c = this.#c
    return {
      n: this.#n,
      fromUs: c.fromUs.finish(),
      spanUs: c.spanUs.finish(),
      endUs: c.endUs.finish(),
      clock: c.clock.finish(),
      srcIp: c.srcIp.finish(),
      dstIp: c.dstIp.finish(),
      natIp: c.natIp.finish(),
      srcPort: c.srcPort.finish(),
      dstPort: c.dstPort.finish(),
      natPort: c.natPort.finish(),
      name: c.name.finish(),
      rule: c.rule.finish(),
      box: c.box.finish(),
      identity: c.identity.finish(),
      connection: c.connection.finish(),
      class: c.class.finish(),
      transport: c.transport.finish(),
      flags: c.flags.finish(),
      outcome: c.outcome.finish(),
      bytesOut: c.bytesOut.finish(),
      bytesIn: c.bytesIn.finish(),
      answersEnd: c.answersEnd.finish(),
      answers: c.answers.finish(),
      detail: c.detail.finish(),
      line: c.line.finish(),
      source: this.#source.finish(),
    }
  }
}

class CallCollector {
  readonly #texts: Texts
  #n = 0
  readonly files: CallFiles[] = []
  readonly #c = {
    startUs: f64(),
    endUs: f64(),
    uncertaintyUs: f64(),
    clock: u16(),
    hints: u32(),
    episode: u32(),
    run: u32(),
    policyVersion: u32(),
    name: u32(),
    step: i32(),
    turn: i32(),
    reward: f64(),
    toolClass: u8(),
    flags: u8(),
    timeSource: u8(),
    targetsEnd: u32(),
    targets: u32(),
    targetPort: u16(),
    targetVia: u8(),
    line: u32(),
  }
  readonly #command = new TextColumn()
  readonly #sourceId = new TextColumn()

  constructor(texts: Texts) {
    this.#texts = texts
  }

  push(call: ToolCall, clock: number): void {
    const c = this.#c
    const texts = this.#texts
    const text = callText(call)
    if (text.files)
      this.files.push({ call: this.#n, ...text.files, ...(call.writes ? { raw: call.writes } : {}) })
    this.#n++
    c.startUs.push(call.start.us)
    c.endUs.push(call.end ? call.end.us + (call.end.spanUs > 1 ? call.end.spanUs : 0) : Number.NaN)
    c.uncertaintyUs.push(call.uncertaintyMs * 1000)
    c.clock.push(clock)
    c.hints.push(texts.id(call.boxHints.join(listSeparator)))
    c.episode.push(texts.id(call.episode))
    c.run.push(texts.id(call.run))
    c.policyVersion.push(texts.id(call.policyVersion))
    c.name.push(texts.id(call.name))
    c.step.push(call.step ?? -1)
    c.turn.push(call.turn ?? -1)
    c.reward.push(call.reward ?? Number.NaN)
    c.toolClass.push(text.toolClass)
    c.flags.push(text.flags)
    c.timeSource.push(timeSources.indexOf(call.timeSource))
    for (const target of text.targets) {
      c.targets.push(texts.id(target.text))
      c.targetPort.push(target.port)
      c.targetVia.push(target.via)
    }
    c.targetsEnd.push(c.targets.length)
    c.line.push(call.line)
    this.#command.push(call.command)
    this.#sourceId.push(call.sourceId ?? '')
  }

  finish() {
    const c = this.#c
    return {
      n: this.#n,
      startUs: c.startUs.finish(),
      endUs: c.endUs.finish(),
      uncertaintyUs: c.uncertaintyUs.finish(),
      clock: c.clock.finish(),
      hints: c.hints.finish(),
      episode: c.episode.finish(),
      run: c.run.finish(),
      policyVersion: c.policyVersion.finish(),
      name: c.name.finish(),
      step: c.step.finish(),
      turn: c.turn.finish(),
      reward: c.reward.finish(),
      toolClass: c.toolClass.finish(),
      flags: c.flags.finish(),
      timeSource: c.timeSource.finish(),
      targetsEnd: c.targetsEnd.finish(),
      targets: c.targets.finish(),
      targetPort: c.targetPort.finish(),
      targetVia: c.targetVia.finish(),
      line: c.line.finish(),
      command: this.#command.finish(),
      sourceId: this.#sourceId.finish(),
    }
  }
}

function bestName(event: Event): string | undefined {
  const observed = event.observed
  const asked = [
    observed?.sni,
    observed?.httpHost,
    event.dns?.query.hostname,
    observed?.dnsName,
    event.dstEndpoint.hostname,
  ]
  for (const name of asked) {
    if (name === undefined) continue
    const host = hostOnly(name)
    // What comes back through a tunnel asks for the tunnel's own end: that names no destination.
    if (host === 'localhost' || host.endsWith('.localhost')) continue
    return host
  }
  return undefined
}

/** Lower case, without a final dot or a port. */
function hostOnly(name: string): string {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  const colon = bare.indexOf(':')
  return (colon > 0 && bare.indexOf(':', colon + 1) < 0 ? bare.slice(0, colon) : bare).toLowerCase()
}

function flagsOf(event: Event): number {
  let flags = 0
  if (event.alert) flags |= eventFlags.alert
  if (event.disposition === 'blocked') flags |= eventFlags.blocked
  if (event.disposition === 'allowed') flags |= allowedFlag
  if (event.outcome === 'established') flags |= eventFlags.established
  else if (event.outcome) flags |= eventFlags.failed
  if (event.time.kind === 'ingest') flags |= eventFlags.ingestTime
  return flags
}

/** The members that have no column; most records have none, and alerts of one rule share theirs. */
export type EventDetail = Pick<
  Event,
  'alert' | 'http' | 'ssh' | 'mining' | 'bursts' | 'api' | 'process' | 'observed'
> & {
  readonly reason?: string
  readonly srcHost?: string
  readonly dstHost?: string
  readonly dnsType?: string
  readonly rcode?: string
  readonly packetsOut?: number
  readonly packetsIn?: number
}

function detailOf(event: Event): string | undefined {
  const detail = {
    alert: event.alert,
    http: event.http,
    ssh: event.ssh,
    mining: event.mining,
    bursts: event.bursts,
    api: event.api,
    process: event.process,
    observed: event.observed,
    reason: event.policy?.reason,
    srcHost: event.srcEndpoint.hostname,
    dstHost: event.dstEndpoint.hostname,
    dnsType: event.dns?.query.type,
    rcode: event.dns?.rcode,
  }
  for (const value of Object.values(detail)) if (value !== undefined) return JSON.stringify(detail)
  return undefined
}
