// What is asked of a call that may have caused a unit: was it there, how long had it run, what does it name.

import { attributionDefaults, callFlags } from './api.ts'
import type { CandidateInput } from './candidates.ts'
import { binAt } from './intensity.ts'
import { namersByBox } from './namers.ts'
import type { Destination } from './targets.ts'

/** Calls further away in time that name a destination and are still tried, per name. */
const namersMax = 8
/** A place that more entries name than this is everybody's. */
const namedMax = 4096
const neverCause = callFlags.offline | callFlags.echo
const lifeSlackUs = 5_000_000

export interface Questions {
  /** Turns to unit u, which began in [fromUs, toUs] give or take its clock's doubt. */
  ask(u: number, fromUs: number, toUs: number): void
  /** Whether the box of call j existed: one that did not sent nothing. */
  alive(j: number): boolean
  /** Whether the window of call j meets the unit. */
  meets(j: number): boolean
  /** First and last bin of the lag, and how well the call names the destination (index into `matchLevels`). */
  bin(j: number): number
  lastBin(j: number): number
  level(j: number): number
  /** Calls whose window is over but that name the destination: in question however long ago they ran. */
  further(use: (j: number) => void): void
}

export function questionsOf(input: CandidateInput): Questions {
  const { units, calls, windows, keys, targets, doubt } = input
  const namers = namersByBox(targets.named, keys.callBox, keys.groups)
  const timed = keys.boxFrom.some((t) => t > Number.NEGATIVE_INFINITY) || keys.boxTo.some((t) => t < Infinity)
  const reach = attributionDefaults.afterWindowUs
  let group = -1
  let a = 0
  let b = 0
  let port = 0
  let d: Destination = { strong: [], weak: [], mask: 0, portMask: 0 }

  function ask(u: number, fromUs: number, toUs: number): void {
    group = units.group[u]!
    a = fromUs - doubt[u]!
    b = toUs + doubt[u]!
    port = units.isDns[u] === 1 ? 0 : units.dstPort[u]!
    d = targets.destination(units.dstIp[u]!, units.name[u]!, port)
  }

  function alive(j: number): boolean {
    if (!timed) return true
    const box = keys.callBox[j]!
    return b >= keys.boxFrom[box]! - lifeSlackUs && a <= keys.boxTo[box]! + lifeSlackUs
  }

  function further(use: (j: number) => void): void {
    const tried: number[] = []
    for (const text of d.strong) tryNamers(text, tried, use)
    for (const text of d.weak) tryNamers(text, tried, use)
  }

  function tryNamers(text: number, used: number[], use: (j: number) => void): void {
    if (targets.named.start[text + 1]! - targets.named.start[text]! > namedMax) return
    namers.ask(text, group)
    const { list, from } = namers
    let tried = 0
    for (let y = namers.to - 1; y >= from && tried < namersMax; y--) {
      const j = list[y]!
      if (!(windows.start[j]! - windows.slack[j]! <= b) || (calls.flags[j]! & neverCause) !== 0) continue
      tried++
      if (windows.until[j]! + windows.slack[j]! + reach >= a || used.includes(j) || !alive(j)) continue
      used.push(j)
      use(j)
    }
  }

  return {
    ask,
    alive,
    meets: (j) =>
      windows.start[j]! - windows.slack[j]! - attributionDefaults.preWindowUs <= b &&
      windows.until[j]! + windows.slack[j]! + reach >= a &&
      (calls.flags[j]! & neverCause) === 0 &&
      alive(j),
    bin: (j) => binAt(a - windows.slack[j]!, windows.start[j]!, windows.end[j]!),
    lastBin: (j) => binAt(b + windows.slack[j]!, windows.start[j]!, windows.end[j]!),
    level: (j) => targets.level(j, d, port),
    further,
  }
}
