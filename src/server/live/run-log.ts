// What is known of one run from the lines of its journal: what it reached, what is open, what was found and done.

import { BoundedMap } from '../../base/bounded-map.ts'
import { KnownFindings, type RunFinding } from './known-findings.ts'
import { Minutes } from './minutes.ts'
import { amountOf, msOf, objectOf, type Row, textOf } from './rows.ts'

/** Of more, the oldest are no longer listed; they are counted. */
const limits = { connections: 2_000, calls: 2_000, acts: 200 } as const

export interface OpenConnection {
  readonly connection: string
  /** Name or address, with the port. */
  readonly to: string
  readonly call: string | null
  readonly since: string
  protocol: string | null
}

export interface OpenCall {
  readonly call: string
  readonly name: string
  readonly command: string
  readonly since: string
  /** `exec`: its boundary is ours; else who told of it. */
  readonly source: string
}

export interface RunAct {
  readonly act: string
  readonly target: string | null
  readonly ok: boolean
  readonly detail: string
  /** `policy`, `server`, `control.sock` (and whose), … */
  readonly by: string
  readonly time: string
}

/** What a line told that others want to hear of at once. */
export type News =
  | { readonly type: 'finding'; readonly finding: RunFinding; readonly isNew: boolean }
  | { readonly type: 'act'; readonly act: RunAct }

export class RunLog {
  readonly minutes = new Minutes()
  readonly findings = new KnownFindings()
  readonly #frozenCalls = new Set<string>()
  #connections = new BoundedMap<string, OpenConnection>(limits.connections)
  #calls = new BoundedMap<string, OpenCall>(limits.calls)
  #acts: RunAct[] = []
  box: string | undefined
  lines = 0
  allowed = 0
  blocked = 0
  lookups = 0
  processes = 0
  calls = 0
  bytesIn = 0
  bytesOut = 0
  /** Opened and not closed, as far as was read. */
  open = 0
  firstTime: string | undefined
  lastTime: string | undefined
  frozen = false
  quarantined = false
  sealed = false
  clockSteps = 0

  /** Something was left out: what it opened or ended is not known. */
  gap(): void {
    this.#connections = new BoundedMap(limits.connections)
    this.#calls = new BoundedMap(limits.calls)
    this.open = 0
  }

  get connections(): Iterable<OpenConnection> {
    return this.#connections.values()
  }

  get openCalls(): Iterable<OpenCall> {
    return this.#calls.values()
  }

  get acts(): readonly RunAct[] {
    return this.#acts
  }

  get frozenCalls(): ReadonlySet<string> {
    return this.#frozenCalls
  }

  /** Takes in a line. What is no line of ours is passed over. */
  see(row: Row): News | undefined {
    const time = textOf(row.time, 40)
    const ms = msOf(row.time)
    if (time === undefined || ms === undefined) return undefined
    this.lines++
    this.firstTime ??= time
    this.lastTime = time
    this.box ??= textOf(row.box, 100)
    switch (row.class) {
      case 'network_activity':
        this.#network(row, time, msOf(row.at) ?? ms)
        return undefined
      case 'dns_activity':
        this.lookups++
        return undefined
      case 'aggregate':
        this.#aggregate(row, ms)
        return undefined
      case 'process_activity':
        if (row.activity === 'launch') this.processes += 1 + (amountOf(row.omitted) ?? 0)
        return undefined
      case 'execute_tool':
        this.#call(row, time)
        return undefined
      case 'detection_finding': {
        const seen = this.findings.see(row, time)
        return seen && { type: 'finding', ...seen }
      }
      case 'api_activity':
        return this.#act(row, time)
      case 'seal':
        this.sealed = true
        this.gap()
        return undefined
      case 'recovered':
        this.gap()
        return undefined
      case 'clock_step':
        this.clockSteps++
        return undefined
      default:
        return undefined
    }
  }

  #network(row: Row, time: string, ms: number): void {
    const { activity } = row
    const connection = textOf(row.connection, 100) ?? ''
    const protocol = textOf(objectOf(row.observed)?.protocol, 40)
    if (activity === 'refuse') this.#count('blocked', ms, 1)
    else if (activity === 'open') {
      this.#count(row.disposition === 'blocked' ? 'blocked' : 'allowed', ms, 1)
      this.open++
      this.#connections.set(connection, {
        connection,
        to: destinationOf(row),
        call: callOf(row),
        since: time,
        protocol: protocol ?? null,
      })
    } else if (activity === 'traffic') {
      const known = this.#connections.get(connection)
      if (known && protocol !== undefined) known.protocol = protocol
    } else if (activity === 'close') {
      this.#connections.delete(connection)
      this.open = Math.max(0, this.open - 1)
      this.bytesIn += amountOf(row.bytesIn) ?? 0
      this.bytesOut += amountOf(row.bytesOut) ?? 0
    }
  }

  #aggregate(row: Row, ms: number): void {
    const count = amountOf(row.count) ?? 0
    if (row.of === 'dns_activity') this.lookups += count
    else this.#count(row.disposition === 'allowed' ? 'allowed' : 'blocked', msOf(row.lastTime) ?? ms, count)
  }

  #count(disposition: 'allowed' | 'blocked', ms: number, count: number): void {
    this[disposition] += count
    this.minutes.add(ms, disposition, count)
  }

  #call(row: Row, time: string): void {
    const call = textOf(row.toolCall)
    if (call === undefined) return
    if (row.activity === 'end') {
      this.#calls.delete(call)
      return
    }
    this.calls++
    this.#calls.set(call, {
      call,
      name: textOf(row.name, 100) ?? '',
      command: textOf(row.command, 300) ?? '',
      since: time,
      source: textOf(row.source, 40) ?? '',
    })
  }

  #act(row: Row, time: string): News | undefined {
    const name = textOf(row.operation, 40)
    if (name === undefined) return undefined
    const target = textOf(row.target) ?? null
    const act: RunAct = {
      act: name,
      target,
      ok: row.ok === true,
      detail: textOf(row.detail, 500) ?? '',
      by: askerText(objectOf(row.by)),
      time,
    }
    this.#acts.push(act)
    if (this.#acts.length > limits.acts) this.#acts = this.#acts.slice(-limits.acts / 2)
    if (act.ok) this.#effect(name, target)
    return { type: 'act', act }
  }

  #effect(act: string, target: string | null): void {
    if (act === 'quarantine') this.quarantined = true
    else if (act === 'release') this.quarantined = false
    else if (act === 'freeze' || act === 'thaw') {
      if (target === null) this.frozen = act === 'freeze'
      else if (act === 'thaw') this.#frozenCalls.delete(target)
      else if (this.#frozenCalls.size < limits.calls) this.#frozenCalls.add(target)
    }
  }
}

function destinationOf(row: Row): string {
  const { hostname, ip, port } = objectOf(row.dstEndpoint) ?? {}
  const host = textOf(hostname) || textOf(ip) || '?'
  return amountOf(port) === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function callOf(row: Row): string | null {
  const actor = objectOf(row.actor)
  return textOf(actor?.toolCall) ?? textOf(objectOf(actor?.label)?.toolCall) ?? textOf(actor?.unit) ?? null
}

/** `server (operator 3f9a)`, `control.sock (uid 0)`, `policy`. */
function askerText(by: Row | undefined): string {
  const via = textOf(by?.via, 40) ?? 'unknown'
  const user = textOf(by?.user, 100)
  const uid = amountOf(by?.uid)
  const who = user ?? (uid === undefined ? undefined : `uid ${uid}`)
  return who === undefined ? via : `${via} (${who})`
}
