// What is remembered of the stream: the last so many events and calls, and the last answer to each event.

import type { ClockDomain } from '../../attribution/api.ts'
import { Texts } from '../grow.ts'
import type { CallWords, Chunk } from './chunk.ts'

/** Texts are numbered anew when there are so many: most belong to rows that are gone. */
export const textsMax = 600_000

/** In place of a verdict. */
export const unanswered = 255

/** The last answer to an event, in numbers. */
export interface Said {
  /** Running number of the first candidate's call, -1 none. */
  readonly call: Float64Array
  readonly p: Float64Array
  /** Index into `verdicts`, or `unanswered`. */
  readonly verdict: Uint8Array
  readonly revision: Uint16Array
  /** Text id of the sandbox by exact keys; 0 unknown. */
  readonly box: Uint32Array
  /** Corrected onset. */
  readonly us: Float64Array
}

export interface HeldEvents extends Pick<Chunk, 'firstEvent' | 'events' | 'eventFile' | 'eventIndex'> {
  readonly said: Said
  /** Events that are not answered yet. */
  waiting: number
}

export interface HeldCalls extends Pick<Chunk, 'firstCall' | 'calls' | 'words'> {
  /** 1 where a newer row has taken the place of a call. */
  readonly gone: Uint8Array
}

export interface EventPlace {
  readonly chunk: HeldEvents
  readonly i: number
}

export interface CallPlace {
  readonly chunk: HeldCalls
  readonly j: number
}

export class Window {
  readonly events: HeldEvents[] = []
  readonly calls: HeldCalls[] = []
  texts = new Texts()
  readonly clocks: ClockDomain[] = []
  readonly #clockIds = new Map<string, number>()
  /** By `uid`, the newest row of each call. */
  readonly #callByUid = new Map<string, number>()
  nextEvent = 0
  nextCall = 0

  get firstEvent(): number {
    return this.events[0]?.firstEvent ?? this.nextEvent
  }

  get firstCall(): number {
    return this.calls[0]?.firstCall ?? this.nextCall
  }

  clock = (key: string, domain: ClockDomain): number => {
    let id = this.#clockIds.get(key)
    if (id === undefined) {
      // A clock has 16 bits in the columns; past them all others are one.
      id = Math.min(this.clocks.length, 65_535)
      this.#clockIds.set(key, id)
    }
    this.clocks[id] = domain
    return id
  }

  /** Takes a chunk in. `gone`: uids of calls that are no more. */
  add(chunk: Chunk, gone: readonly string[]): void {
    const { firstEvent, events, eventFile, eventIndex, firstCall, calls, words } = chunk
    for (const uid of gone) {
      this.#markGone(uid)
      this.#callByUid.delete(uid)
    }
    const { n } = events
    if (n > 0) {
      const said = {
        call: new Float64Array(n).fill(-1),
        p: new Float64Array(n),
        verdict: new Uint8Array(n).fill(unanswered),
        revision: new Uint16Array(n),
        box: new Uint32Array(n),
        us: new Float64Array(n).fill(Number.NaN),
      }
      this.events.push({ firstEvent, events, eventFile, eventIndex, said, waiting: n })
    }
    if (calls.n > 0) {
      words.forEach(({ uid }, j) => {
        this.#markGone(uid)
        this.#callByUid.set(uid, firstCall + j)
      })
      this.calls.push({ firstCall, calls, words, gone: new Uint8Array(calls.n) })
    }
    this.nextEvent += n
    this.nextCall += calls.n
  }

  #markGone(uid: string): void {
    const place = this.callPlace(this.#callByUid.get(uid) ?? -1)
    if (place) place.chunk.gone[place.j] = 1
  }

  eventPlace(row: number): EventPlace | undefined {
    const at = lastAtOrBefore(this.events, row, (one) => one.firstEvent)
    const chunk = this.events[at]
    const i = chunk ? row - chunk.firstEvent : -1
    return chunk && i >= 0 && i < chunk.events.n ? { chunk, i } : undefined
  }

  callPlace(row: number): CallPlace | undefined {
    if (row < 0) return undefined
    const at = lastAtOrBefore(this.calls, row, (one) => one.firstCall)
    const chunk = this.calls[at]
    const j = chunk ? row - chunk.firstCall : -1
    return chunk && j >= 0 && j < chunk.calls.n ? { chunk, j } : undefined
  }

  /** The row that stands for a call now: it may have been told of again since. */
  currentCall(row: number): number {
    const place = this.callPlace(row)
    if (!place || place.chunk.gone[place.j] === 0) return row
    return this.#callByUid.get(place.chunk.words[place.j]!.uid) ?? row
  }

  callRow(uid: string): number {
    return this.#callByUid.get(uid) ?? -1
  }

  wordsOf(row: number): CallWords | undefined {
    const place = this.callPlace(row)
    return place?.chunk.words[place.j]
  }

  /** The oldest make room; no event that waits for its answer. How many did. */
  evict(eventsMax: number, callsMax: number): { events: number; calls: number } {
    const gone = { events: 0, calls: 0 }
    for (let first = this.events[0]; first; first = this.events[0]) {
      if (this.nextEvent - first.firstEvent <= eventsMax || first.waiting > 0) break
      this.events.shift()
      gone.events += first.events.n
    }
    for (let first = this.calls[0]; first; first = this.calls[0]) {
      if (this.nextCall - first.firstCall <= callsMax) break
      this.calls.shift()
      const from = first.firstCall
      first.words.forEach(({ uid }, j) => {
        if (this.#callByUid.get(uid) === from + j) this.#callByUid.delete(uid)
      })
      gone.calls += first.calls.n
    }
    return gone
  }

  /** Numbers the texts anew, those of rows that are gone left out. Whoever keeps numbers of texts has to ask again. */
  renumber(): void {
    const old = this.texts.list
    this.texts = new Texts()
    const id = (before: number) => this.texts.id(old[before])
    const all = (columns: readonly Uint32Array[]) => {
      for (const column of columns) for (let i = 0; i < column.length; i++) column[i] = id(column[i]!)
    }
    for (const { events: e, said } of this.events) {
      all([e.srcIp, e.dstIp, e.natIp, e.name, e.rule, e.box, e.identity, e.answers, said.box])
    }
    for (const { calls: c } of this.calls) all([c.box, c.episode, c.run, c.targets, c.sourceId])
  }
}

function lastAtOrBefore<T>(list: readonly T[], row: number, firstOf: (one: T) => number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (firstOf(list[middle]!) <= row) low = middle + 1
    else high = middle
  }
  return low - 1
}
