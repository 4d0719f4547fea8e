// What `vigiles run` recorded: journal.jsonl, a line an event, each holding the hash of the one before.
// {"_schema":"vigiles/event/v1","seq":7,"time":"2026-11-24T08:00:00.123456Z","class":"network_activity","activity":"open",
//  "connection":"c-3","box":"run-1","srcEndpoint":{"ip":"10.8.0.2","port":40112},"dstEndpoint":{"ip":"203.0.113.9","port":443,
//  "hostname":"api.example.com"},"disposition":"allowed","actor":{"toolCall":"call_1","tier":"identity"},…}
// Between `open` and `close` a connection may have `traffic` lines, which say what its bytes are.
// A line of class `aggregate` stands for `count` refusals that were alike, and is one event.
// Whether the chain of hashes holds is for `vigiles verify` to say.

import { BoundedMap } from '../../base/bounded-map.ts'
import { parseIso, type Time } from '../../base/time.ts'
import type { Endpoint, Event } from '../../schema/event.ts'
import { defineJsonLinesImporter } from '../api.ts'
import { firstRows, objectOf, type Row } from '../head-rows.ts'
import { JournalCalls } from './journal-calls.ts'
import { countOf, type EventDraft, ipOf, keep, portOf, shown, textOf, transportOf } from './parts.ts'

/** Open connections whose beginning is remembered for their end. */
const openMax = 100_000

const classes = new Map<unknown, Event['class']>([
  ['network_activity', 'network_activity'],
  ['dns_activity', 'dns_activity'],
  ['http_activity', 'http_activity'],
  ['tls_activity', 'tls_activity'],
  ['ssh_activity', 'ssh_activity'],
  ['aggregate', 'network_activity'],
])

/** Lines that are no connection, by class; anything else is counted together. */
const skipReasons = new Map<unknown, string>([
  ['process_activity', 'process_activity: a process, no connection'],
  ['detection_finding', 'detection_finding: found again from its evidence'],
  ['api_activity', 'api_activity: an act of the operator'],
  ['start', 'start: the journal about itself'],
  ['checkpoint', 'checkpoint: the journal about itself'],
  ['seal', 'seal: the journal about itself'],
  ['recovered', 'recovered: the journal about itself'],
  ['clock_step', 'clock_step: the journal about itself'],
])

const outcomes: readonly unknown[] = [
  'established',
  'refused',
  'no-answer',
  'reset',
] satisfies Event['outcome'][]

export const vigilesJournal = defineJsonLinesImporter({
  id: 'vigiles-journal',
  name: 'Vigiles journal, journal.jsonl',
  family: 'network',
  documentation: 'https://schema.ocsf.io/1.8.0/classes/network_activity',
  recognises: (head) => firstRows(head).some(isJournal),
  start(sink) {
    const begun = new BoundedMap<string, Time>(openMax)
    const calls = new JournalCalls(sink)
    const runs = new BoundedMap<string, string>(openMax)
    return {
      row(row, line, text) {
        if (!isJournal(row)) {
          sink.reject(line, 'no _schema vigiles/event/v1: not a line of a journal', text)
          return
        }
        if (row.class === 'execute_tool') {
          learnUnit(row, runs)
          const time = timeOf(row)
          if (time) calls.row(row, time, line)
          else sink.reject(line, `time is not a time: ${shown(row.time)}`, text)
          return
        }
        const kind = kindOf(row)
        if (!kind) {
          sink.skip(skipReasons.get(row.class) ?? 'another class, no connection')
          return
        }
        const event = journalEvent(row, kind, line)
        if (typeof event === 'string') {
          sink.reject(line, event, text)
          return
        }
        if (kind === 'network_activity') close(event, row, begun)
        if (!event.actor) byUnit(event, objectOf(row.actor), runs)
        sink.event(event)
      },
      end: () => calls.end(),
    }
  },
})

/** Refused lookups of one name are lookups; of several, they are only counted. */
export function kindOf(row: Row): Event['class'] | undefined {
  return row.class === 'aggregate' && row.of === 'dns_activity' && objectOf(row.query)
    ? 'dns_activity'
    : classes.get(row.class)
}

function isJournal(row: Row): boolean {
  return row._schema === 'vigiles/event/v1'
}

