// Answers at once, by the last fit.

import type { AttributionCase } from '../../attribution/api.ts'
import { applyFit } from '../../attribution/apply.ts'
import { type CarriedFit, clocksFor } from '../../attribution/carry.ts'
import { offsetIn } from '../../attribution/clock-pieces.ts'
import type { TopologyEntry } from '../../schema/topology.ts'
import { partCase } from './part-case.ts'
import type { Surroundings } from './surroundings.ts'
import type { Finding } from './verdicts.ts'
import type { HeldCalls, Window } from './window.ts'

/** Pairs held at once for one question. */
const pairsMax = 4_000_000
/** Events that one new call may send back to be asked about again. */
const againPerCall = 400
const namedEach = 16
/** How far the end of a call that has none may lie after its start, when earlier events are looked at again. */
const openUs = 60_000_000
/** Rows of one sandbox come about in the order of time; how far one may lie behind another. */
const lateUs = 30_000_000

export class Quick {
  readonly #window: Window
  readonly #around: Surroundings
  readonly #controls: AttributionCase['controls']
  #fit: CarriedFit | undefined
  #offsets: ((clock: number, us: number) => number) | undefined
  #doubtUs = 0
  #clocksKnown = 0

  constructor(window: Window, around: Surroundings, controls: AttributionCase['controls']) {
    this.#window = window
    this.#around = around
    this.#controls = controls
  }

  get fitted(): boolean {
    return this.#fit !== undefined
  }

  use(fit: CarriedFit): void {
    this.#fit = fit
    this.#clocksKnown = -1
  }

  #clocks(fit: CarriedFit): (clock: number, us: number) => number {
    if (this.#clocksKnown !== this.#window.clocks.length || !this.#offsets) {
      const known = clocksFor(fit, this.#window.clocks)
      this.#clocksKnown = this.#window.clocks.length
      this.#offsets = (clock, us) => offsetIn(known[clock]?.pieces ?? [], us)
      // A clock that nobody can vouch for would make every call a candidate: beyond two minutes the fit has to say.
      this.#doubtUs = Math.min(120e6, Math.max(20_000, ...known.map(({ sdUs }) => 1.5 * sdUs)))
    }
    return this.#offsets
  }

  /** What the events that are asked about come from. Only with a fit. */
  ask(asked: readonly number[], topology: readonly TopologyEntry[]): Finding[] {
    const fit = this.#fit
    if (!fit || asked.length === 0) return []
    const offset = this.#clocks(fit)
    const events = this.#around.eventsAround(asked)
    const instants = new Float64Array(events.length)
    events.forEach((row, k) => {
      const { chunk, i } = this.#window.eventPlace(row)!
      const us = chunk.events.fromUs[i]!
      instants[k] = us - offset(chunk.events.clock[i]!, us)
    })
    const asking = new Set(asked)
    const times = instants.filter((us, k) => asking.has(events[k]!) && Number.isFinite(us)).sort()
    const calls = this.#around.callsAround(events, times, offset, this.#doubtUs)
    const part = partCase(this.#window, events, calls, topology, this.#controls)
    const rows = applyFit(fit, part.input, pairsMax)
    const findings: Finding[] = []
    part.events.forEach((row, k) => {
      if (!asking.has(row)) return
      const from = rows.candStart[k]!
      const to = rows.candStart[k + 1]!
      findings.push({
        row,
        calls: Array.from(rows.candCall.subarray(from, to), (j) => part.calls[j]!),
        p: Array.from(rows.candP.subarray(from, to)),
        pNone: rows.pNone[k]!,
        tier: rows.tier[k]!,
        us: rows.eventUs[k]!,
        box: part.textOf[rows.eventBox[k]!]!,
        name: part.textOf[rows.dstName[k]!]!,
      })
    })
    return findings
  }

  /** Answered events that a call, told of after them, may have caused. */
  affectedBy({ firstCall, calls }: HeldCalls): number[] {
    const fit = this.#fit
    if (!fit) return []
    const offset = this.#clocks(fit)
    const found = new Set<number>()
    for (let j = 0; j < calls.n; j++) {
      const start = calls.startUs[j]! - offset(calls.clock[j]!, calls.startUs[j]!)
      const end = Number.isNaN(calls.endUs[j]!) ? start + openUs : start + calls.endUs[j]! - calls.startUs[j]!
      const slack = calls.uncertaintyUs[j]! + this.#doubtUs
      this.#around.eventsOf(calls.box[j]!, againPerCall, (row, us) => {
        if (us >= start - slack - 500_000 && us <= end + slack + 3_000_000) found.add(row)
        return us >= start - slack - lateUs
      })
      for (const row of this.#around.eventsNamedBy(firstCall + j, namedEach)) {
        const place = this.#window.eventPlace(row)
        if (!place || !(place.chunk.said.us[place.i]! >= start - slack)) continue
        if (mayBeOf(place.chunk.said.box[place.i]!, calls.box[j]!)) found.add(row)
      }
    }
    return [...found]
  }
}

/** Whether an event of one sandbox, as far as that is known, may come from a call in another. */
function mayBeOf(eventBox: number, callBox: number): boolean {
  return eventBox === 0 || callBox === 0 || eventBox === callBox
}
