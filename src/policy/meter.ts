// Limits over time for one sandbox. The caller hands the time in; every count has a maximum.

import { BoundedMap } from '../base/bounded-map.ts'
import { plain } from '../base/terminal.ts'
import type { Phase } from '../schema/ask.ts'
import type { Decision } from '../schema/decision.ts'
import type { Limits } from '../schema/policy.ts'
import type { CompiledPolicy } from './compile.ts'
import { hostKey } from './hosts.ts'

export interface MeterUse {
  /** Milliseconds on any clock that does not go back; one that does is taken to stand still. */
  readonly nowMs: number
  /** Name or address, in any form: the most specific the gateway knows. */
  readonly host: string
  /** `rule` of the decision that let it pass. */
  readonly rule: string
  readonly phase?: Phase
  /** Where it is known for certain, as in the ask. */
  readonly tool?: string
  /** The kernel unit or call that bytes are counted for. */
  readonly call?: string
}

/** Distinct names under one wildcard and minute, where the policy says nothing: names carry data too. */
export const namesPerMinuteDefault = 120
/** Most hosts, and names of a minute, that are counted; a further one is refused. */
export const countedMax = 20_000
/** Most calls whose bytes are counted; the oldest makes room, and is counted in `forgotten`. */
export const callsMax = 20_000

interface Scope {
  readonly name: string
  readonly limits: Limits
  readonly phases?: readonly Phase[] | undefined
  readonly tools?: readonly string[] | undefined
  readonly perMinute: Window
  readonly destinations: Set<string>
  readonly bytesByHost: Map<string, number>
  readonly bytesByCall: BoundedMap<string, number>
}

/** One for each sandbox. Each method answers undefined when nothing is exceeded, and counts only then. */
export class Meter {
  readonly #compiled: CompiledPolicy
  readonly #shared: readonly Scope[]
  readonly #byRule = new Map<string, Scope>()
  readonly #names = new Map<string, Map<string, number>>()
  #nowMs = 0

