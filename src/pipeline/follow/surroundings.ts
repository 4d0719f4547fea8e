// Finds, for events that are asked about, the few other rows that an answer depends on.

import { attributionDefaults, callFlags } from '../../attribution/api.ts'
import { eventClasses } from '../../schema/event.ts'
import { Links } from './links.ts'
import type { HeldCalls, HeldEvents, Window } from './window.ts'

const dnsClass = eventClasses.indexOf('dns_activity')
/** How many rows of each kind are looked at for one event. */
const most = {
  sameConnection: 6,
  sameSource: 16,
  session: 3,
  sessionThinned: 24,
  answers: 6,
  namers: 8,
  places: 4,
}
/** Records of one source this near in time belong to each other's lookups. */
const nearUs = 3_000_000
/** Of a session one event in so long is kept in the thinned chain. */
const thinnedUs = 240_000_000
/** Calls that leave work behind stay candidates for so long. */
const leftBehindUs = 86_400_000_000
export const callsAroundMax = 4_000

export class Surroundings {
  readonly #window: Window
  readonly #tuples: Links
  readonly #translated: Links
  readonly #sources: Links
  readonly #sessions: Links
  readonly #thinned: Links
  readonly #thinnedUs = new Map<string, number>()
  readonly #destinations: Links
  readonly #names: Links
  /** Answered events by their sandbox, as far as exact keys tell. */
  readonly #boxes: Links
  /** DNS answers by the address they gave, the newest last. */
  readonly #answered = new Map<number, number[]>()
  /** Calls by what they name, the newest last. */
  readonly #namers = new Map<number, number[]>()
  /** The newest call of each episode, and what followed a call of which no end is known. */
  readonly #newest = new Map<string, number>()
  readonly #following = new Map<number, number>()
  /** Events of a public source with places of their own. */
  readonly #places = new Map<number, number[]>()

  constructor(window: Window, eventsMax: number) {
    this.#window = window
    const links = () => new Links(eventsMax + (eventsMax >> 1) + 65_536)
    this.#tuples = links()
    this.#translated = links()
    this.#sources = links()
    this.#sessions = links()
    this.#thinned = links()
    this.#destinations = links()
    this.#names = links()
    this.#boxes = links()
  }

