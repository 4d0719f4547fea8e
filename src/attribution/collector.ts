// Gathers pairs of stamps into flat columns. Beyond a maximum, effects chosen by a hash of their row stand for all of
// them: whole effects, over the whole period and all hosts, the same ones in every run.

import { type EventColumns, eventFlags } from './api.ts'
import type { Anchors } from './correlogram.ts'

/** Pairs kept. More neither sharpen an offset nor make it surer. */
const pairsMax = 300_000
/** What the pairs of a single effect may take beyond it. */
const overflowMax = 2 * pairsMax
const ingestDelayUs = 300_000_000

type Stamps = Pick<EventColumns, 'fromUs' | 'spanUs' | 'flags'>

export interface Collector {
  /** Whether pairs of event i are still asked for. */
  wants(i: number): boolean
  /** Adds the pair of event i and cause j, which happened at `causeUs` give or take `slackUs`, or up to `lateUs` later. */
  add(
    events: Stamps,
    i: number,
    causeUs: number,
    slackUs: number,
    weight: number,
    j: number,
    lateUs: number,
  ): void
  take(): Anchors
}

export function collector(): Collector {
  let low = new Float64Array(1024)
  let high = new Float64Array(1024)
  let weight = new Float64Array(1024)
  let time = new Float64Array(1024)
  let effect = new Uint32Array(1024)
  let cause = new Uint32Array(1024)
  let size = 0
  let below = 2 ** 32

  function wants(i: number): boolean {
    if (size >= pairsMax) halve()
    return below === 2 ** 32 || mixed(i) < below
  }

  function add(
    events: Stamps,
    i: number,
    causeUs: number,
    slackUs: number,
    w: number,
    j: number,
    lateUs: number,
  ): void {
    if (size >= overflowMax || !Number.isFinite(events.fromUs[i]! - causeUs)) return
    if (size === low.length) grow()
    const from = events.fromUs[i]!
    const early = (events.flags[i]! & eventFlags.ingestTime) !== 0 ? ingestDelayUs : 0
    low[size] = from - early - causeUs - slackUs - lateUs
    high[size] = from + events.spanUs[i]! - causeUs + slackUs
    weight[size] = w
    time[size] = from
    effect[size] = i
    cause[size++] = j
  }

  /** Lets go of half of the effects, those already here and those to come. */
  function halve(): void {
    below /= 2
    let kept = 0
    for (let k = 0; k < size; k++) {
      if (mixed(effect[k]!) >= below) continue
      low[kept] = low[k]!
      high[kept] = high[k]!
      weight[kept] = weight[k]!
      time[kept] = time[k]!
      effect[kept] = effect[k]!
      cause[kept++] = cause[k]!
    }
    size = kept
  }

  function grow(): void {
    const wider = low.length * 2
    low = copied(low, new Float64Array(wider))
    high = copied(high, new Float64Array(wider))
    weight = copied(weight, new Float64Array(wider))
    time = copied(time, new Float64Array(wider))
    effect = copied(effect, new Uint32Array(wider))
    cause = copied(cause, new Uint32Array(wider))
  }

  return {
    wants,
    add,
    take: () => ({
      low: low.subarray(0, size),
      high: high.subarray(0, size),
      weight: weight.subarray(0, size),
      time: time.subarray(0, size),
      effect: effect.subarray(0, size),
      cause: cause.subarray(0, size),
    }),
  }
}

/** A whole number's bits mixed to 0 … 2³² − 1 (the finaliser of MurmurHash3), so that no rhythm of rows shows. */
export function mixed(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function copied<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from)
  return into
}
