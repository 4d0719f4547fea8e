// The events of one file (or part of it) as columns, filled row by row.

import { eventFlags } from '../attribution/api.ts'
import { type Event, eventClasses } from '../schema/event.ts'
import { allowedFlag, outcomes, transports } from './batch-words.ts'
import { copyRows, TextColumn, type Texts, u32 } from './grow.ts'

export type EventBatch = ReturnType<EventRows['finish']>

function rows(n: number) {
  return {
    fromUs: new Float64Array(n),
    spanUs: new Float64Array(n),
    endUs: new Float64Array(n),
    clock: new Uint16Array(n),
    srcIp: new Uint32Array(n),
    dstIp: new Uint32Array(n),
    natIp: new Uint32Array(n),
    srcPort: new Uint16Array(n),
    dstPort: new Uint16Array(n),
    natPort: new Uint16Array(n),
    name: new Uint32Array(n),
    rule: new Uint32Array(n),
    box: new Uint32Array(n),
    identity: new Uint32Array(n),
    class: new Uint8Array(n),
    transport: new Uint8Array(n),
    flags: new Uint8Array(n),
    outcome: new Uint8Array(n),
    bytesOut: new Float64Array(n),
    bytesIn: new Float64Array(n),
    answersEnd: new Uint32Array(n),
    detail: new Uint32Array(n),
    line: new Uint32Array(n),
  }
}

export class EventRows {
  readonly #texts: Texts
  #n = 0
  #room = 1024
  #rows = rows(1024)
  readonly #answers = u32()
  readonly #source = new TextColumn()
  readonly #connection = new TextColumn()

  constructor(texts: Texts) {
    this.#texts = texts
  }

  push(event: Event, clock: number): void {
    if (this.#n === this.#room) this.#grow()
    const i = this.#n++
    const c = this.#rows
    const texts = this.#texts
    const { time, srcEndpoint, dstEndpoint, natEndpoint, dns } = event
    c.fromUs[i] = time.us
    c.spanUs[i] = time.spanUs
    c.endUs[i] = event.endTime ? event.endTime.us : Number.NaN
    c.clock[i] = clock
    c.srcIp[i] = texts.id(srcEndpoint.ip)
    c.dstIp[i] = texts.id(dstEndpoint.ip)
    c.natIp[i] = texts.id(natEndpoint?.ip)
    c.srcPort[i] = srcEndpoint.port ?? 0
    c.dstPort[i] = dstEndpoint.port ?? 0
    c.natPort[i] = natEndpoint?.port ?? 0
    c.name[i] = texts.id(bestName(event))
    c.rule[i] = texts.id(event.policy?.rule)
    c.box[i] = texts.id(event.box)
    c.identity[i] = texts.id(event.actor?.tier === 'identity' ? event.actor.toolCall : undefined)
    this.#connection.push(event.connection ?? '')
    c.class[i] = eventClasses.indexOf(event.class)
    c.transport[i] = event.transport ? transports.indexOf(event.transport) : 0
    c.flags[i] = flagsOf(event)
    c.outcome[i] = event.outcome ? outcomes.indexOf(event.outcome) : 0
    c.bytesOut[i] = event.bytesOut ?? Number.NaN
    c.bytesIn[i] = event.bytesIn ?? Number.NaN
    if (dns?.answers) for (const answer of dns.answers) this.#answers.push(texts.id(answer.toLowerCase()))
    c.answersEnd[i] = this.#answers.length
    c.detail[i] = texts.id(detailOf(event))
    c.line[i] = event.line
    this.#source.push(time.source)
  }

  #grow(): void {
    this.#room *= 2
    this.#rows = copyRows(this.#rows, rows(this.#room), this.#n)
  }

  finish() {
    return {
      n: this.#n,
      ...copyRows(this.#rows, rows(this.#n), this.#n),
      answers: this.#answers.finish(),
      source: this.#source.finish(),
      connection: this.#connection.finish(),
    }
  }
}

function bestName({ observed, dns, dstEndpoint }: Event): string | undefined {
  return (
    destination(observed?.sni) ??
    destination(observed?.httpHost) ??
    destination(dns?.query.hostname) ??
    destination(observed?.dnsName) ??
    destination(dstEndpoint.hostname)
  )
}

/** What comes back through a tunnel asks for the tunnel's own end: that names no destination. */
function destination(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const host = hostOnly(name)
  return host === 'localhost' || host.endsWith('.localhost') ? undefined : host
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
  'alert' | 'http' | 'ssh' | 'mining' | 'bursts' | 'api' | 'process' | 'observed' | 'unmapped'
> & {
  readonly reason?: string
  readonly srcHost?: string
  readonly dstHost?: string
  readonly dnsType?: string
  readonly rcode?: string
  readonly packetsOut?: number
  readonly packetsIn?: number
}

/** As JSON; only the members that are set, in a fixed order. */
function detailOf(event: Event): string | undefined {
  const { alert, http, ssh, mining, bursts, api, process, observed, policy, dns } = event
  const srcHost = event.srcEndpoint.hostname
  const dstHost = event.dstEndpoint.hostname
  const detail: { -readonly [K in keyof EventDetail]: EventDetail[K] } = {}
  if (alert !== undefined) detail.alert = alert
  if (http !== undefined) detail.http = http
  if (ssh !== undefined) detail.ssh = ssh
  if (mining !== undefined) detail.mining = mining
  if (bursts !== undefined) detail.bursts = bursts
  if (api !== undefined) detail.api = api
  if (process !== undefined) detail.process = process
  if (observed !== undefined) detail.observed = observed
  if (policy?.reason !== undefined) detail.reason = policy.reason
  if (srcHost !== undefined) detail.srcHost = srcHost
  if (dstHost !== undefined) detail.dstHost = dstHost
  if (dns?.query.type !== undefined) detail.dnsType = dns.query.type
  if (dns?.rcode !== undefined) detail.rcode = dns.rcode
  // Packets tell a ping from a tunnel; of connections they differ from row to row and tell nothing.
  if (event.transport === 'icmp') {
    if (event.packetsOut !== undefined) detail.packetsOut = event.packetsOut
    if (event.packetsIn !== undefined) detail.packetsIn = event.packetsIn
  }
  const asked = event.transport === 'icmp' || api !== undefined
  if (asked && event.unmapped !== undefined) detail.unmapped = event.unmapped
  for (const _ in detail) return JSON.stringify(detail)
  return undefined
}