  constructor(compiled: CompiledPolicy) {
    this.#compiled = compiled
    this.#shared = compiled.policy.limits.map(({ limits, phases, tools }) => {
      const of = phases ? ` of phase ${phases.join()}` : tools ? ` of tool ${plain(tools.join(), 60)}` : ''
      return scope(of, limits, phases, tools)
    })
  }

  /** Calls whose counts had to make room. */
  get forgotten(): number {
    let sum = 0
    for (const { bytesByCall } of [...this.#shared, ...this.#byRule.values()]) sum += bytesByCall.evicted
    return sum
  }

  /** Before a connection is dialled. */
  connect(use: MeterUse): Decision | undefined {
    const host = hostKey(use.host)
    const second = this.#second(use.nowMs)
    const scopes = this.#scopes(use)
    for (const { name, limits, perMinute, destinations } of scopes) {
      if (limits.connectionsPerMinute !== undefined && perMinute.sum(second) >= limits.connectionsPerMinute) {
        return exceeded(`connectionsPerMinute${name}`, `${limits.connectionsPerMinute} connections a minute`)
      }
      if (limits.destinations === undefined) continue
      const most = Math.min(limits.destinations, countedMax)
      if (!destinations.has(host) && destinations.size >= most) {
        return exceeded(`destinations${name}`, `${most} distinct destinations`)
      }
    }
    for (const { limits, perMinute, destinations } of scopes) {
      if (limits.connectionsPerMinute !== undefined) perMinute.add(second)
      if (limits.destinations !== undefined) destinations.add(host)
    }
    return undefined
  }

  /** Before bytes go out. A refused chunk must not be sent. */
  send(use: MeterUse & { readonly bytes: number }): Decision | undefined {
    const { call, bytes } = use
    const host = hostKey(use.host)
    const scopes = this.#scopes(use)
    for (const { name, limits, bytesByHost, bytesByCall } of scopes) {
      const { bytesOutPerHost: perHost, bytesOutPerCall: perCall } = limits
      if (perHost !== undefined) {
        const room = bytesByHost.has(host) || bytesByHost.size < countedMax
        if (!room || (bytesByHost.get(host) ?? 0) + bytes > perHost) {
          return exceeded(`bytesOutPerHost${name}`, `${perHost} bytes to ${plain(host, 80)}`)
        }
      }
      if (perCall !== undefined && call !== undefined && (bytesByCall.get(call) ?? 0) + bytes > perCall) {
        return exceeded(`bytesOutPerCall${name}`, `${perCall} bytes from one call`)
      }
    }
    for (const { limits, bytesByHost, bytesByCall } of scopes) {
      if (limits.bytesOutPerHost !== undefined) bytesByHost.set(host, (bytesByHost.get(host) ?? 0) + bytes)
      if (limits.bytesOutPerCall !== undefined && call !== undefined) {
        bytesByCall.set(call, (bytesByCall.get(call) ?? 0) + bytes)
      }
    }
    return undefined
  }

  /** Before a name is forwarded to a resolver. Only names under a wildcard (or `any`) are counted. */
  lookup(use: MeterUse): Decision | undefined {
    const compiled = this.#compiled.byId.get(use.rule)
    if (
      compiled === undefined ||
      (compiled.rule.host.kind !== 'under' && compiled.rule.host.kind !== 'any')
    ) {
      return undefined
    }
    const limit = Math.min(
      ...[compiled.rule.limits, ...this.#applying(use).map(({ limits }) => limits)].map(
        (limits) => limits?.namesPerMinute ?? Number.POSITIVE_INFINITY,
      ),
    )
    const most = Math.min(Number.isFinite(limit) ? limit : namesPerMinuteDefault, countedMax)
    const second = this.#second(use.nowMs)
    const host = hostKey(use.host)
    const seen = this.#names.get(use.rule) ?? new Map<string, number>()
    this.#names.set(use.rule, seen)
    const last = seen.get(host)
    if (last !== undefined && second - last < windowSeconds) return undefined
    if (seen.size >= most) for (const [name, at] of seen) if (second - at >= windowSeconds) seen.delete(name)
    if (seen.size >= most)
      return exceeded('namesPerMinute', `${most} names a minute under ${compiled.rule.text}`)
    seen.delete(host)
    seen.set(host, second)
    return undefined
  }

  #second(nowMs: number): number {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    return Math.floor(this.#nowMs / 1000)
  }

  #applying({ phase = 'agent', tool }: MeterUse): Scope[] {
    return this.#shared.filter(
      ({ phases, tools }) =>
        (!phases || phases.includes(phase)) && (!tools || (tool !== undefined && tools.includes(tool))),
    )
  }

  #scopes(use: MeterUse): Scope[] {
    const scopes = this.#applying(use)
    const limits = this.#compiled.byId.get(use.rule)?.rule.limits
    if (!limits) return scopes
    const own =
      this.#byRule.get(use.rule) ?? scope(` of ${plain(use.rule, 100)}`, limits, undefined, undefined)
    this.#byRule.set(use.rule, own)
    return [...scopes, own]
  }
}

const windowSeconds = 60

/** How many in the last 60 seconds, by whole seconds. */
class Window {
  readonly #counts = new Uint32Array(windowSeconds)
  #newest = 0
  #sum = 0

  add(second: number): void {
    this.#forward(second)
    this.#counts[second % windowSeconds]! += 1
    this.#sum++
  }

  sum(second: number): number {
    this.#forward(second)
    return this.#sum
  }

  #forward(second: number): void {
    const steps = Math.min(second - this.#newest, windowSeconds)
    for (let i = 1; i <= steps; i++) {
      const at = (second - steps + i) % windowSeconds
      this.#sum -= this.#counts[at]!
      this.#counts[at] = 0
    }
    if (second > this.#newest) this.#newest = second
  }
}

function scope(name: string, limits: Limits, phases: Scope['phases'], tools: Scope['tools']): Scope {
  return {
    name,
    limits,
    phases,
    tools,
    perMinute: new Window(),
    destinations: new Set(),
    bytesByHost: new Map(),
    bytesByCall: new BoundedMap(callsMax),
  }
}

function exceeded(rule: string, what: string): Decision {
  return {
    verdict: 'deny',
    code: 'limit',
    rule: `limit ${rule}`,
    reason: `the policy allows no more than ${what}`,
  }
}