/** The event a line is, or what is wrong with it. */
export function journalEvent(row: Row, kind: Event['class'], line: number): EventDraft | string {
  const time = timeOf(row)
  if (!time) return `time is not a time: ${shown(row.time)}`
  const dst = endpoint(row.dstEndpoint)
  const src = endpoint(row.srcEndpoint)
  if (!dst && kind !== 'dns_activity' && row.class !== 'aggregate')
    return 'no dstEndpoint: a connection to nowhere'
  const event: EventDraft = {
    class: kind,
    time,
    srcEndpoint: src ?? { ip: '' },
    dstEndpoint: dst ?? { ip: '' },
    line,
  }
  if (row.disposition === 'allowed' || row.disposition === 'blocked') event.disposition = row.disposition
  const transport = transportOf(row.transport)
  if (transport !== undefined) event.transport = transport
  const connection = textOf(row.connection)
  if (connection !== undefined) event.connection = connection
  const box = textOf(row.box)
  if (box !== undefined) event.box = box
  const policy = objectOf(row.policy)
  const [rule, reason] = [textOf(policy?.rule), textOf(policy?.reason)]
  if (rule !== undefined || reason !== undefined) {
    event.policy = { ...(rule !== undefined && { rule }), ...(reason !== undefined && { reason }) }
  }
  const bytesIn = countOf(row.bytesIn)
  const bytesOut = countOf(row.bytesOut)
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  const outcome = row.outcome
  if (isOutcome(outcome)) event.outcome = outcome
  observed(event, objectOf(row.observed))
  if (row.class === 'aggregate') aggregate(event, row)
  if (kind === 'http_activity') http(event, objectOf(row.http))
  if (kind === 'ssh_activity') ssh(event, objectOf(row.ssh))
  if (kind === 'dns_activity') {
    const query = objectOf(row.query)
    const hostname = textOf(query?.hostname)
    if (hostname === undefined) return 'no query: a dns line without a name that was asked for'
    event.dns = dnsOf(row, hostname, textOf(query?.type))
  }
  const mining = objectOf(row.mining)
  if (mining) event.mining = miningOf(mining)
  const bursts = objectOf(row.bursts)
  if (bursts) event.bursts = burstsOf(bursts)
  actor(event, objectOf(row.actor))
  keep(event, 'activity', textOf(row.activity))
  if (row.wouldBlock === true) keep(event, 'would_block', true)
  return event
}

/** When it happened, which may be before it was written. */
export function timeOf(row: Row): Time | undefined {
  for (const time of [row.at, row.time]) {
    const parsed = typeof time === 'string' ? parseIso(time) : undefined
    if (parsed) return parsed
  }
  return undefined
}

function isOutcome(value: unknown): value is NonNullable<Event['outcome']> {
  return outcomes.includes(value)
}

/** Refusals from the first to the last of them. */
function aggregate(event: EventDraft, row: Row): void {
  const [first, last] = [row.firstTime, row.lastTime].map((time) =>
    typeof time === 'string' ? parseIso(time) : undefined,
  )
  if (first) event.time = first
  if (last && last.us >= event.time.us) event.endTime = last
  keep(event, 'count', countOf(row.count))
  const names = objectOf(row.destinations)?.first
  if (Array.isArray(names)) keep(event, 'destinations', textOf(names.slice(0, 64).join(', ')))
}

function http(event: EventDraft, row: Row | undefined): void {
  const [method, path, userAgent, status] = [
    textOf(row?.method),
    textOf(row?.path),
    textOf(row?.userAgent),
    countOf(row?.status),
  ]
  event.http = {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(userAgent !== undefined && { userAgent }),
    ...(status !== undefined && { status }),
  }
  const host = textOf(row?.host)
  if (host !== undefined && event.observed?.httpHost === undefined) {
    event.observed = { ...event.observed, httpHost: host }
  }
}

function miningOf(row: Row): NonNullable<Event['mining']> {
  const methods = Array.isArray(row.methods)
    ? row.methods.slice(0, 32).flatMap((one) => textOf(one) ?? [])
    : []
  const [agent, worker] = [textOf(row.agent), textOf(row.worker)]
  return { methods, ...(agent !== undefined && { agent }), ...(worker !== undefined && { worker }) }
}

function burstsOf(row: Row): NonNullable<Event['bursts']> {
  const count = (name: string) => countOf(row[name]) ?? 0
  return {
    serverFirst: count('serverFirst'),
    serverFirstAnswered: count('serverFirstAnswered'),
    serverFirstLargeAnswered: count('serverFirstLargeAnswered'),
    clientFirst: count('clientFirst'),
    clientFirstAnswered: count('clientFirstAnswered'),
    serverPayloadMean: count('serverPayloadMean'),
  }
}