  addEvents({ firstEvent, events: e }: HeldEvents): void {
    for (let i = 0; i < e.n; i++) {
      const row = firstEvent + i
      const [src, dst, port] = [e.srcIp[i]!, e.dstIp[i]!, e.dstPort[i]!]
      if (e.srcPort[i] !== 0) this.#tuples.add(tuple(src, e.srcPort[i]!, dst, port), row)
      if (e.natIp[i] !== 0) this.#translated.add(tuple(e.natIp[i]!, e.natPort[i]!, dst, port), row)
      this.#sources.add(src, row)
      const session = `${src} ${dst} ${port}`
      this.#sessions.add(session, row)
      if (!(e.fromUs[i]! - (this.#thinnedUs.get(session) ?? Number.NEGATIVE_INFINITY) < thinnedUs)) {
        this.#thinned.add(session, row)
        this.#thinnedUs.set(session, e.fromUs[i]!)
      }
      this.#destinations.add(dst, row)
      if (e.name[i] !== 0) this.#names.add(e.name[i]!, row)
      for (let a = e.answersStart[i]!; a < e.answersStart[i + 1]!; a++) {
        push(this.#answered, e.answers[a]!, row, most.answers)
      }
      const places = this.#places.get(src)
      if (!places || places.length < most.places) push(this.#places, src, row, most.places)
    }
  }

  /** An event was answered for the first time. */
  addAnswered(row: number, box: number): void {
    this.#boxes.add(box, row)
  }

  /** Answered events that may be of a sandbox (0: of any), the newest first, until `use` has enough. */
  eventsOf(box: number, most: number, use: (row: number, us: number) => boolean): void {
    const first = this.#window.firstEvent
    for (const key of box === 0 ? [0] : [box, 0]) {
      let more = true
      this.#boxes.each(key, first, most, (row) => {
        const place = more ? this.#window.eventPlace(row) : undefined
        if (place) more = use(row, place.chunk.said.us[place.i]!)
      })
    }
  }

  addCalls({ firstCall, calls }: HeldCalls): void {
    for (let j = 0; j < calls.n; j++) {
      for (let t = calls.targetsStart[j]!; t < calls.targetsStart[j + 1]!; t++) {
        if (calls.targets[t] !== 0) push(this.#namers, calls.targets[t]!, firstCall + j, most.namers)
      }
      const key = `${calls.box[j]} ${calls.episode[j]} ${calls.file[j]}`
      const before = this.#newest.get(key)
      if (before !== undefined && this.#window.currentCall(before) !== firstCall + j) {
        this.#following.set(before, firstCall + j)
      }
      this.#newest.set(key, firstCall + j)
    }
  }

  /** Forgets everything, because texts have other numbers now. */
  clear(): void {
    for (const links of this.#links()) links.forget(Number.POSITIVE_INFINITY)
    for (const map of [this.#answered, this.#namers, this.#places, this.#newest, this.#following]) map.clear()
    this.#thinnedUs.clear()
  }

  /** Forgets what only rows that are gone stood under. */
  forget(): void {
    const { firstEvent, firstCall } = this.#window
    for (const links of this.#links()) links.forget(firstEvent)
    for (const [key] of this.#thinnedUs) if (this.#thinned.last(key) < 0) this.#thinnedUs.delete(key)
    drop(this.#answered, firstEvent)
    drop(this.#places, firstEvent)
    drop(this.#namers, firstCall)
    for (const [key, row] of this.#newest) if (row < firstCall) this.#newest.delete(key)
    for (const [row] of this.#following) if (row < firstCall) this.#following.delete(row)
  }

  /** When the next call of its episode began, if that is known: what has no end ended then at the latest. */
  #endedBy(row: number, start: number, offset: (clock: number, us: number) => number): number {
    const next = this.#following.get(row)
    const place = next === undefined ? undefined : this.#window.callPlace(next)
    if (!place) return start + 600_000_000
    const us = place.chunk.calls.startUs[place.j]!
    return Math.min(start + 600_000_000, us - offset(place.chunk.calls.clock[place.j]!, us))
  }

  #links(): Links[] {
    return [
      this.#tuples,
      this.#translated,
      this.#sources,
      this.#sessions,
      this.#thinned,
      this.#destinations,
      this.#names,
      this.#boxes,
    ]
  }

  /** The asked events and those around them, ascending. */
  eventsAround(asked: Iterable<number>): number[] {
    const rows = new Set<number>(asked)
    const first = this.#window.firstEvent
    const take = (row: number) => {
      if (row >= first) rows.add(row)
    }
    for (const row of [...rows]) {
      const place = this.#window.eventPlace(row)
      if (!place) {
        rows.delete(row)
        continue
      }
      const { events: e } = place.chunk
      const { i } = place
      const [src, dst, port] = [e.srcIp[i]!, e.dstIp[i]!, e.dstPort[i]!]
      for (const [ip, own] of [
        [src, e.srcPort[i]!],
        [e.natIp[i]!, e.natPort[i]!],
      ] as const) {
        if (ip === 0 || own === 0) continue
        this.#tuples.each(tuple(ip, own, dst, port), first, most.sameConnection, take)
        this.#translated.each(tuple(ip, own, dst, port), first, most.sameConnection, take)
      }
      const session = `${src} ${dst} ${port}`
      this.#sessions.each(session, first, most.session, take)
      this.#thinned.each(session, first, most.sessionThinned, take)
      const us = e.fromUs[i]!
      this.#sources.each(src, first, most.sameSource, (other) => {
        const there = this.#window.eventPlace(other)
        if (there && Math.abs(there.chunk.events.fromUs[there.i]! - us) <= nearUs) take(other)
      })
      if (e.name[i] === 0 && e.class[i] !== dnsClass)
        for (const other of this.#answered.get(dst) ?? []) take(other)
      for (const other of this.#places.get(src) ?? []) take(other)
    }
    return [...rows].sort((a, b) => a - b)
  }

  /** Events that calls of this row may have to do with, because they went where it says, the newest first. */
  eventsNamedBy(row: number, each: number): number[] {
    const place = this.#window.callPlace(row)
    if (!place) return []
    const { calls } = place.chunk
    const first = this.#window.firstEvent
    const found = new Set<number>()
    for (let t = calls.targetsStart[place.j]!; t < calls.targetsStart[place.j + 1]!; t++) {
      const text = calls.targets[t]!
      if (text === 0) continue
      this.#destinations.each(text, first, each, (event) => found.add(event))
      this.#names.each(text, first, each, (event) => found.add(event))
      for (const answer of this.#answered.get(text) ?? []) if (answer >= first) found.add(answer)
    }
    return [...found]
  }

  /** Calls that run at one of the instants (ascending, µs corrected), leave work behind, or name what is asked for. */
  callsAround(
    events: readonly number[],
    instants: Float64Array,
    offset: (clock: number, us: number) => number,
    doubtUs: number,
  ): number[] {
    const rows = new Set<number>()
    for (const row of events) {
      const place = this.#window.eventPlace(row)
      if (!place) continue
      for (const text of [place.chunk.events.dstIp[place.i]!, place.chunk.events.name[place.i]!]) {
        if (text !== 0) for (const call of this.#namers.get(text) ?? []) rows.add(call)
      }
    }
    const before = attributionDefaults.preWindowUs + doubtUs
    const after = attributionDefaults.afterWindowUs + doubtUs
    // The newest first: where there are too many, older ones stay out.
    for (let k = this.#window.calls.length - 1; k >= 0 && rows.size < callsAroundMax; k--) {
      const { firstCall, calls, gone } = this.#window.calls[k]!
      for (let j = calls.n - 1; j >= 0; j--) {
        if (gone[j] === 1) continue
        const start = calls.startUs[j]! - offset(calls.clock[j]!, calls.startUs[j]!)
        const slack = calls.uncertaintyUs[j]!
        const left = (calls.flags[j]! & callFlags.background) !== 0
        const ended = calls.endUs[j]!
        const end = left
          ? start + leftBehindUs
          : Number.isNaN(ended)
            ? this.#endedBy(firstCall + j, start, offset)
            : start + ended - calls.startUs[j]!
        if (meetsAny(instants, start - slack - before, end + slack + after)) rows.add(firstCall + j)
      }
    }
    const current = new Set<number>()
    const take = (row: number) => {
      const now = this.#window.currentCall(row)
      if (now >= this.#window.firstCall) current.add(now)
    }
    for (const row of rows) {
      take(row)
      const next = this.#following.get(row)
      if (next !== undefined) take(next)
    }
    return [...current].sort((a, b) => a - b)
  }
}

function meetsAny(instants: Float64Array, from: number, to: number): boolean {
  let low = 0
  let high = instants.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (instants[middle]! < from) low = middle + 1
    else high = middle
  }
  return low < instants.length && instants[low]! <= to
}

function tuple(ip: number, port: number, dst: number, dstPort: number): string {
  return `${ip} ${port} ${dst} ${dstPort}`
}

function push(map: Map<number, number[]>, key: number, row: number, max: number): void {
  const list = map.get(key)
  if (!list) map.set(key, [row])
  else if (list.at(-1) !== row) {
    if (list.length >= max) list.shift()
    list.push(row)
  }
}

function drop(map: Map<number, number[]>, first: number): void {
  for (const [key, rows] of map) if (rows.at(-1)! < first) map.delete(key)
}
