// Single events and calls of a case as plain objects again, made from the columns when somebody asks.

import { eventFlags } from '../attribution/api.ts'
import type { Time } from '../base/time.ts'
import { type Endpoint, type Event, eventClasses } from '../schema/event.ts'
import type { ToolCall } from '../schema/tool-call.ts'
import { allowedFlag, listSeparator, noExitCode, outcomes, timeSources, transports } from './batch-words.ts'
import type { EventDetail } from './event-rows.ts'
import type { CaseRows } from './merge.ts'

type Growing<T> = { -readonly [K in keyof T]: T[K] }

/** An event's time; the text the source wrote is decoded only when it is asked for. */
class EventTime implements Time {
  readonly us: number
  readonly spanUs: number
  readonly kind: Time['kind']
  readonly zone: Time['zone']
  readonly #merged: CaseRows
  readonly #index: number

  constructor(merged: CaseRows, index: number) {
    const { fromUs, spanUs, flags, clock } = merged.events
    this.us = fromUs[index]!
    this.spanUs = spanUs[index]!
    this.kind = flags[index]! & eventFlags.ingestTime ? 'ingest' : 'event'
    this.zone = merged.clocks[clock[index]!]!.zone
    this.#merged = merged
    this.#index = index
  }

  get source(): string {
    return this.#merged.sourceTime(this.#index)
  }
}

export function eventAt(merged: CaseRows, i: number): Event {
  const { events, clocks } = merged
  const texts = merged.texts.list
  const clock = clocks[events.clock[i]!]!
  const detailId = events.detail[i]!
  const detail = detailId === 0 ? noDetail : parseDetail(texts[detailId]!)
  const flags = events.flags[i]!
  const eventClass = eventClasses[events.class[i]!]!
  const event: Growing<Event> = {
    class: eventClass,
    time: new EventTime(merged, i),
    srcEndpoint: endpoint(texts[events.srcIp[i]!]!, events.srcPort[i]!, detail.srcHost),
    dstEndpoint: endpoint(texts[events.dstIp[i]!]!, events.dstPort[i]!, detail.dstHost),
    line: events.line[i]!,
  }
  const endUs = events.endUs[i]!
  if (!Number.isNaN(endUs))
    event.endTime = { us: endUs, spanUs: 1, kind: 'event', zone: clock.zone, source: '' }
  if (clock.sensor !== '') event.sensor = clock.sensor
  if (events.natIp[i] !== 0)
    event.natEndpoint = endpoint(texts[events.natIp[i]!]!, events.natPort[i]!, undefined)
  const transport = transports[events.transport[i]!]
  if (transport) event.transport = transport
  if (flags & eventFlags.blocked) event.disposition = 'blocked'
  else if (flags & allowedFlag) event.disposition = 'allowed'
  const rule = texts[events.rule[i]!]!
  if (rule !== '' || detail.reason !== undefined) {
    event.policy = {
      ...(rule === '' ? {} : { rule }),
      ...(detail.reason === undefined ? {} : { reason: detail.reason }),
    }
  }
  const outcome = outcomes[events.outcome[i]!]
  if (outcome) event.outcome = outcome
  const bytesOut = events.bytesOut[i]!
  if (!Number.isNaN(bytesOut)) event.bytesOut = bytesOut
  const bytesIn = events.bytesIn[i]!
  if (!Number.isNaN(bytesIn)) event.bytesIn = bytesIn
  if (events.connection[i] !== 0) event.connection = merged.connection(i)
  if (events.box[i] !== 0) event.box = texts[events.box[i]!]!
  if (detail !== noDetail) addDetail(event, detail)
  if (eventClass === 'dns_activity') {
    const { dnsType, rcode } = detail
    const hostname = texts[events.name[i]!]!
    const answers: string[] = []
    for (let k = events.answersStart[i]!; k < events.answersStart[i + 1]!; k++)
      answers.push(texts[events.answers[k]!]!)
    event.dns = {
      query: dnsType === undefined ? { hostname } : { hostname, type: dnsType },
      answers,
      ...(rcode === undefined ? {} : { rcode }),
    }
  }
  return event
}

function endpoint(ip: string, port: number, hostname: string | undefined): Endpoint {
  if (hostname !== undefined) return port === 0 ? { ip, hostname } : { ip, port, hostname }
  return port === 0 ? { ip } : { ip, port }
}

/** Details were written by `batch.ts` as JSON of an `EventDetail`; few differ, so they are kept parsed. */
const parsed = new Map<string, EventDetail>()
const parsedMax = 10_000
const noDetail: EventDetail = {}

function parseDetail(text: string): EventDetail {
  let detail = parsed.get(text)
  if (!detail) {
    detail = JSON.parse(text) as EventDetail
    if (parsed.size > parsedMax) parsed.clear()
    parsed.set(text, detail)
  }
  return detail
}

function addDetail(event: Growing<Event>, detail: EventDetail): void {
  const { alert, http, ssh, mining, bursts, api, process, observed, packetsOut, packetsIn, unmapped } = detail
  if (alert) event.alert = alert
  if (http) event.http = http
  if (ssh) event.ssh = ssh
  if (mining) event.mining = mining
  if (bursts) event.bursts = bursts
  if (api) event.api = api
  if (process) event.process = process
  if (observed) event.observed = observed
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  if (unmapped) event.unmapped = unmapped
}

export function callAt(merged: CaseRows, j: number, writes: ToolCall['writes']): ToolCall {
  const { calls } = merged
  const texts = merged.texts.list
  const { zone } = merged.clocks[calls.clock[j]!]!
  const hints = texts[calls.hints[j]!]!
  const call: Growing<ToolCall> = {
    name: texts[calls.name[j]!]!,
    command: merged.command(j),
    start: { us: calls.startUs[j]!, spanUs: 1, kind: 'event', zone, source: '' },
    uncertaintyMs: calls.uncertaintyUs[j]! / 1000,
    timeSource: timeSources[calls.timeSource[j]!]!,
    boxHints: hints === '' ? noHints : hints.split(listSeparator),
    line: calls.line[j]!,
  }
  const sourceId = merged.sourceId(j)
  if (sourceId !== '') call.sourceId = sourceId
  if (calls.run[j] !== 0) call.run = texts[calls.run[j]!]!
  if (calls.episode[j] !== 0) call.episode = texts[calls.episode[j]!]!
  if (calls.policyVersion[j] !== 0) call.policyVersion = texts[calls.policyVersion[j]!]!
  if (calls.turn[j]! >= 0) call.turn = calls.turn[j]!
  if (calls.step[j]! >= 0) call.step = calls.step[j]!
  const reward = calls.reward[j]!
  if (!Number.isNaN(reward)) call.reward = reward
  if (calls.exitCode[j] !== noExitCode) call.exitCode = calls.exitCode[j]!
  const endUs = calls.endUs[j]!
  if (!Number.isNaN(endUs)) call.end = { us: endUs, spanUs: 1, kind: 'event', zone, source: '' }
  if (writes) call.writes = writes
  return call
}

const noHints: readonly string[] = []
