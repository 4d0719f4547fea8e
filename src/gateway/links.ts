// Connections from their first packet to their end: what is asked about them, and what is written.

import type { Socket } from 'node:net'
import { canonicalIp } from '../base/ip.ts'
import type { Observed } from '../protocols/sniff.ts'
import type { Ask } from '../schema/ask.ts'
import type { Decision } from '../schema/decision.ts'
import type { JournalLine, NetworkActivityLine } from '../schema/journal.ts'
import {
  type ConnectionEvent,
  type Flow,
  type GatewayConnection,
  type GatewayOptions,
  holdsAlways,
} from './api.ts'
import { closeOf, type End, fault, policyOf } from './lines.ts'
import type { SyntheticNames } from './names.ts'
import { type Relay, resetStream } from './relay.ts'

export interface Link extends GatewayConnection {
  readonly name: string | undefined
  /** Through a proxy, where a name is said and not looked up. */
  readonly asked: boolean
  line: NetworkActivityLine
  readonly startedAt: number
  upstream: Socket | undefined
  relay: Relay | undefined
  timer: NodeJS.Timeout | undefined
  cutFor: string | undefined
  /** The address that its name led to. */
  dialled: string | undefined
  /** The first decision that let it pass. */
  decision: Decision
  /** The names of both ends of SSH. */
  ssh: Observed['ssh']
  /** Silences that were broken, at the last time they were told of. */
  breaksTold: number
  /** Of a connection that goes on as HTTP. */
  cutEnds: (() => void) | undefined
}

const noBytes = new Uint8Array(0)

export class Links {
  readonly #options: GatewayOptions
  readonly #names: SyntheticNames
  #count = 0

  constructor(options: GatewayOptions, names: SyntheticNames) {
    this.#options = options
    this.#names = names
  }

  /** `asked`: where a proxy was asked to go, in place of where the connection itself went. */
  make(unit: number, seen: Flow, asked?: { readonly host: string; readonly port: number }): Link {
    const { box } = this.#options
    const id = `${box}-${(++this.#count).toString(36)}`
    const literal = asked && canonicalIp(asked.host)
    const name = asked ? (literal === undefined ? asked.host : undefined) : this.#names.nameOf(seen.dst.ip)
    const flow = asked ? { ...seen, dst: { ip: literal ?? '', port: asked.port } } : seen
    const actor = this.#options.actorOf(unit, seen, name)
    const link: Link = {
      id,
      unit,
      flow,
      name,
      asked: asked !== undefined,
      actor,
      startedAt: this.#options.now(),
      upstream: undefined,
      relay: undefined,
      timer: undefined,
      cutFor: undefined,
      ssh: undefined,
      breaksTold: 0,
      cutEnds: undefined,
      dialled: undefined,
      decision: fault('fault', 'not decided yet'),
      line: {
        class: 'network_activity',
        box,
        activity: 'open',
        connection: id,
        transport: flow.transport,
        srcEndpoint: { ip: flow.src.ip, port: flow.src.port },
        dstEndpoint: {
          ip: name === undefined ? flow.dst.ip : '',
          port: flow.dst.port,
          ...(name !== undefined && { hostname: name }),
        },
        disposition: 'allowed',
        ...(name !== undefined && { observed: asked ? { connectName: name } : { dnsName: name } }),
        actor,
      },
      get clientHead() {
        return link.relay?.clientHead ?? noBytes
      },
      get serverHead() {
        return link.relay?.serverHead ?? noBytes
      },
      cut(reason) {
        link.cutFor ??= reason
        if (link.cutEnds) link.cutEnds()
        else if (link.relay) link.relay.cut()
        else if (link.upstream) resetStream(link.upstream)
      },
    }
    return link
  }

  /** What is asked of it at every stage. */
  ask({ flow, name, asked, unit, dialled }: Link): Ask {
    return {
      stage: 'connect',
      transport: flow.transport,
      port: flow.dst.port,
      ...(dialled !== undefined && { resolved: dialled }),
      // An address of the range that stands for no name is judged as the address it is.
      ...(name === undefined ? { ip: flow.dst.ip } : asked ? { connectName: name } : { dnsName: name }),
      ...this.#options.contextOf(unit),
    }
  }

  /** `denied`: refuse it. A mode that only watches lets it pass, but for what no mode may open. */
  judge(link: Link, more: Partial<Ask>): { decision: Decision; denied: boolean } {
    const decision = this.#options.decide({ ...this.ask(link), ...more }, link.unit)
    if (decision.verdict !== 'deny') return { decision, denied: false }
    const denied = this.enforces(decision)
    if (!denied) link.line = { ...link.line, ...this.wouldBlock(), policy: policyOf(decision) }
    return { decision, denied }
  }

  enforces(refusal: Decision): boolean {
    return this.#options.mode === 'enforce' || holdsAlways(refusal)
  }

  /** Recording alone says what was, not what would have been. */
  wouldBlock(): { readonly wouldBlock?: true } {
    return this.#options.mode === 'shadow' ? { wouldBlock: true } : {}
  }

  /** The refusal of a host that another proxy is asked to reach; undefined when the policy opens it. */
  judgeBeyond(link: Link, target: string): Decision | undefined {
    const match = /^\[?([^\]\s]{1,255}?)\]?:(\d{1,5})$/.exec(target)
    if (!match) return fault('fault', 'a proxy was asked for what is no host and port')
    const [, host = '', port] = match
    const ip = canonicalIp(host)
    const ask: Ask = {
      stage: 'connect',
      port: Number(port),
      ...(ip === undefined ? { connectName: host } : { ip }),
      ...this.#options.contextOf(link.unit),
    }
    const decision = this.#options.decide(ask, link.unit)
    return decision.verdict === 'deny' && this.enforces(decision) ? decision : undefined
  }

  /** False when it can't be recorded: then it must not go on. */
  keep(link: Link, line: NetworkActivityLine): boolean {
    try {
      this.#options.record(line)
      link.line = line
      return true
    } catch {
      return false
    }
  }

  /** What the bytes are is worth a line, but no reason to stop what was let pass. */
  keepAlso(link: Link, line: JournalLine): void {
    try {
      this.#options.record(line)
    } catch {
      link.cut('the recording cannot be written')
    }
  }

  tell(kind: ConnectionEvent['kind'], connection: Link): void {
    this.#options.onConnection?.({ kind, connection })
  }

  close(link: Link, end: Omit<End, 'duration'>): void {
    const duration = Math.round(this.#options.now() - link.startedAt)
    this.keep(link, closeOf(link.line, { ...end, duration }, link.cutFor))
    this.tell('close', link)
  }

  /** False when a limit on bytes is reached: the connection is cut, and says why. */
  spend(link: Link, bytes: number): boolean {
    if (!this.#options.spend) return true
    const exceeded = this.#options.spend(
      { ...this.ask(link), stage: 'bytes' },
      link.decision,
      link.unit,
      bytes,
    )
    if (exceeded === undefined || this.#options.mode !== 'enforce') return true
    link.cut(exceeded.reason)
    return false
  }
}
