// Refusals that are alike and come by the thousand are counted and written once a second: a flood is met with counts.
//
// Pure: the time is handed in. Nothing is lost in the counts: each refusal is either written as it came or in exactly
// one aggregate's `count`.

import { BoundedMap } from '../base/bounded-map.ts'
import { toIso } from '../base/time.ts'
import type { AggregateLine, DnsActivityLine, NetworkActivityLine } from '../schema/journal.ts'

export interface FloodOptions {
  /** Alike refusals (unit, destination, rule) written in full per second; more are counted. */
  readonly alikePerSecondMax: number
  /** Refusals by one unit under one rule written in full per second, wherever they go; more are counted. */
  readonly unitPerSecondMax: number
  /** Keys that are kept apart; the oldest makes room, and its count is written then. */
  readonly keysMax: number
  /** Destinations named in an aggregate over several. */
  readonly destinationsMax: number
}

export const floodDefaults: FloodOptions = {
  alikePerSecondMax: 20,
  unitPerSecondMax: 2_000,
  keysMax: 4_096,
  destinationsMax: 256,
}

/** Nothing is relayed for it. A lookup counts too, answered or not: the answer is an address of our own. */
export type Refusal = (NetworkActivityLine & { activity: 'refuse' }) | DnsActivityLine

interface Count {
  readonly sample: Refusal
  windowUs: number
  written: number
  counted: number
  firstUs: number
  lastUs: number
  /** Distinct ones; only where a count is over several. */
  readonly destinations: Set<string> | undefined
}

const secondUs = 1_000_000

export class FloodGate {
  readonly #options: FloodOptions
  readonly #alike: BoundedMap<string, Count>
  readonly #units: BoundedMap<string, Count>
  #due: AggregateLine[] = []

  constructor(options: Partial<FloodOptions> = {}) {
    this.#options = { ...floodDefaults, ...options }
    const evict = (_: string, count: Count) => this.#settle(count)
    this.#alike = new BoundedMap(this.#options.keysMax, evict)
    this.#units = new BoundedMap(this.#options.keysMax, evict)
  }

  /** What to write now: the refusal itself unless it was counted, and counts that had to make room. */
  offer(refusal: Refusal, nowUs: number): readonly (Refusal | AggregateLine)[] {
    const who = `${refusal.box}\0${refusal.actor.toolCall ?? ''}\0${refusal.actor.unit ?? ''}\0${refusal.policy?.rule ?? ''}\0${refusal.disposition}`
    const alike = this.#countOf(this.#alike, `${who}\0${destinationOf(refusal)}`, refusal, nowUs, false)
    const { alikePerSecondMax, unitPerSecondMax } = this.#options
    if (alike.written >= alikePerSecondMax) count(alike, nowUs)
    else {
      const unit = this.#countOf(this.#units, who, refusal, nowUs, true)
      if (unit.written >= unitPerSecondMax) {
        count(unit, nowUs)
        this.#note(unit, destinationOf(refusal))
      } else {
        alike.written++
        unit.written++
        return [...this.#take(), refusal]
      }
    }
    return this.#take()
  }

  /** The counts of seconds that are over; to be called about once a second. */
  due(nowUs: number): readonly AggregateLine[] {
    for (const map of [this.#alike, this.#units]) {
      for (const [key, one] of map.entries()) {
        // A clock that was set back ends the second too.
        if (nowUs >= one.windowUs && nowUs < one.windowUs + secondUs) continue
        this.#settle(one)
        map.delete(key)
      }
    }
    return this.#take()
  }

  /** All that was counted and not written yet; at the end. */
  end(): readonly AggregateLine[] {
    return this.due(Number.POSITIVE_INFINITY)
  }

  #countOf(
    map: BoundedMap<string, Count>,
    key: string,
    sample: Refusal,
    nowUs: number,
    several: boolean,
  ): Count {
    const known = map.get(key)
    if (known && nowUs >= known.windowUs && nowUs < known.windowUs + secondUs) return known
    if (known) {
      this.#settle(known)
      map.delete(key)
    }
    const fresh: Count = {
      sample,
      windowUs: nowUs,
      written: 0,
      counted: 0,
      firstUs: 0,
      lastUs: 0,
      destinations: several ? new Set() : undefined,
    }
    map.set(key, fresh)
    return fresh
  }

  #note({ destinations }: Count, destination: string): void {
    if (destinations && destinations.size < this.#options.destinationsMax) destinations.add(destination)
  }

  #settle(one: Count): void {
    if (one.counted === 0) return
    const { sample } = one
    const { box, policy, actor } = sample
    this.#due.push({
      class: 'aggregate',
      of: sample.class,
      box,
      count: one.counted,
      firstTime: toIso(one.firstUs),
      lastTime: toIso(one.lastUs),
      ...(one.destinations
        ? { destinations: { first: [...one.destinations] } }
        : { ...(sample.dstEndpoint && { dstEndpoint: sample.dstEndpoint }) }),
      ...(sample.class === 'dns_activity' && !one.destinations && { query: sample.query }),
      ...(sample.class === 'network_activity' && sample.transport && { transport: sample.transport }),
      disposition: sample.disposition,
      ...(policy && { policy }),
      actor,
    })
    one.counted = 0
  }

  #take(): readonly AggregateLine[] {
    if (this.#due.length === 0) return []
    const due = this.#due
    this.#due = []
    return due
  }
}

function count(one: Count, nowUs: number): void {
  if (one.counted === 0) one.firstUs = nowUs
  one.counted++
  one.lastUs = nowUs
}

function destinationOf(refusal: Refusal): string {
  if (refusal.class === 'dns_activity') return `${refusal.query.hostname} ${refusal.query.type ?? ''}`
  const { ip, hostname, port } = refusal.dstEndpoint
  return `${hostname ?? ip}:${port ?? ''}${refusal.transport === undefined ? '' : `/${refusal.transport}`}`
}