function ssh(event: EventDraft, row: Row | undefined): void {
  const [client, server] = [textOf(row?.client), textOf(row?.server)]
  event.ssh = {
    ...(client !== undefined && { client }),
    ...(server !== undefined && { server }),
    ...(row?.asksToListen === true && { asksToListen: true }),
  }
}

function endpoint(value: unknown): Endpoint | undefined {
  const row = objectOf(value)
  if (!row) return undefined
  const hostname = textOf(row.hostname)
  const ip = ipOf(row.ip) ?? (hostname === undefined ? undefined : '')
  if (ip === undefined) return undefined
  const port = portOf(row.port)
  return { ip, ...(port !== undefined && { port }), ...(hostname !== undefined && { hostname }) }
}

function observed(event: EventDraft, row: Row | undefined): void {
  if (!row) return
  const kept: Record<string, string | string[]> = {}
  for (const word of ['dnsName', 'sni', 'httpHost', 'protocol'] as const) {
    const value = textOf(row[word])
    if (value !== undefined) kept[word] = value
  }
  const alpn = Array.isArray(row.alpn) ? row.alpn.slice(0, 16).flatMap((one) => textOf(one) ?? []) : []
  if (alpn.length > 0) kept.alpn = alpn
  if (Object.keys(kept).length > 0) event.observed = kept
}

function dnsOf(row: Row, hostname: string, type: string | undefined): NonNullable<Event['dns']> {
  const answers = Array.isArray(row.answers)
    ? row.answers.slice(0, 32).flatMap((one) => textOf(one) ?? [])
    : []
  const rcode = textOf(row.rcode)
  return {
    query: { hostname, ...(type !== undefined && { type }) },
    ...(answers.length > 0 && { answers }),
    ...(rcode !== undefined && { rcode }),
  }
}

/** Identity only where the supervisor made the boundary; an agent's own label is kept apart from it. */
function actor(event: EventDraft, row: Row | undefined): void {
  if (!row) return
  const toolCall = textOf(row.toolCall)
  if (toolCall !== undefined && row.tier === 'identity') event.actor = { toolCall, tier: 'identity' }
  keep(event, 'label_tool_call', textOf(objectOf(row.label)?.toolCall))
  keep(event, 'unit', textOf(row.unit))
  keep(event, 'asked_by', textOf(row.askedBy))
  const process = objectOf(row.process)
  if (!process) return
  const pid = countOf(process.pid)
  const name = textOf(process.name)
  const cmdLine = textOf(process.cmdLine)
  event.process = {
    ...(pid !== undefined && { pid }),
    ...(name !== undefined && { name }),
    ...(cmdLine !== undefined && { cmdLine }),
  }
}

/** A command that we started as a whole (`vigiles run`): its boundary is the kernel's, its calls are within. */
function learnUnit(row: Row, runs: BoundedMap<string, string>): void {
  const [unit, toolCall] = [textOf(row.unit), textOf(row.toolCall)]
  if (row.source === 'exec' && row.activity === 'start' && unit !== undefined && toolCall !== undefined) {
    runs.set(`${textOf(row.box) ?? ''} ${unit}`, toolCall)
  }
}

/** What no call within the run is said to have done is at least the run's: `unit-1`, and `unit-1/…` below it. */
function byUnit(event: EventDraft, row: Row | undefined, runs: BoundedMap<string, string>): void {
  const unit = textOf(row?.unit)?.split('/')[0]
  if (unit === undefined || objectOf(row?.label)) return
  const toolCall = runs.get(`${event.box ?? ''} ${unit}`)
  if (toolCall !== undefined) event.actor = { toolCall, tier: 'identity' }
}

/** A closing line is stamped at the end: its connection's beginning comes from the opening one, or its duration. */
function close(event: EventDraft, row: Row, begun: BoundedMap<string, Time>): void {
  const key = `${event.box ?? ''} ${event.connection ?? ''}`
  if (row.activity === 'open' && event.connection !== undefined) begun.set(key, event.time)
  if (row.activity !== 'close') return
  event.endTime = event.time
  const open = begun.get(key)
  const durationMs = countOf(row.duration)
  if (open) event.time = open
  else if (durationMs !== undefined)
    event.time = { ...event.time, us: event.time.us - durationMs * 1000, spanUs: 1_000 }
  begun.delete(key)
}
