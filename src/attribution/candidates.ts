// Which calls may have caused each connection, and what speaks for each: how long it ran, and what it names.

import { attributionDefaults, type CallColumns, callFlags } from './api.ts'
import { binAt } from './intensity.ts'
import type { Keys } from './keys.ts'
import type { Units } from './sessions.ts'
import { sweep } from './sweep.ts'
import { matchLevels, type TargetIndex } from './targets.ts'
import type { CallWindows } from './windows.ts'

/** Calls further away in time that name a destination and are still tried, per name. */
const namersMax = 8
const neverCause = callFlags.offline | callFlags.echo
const outputLevel = matchLevels.indexOf('output')

export interface Candidates {
  /** Candidates of unit u: [start[u], start[u + 1]) of the columns below. */
  readonly start: Float64Array
  readonly call: Uint32Array
  /** First and last bin of the lag. */
  readonly bin: Uint8Array
  readonly lastBin: Uint8Array
  /** Index into `matchLevels`. */
  readonly level: Uint8Array
}

export interface CandidateInput {
  readonly units: Units
  readonly calls: CallColumns
  readonly windows: CallWindows
  readonly keys: Keys
  readonly targets: TargetIndex
  /** Half-width of what the clocks leave open, µs, by unit. */
  readonly doubt: Float64Array
  /** Onsets to use instead of the units' own (decoys), else the units'. */
  readonly from?: Float64Array
  readonly to?: Float64Array
}

export function findCandidates(input: CandidateInput): Candidates {
  const { units, calls, windows, keys, targets, doubt } = input
  const from = input.from ?? units.from
  const to = input.to ?? units.to
  const n = units.n
  const order = new Uint32Array(calls.n)
  for (let j = 0; j < calls.n; j++) order[j] = j
  const enterOf = (j: number) => windows.start[j]! - windows.slack[j]! - attributionDefaults.preWindowUs
  order.sort((a, b) => enterOf(a) - enterOf(b) || a - b)
  const usable = order.filter(
    (j) => Number.isFinite(windows.start[j]!) && (calls.flags[j]! & neverCause) === 0,
  )
  const enter = Float64Array.from(usable, enterOf)
  const leave = Float64Array.from(
    usable,
    (j) => windows.until[j]! + windows.slack[j]! + attributionDefaults.afterWindowUs,
  )
  const box = Uint32Array.from(usable, (j) => keys.callBox[j]!)

  const unitOrder = new Uint32Array(n)
  for (let u = 0; u < n; u++) unitOrder[u] = u
  unitOrder.sort((a, b) => compare(from[a]! - doubt[a]!, from[b]! - doubt[b]!) || a - b)
  const pairs = sweep({
    from: Float64Array.from(unitOrder, (u) => from[u]! - doubt[u]!),
    to: Float64Array.from(unitOrder, (u) => to[u]! + doubt[u]!),
    group: Int32Array.from(unitOrder, (u) => (Number.isFinite(from[u]!) ? units.group[u]! : -1)),
    enter,
    leave,
    box,
    groups: keys.groups,
  })
  const rank = new Uint32Array(n)
  for (let k = 0; k < n; k++) rank[unitOrder[k]!] = k

  const members = keys.groups.map((g) => {
    const inside = new Uint8Array(keys.boxes.length)
    for (const b of g.boxes) inside[b] = 1
    return inside
  })
  const timed = keys.boxFrom.some((t) => t > Number.NEGATIVE_INFINITY) || keys.boxTo.some((t) => t < Infinity)
  const columns = growing(pairs.count + n)
  const first = (a: number, j: number) => binAt(a - windows.slack[j]!, windows.start[j]!, windows.end[j]!)
  const last = (b: number, j: number) => binAt(b + windows.slack[j]!, windows.start[j]!, windows.end[j]!)
  const start = new Float64Array(n + 1)
  for (let u = 0; u < n; u++) {
    start[u] = columns.size
    const g = units.group[u]!
    if (g < 0 || !Number.isFinite(from[u]!)) continue
    const a = from[u]! - doubt[u]!
    const b = to[u]! + doubt[u]!
    const port = units.isDns[u] === 1 ? 0 : units.dstPort[u]!
    const d = targets.destination(units.dstIp[u]!, units.name[u]!, port)
    const shared = members[g]!
    const k = rank[u]!
    for (let x = pairs.begin[k]!; x < pairs.begin[k]! + pairs.size[k]!; x++) {
      const j = usable[pairs.call[x]!]!
      if (timed && !alive(keys, j, a, b)) continue
      columns.add(j, first(a, j), last(b, j), targets.level(j, d, port))
    }
    // What names the destination stays in question however long ago it ran, while its box lives.
    for (const text of [...d.strong, ...d.weak]) {
      const named = targets.naming(text)!
      if (named.calls.length > 4096) continue
      let tried = 0
      for (let y = named.calls.length - 1; y >= 0 && tried < namersMax; y--) {
        const j = named.calls[y]!
        if (shared[keys.callBox[j]!] !== 1 || !(windows.start[j]! - windows.slack[j]! <= b)) continue
        if ((calls.flags[j]! & neverCause) !== 0 || named.level[y]! <= outputLevel) continue
        tried++
        const leaves = windows.until[j]! + windows.slack[j]! + attributionDefaults.afterWindowUs
        if (leaves >= a || columns.has(start[u]!, j)) continue
        if (timed && !alive(keys, j, a, b)) continue
        columns.add(j, first(a, j), last(b, j), targets.level(j, d, port))
      }
    }
  }
  start[n] = columns.size
  return { start, ...columns.take() }
}

/** A box that did not exist at the time sent nothing. */
function alive(keys: Keys, j: number, a: number, b: number): boolean {
  const box = keys.callBox[j]!
  return b >= keys.boxFrom[box]! - 5_000_000 && a <= keys.boxTo[box]! + 5_000_000
}

function growing(capacity: number) {
  let call = new Uint32Array(Math.max(64, capacity))
  let bin = new Uint8Array(call.length)
  let lastBin = new Uint8Array(call.length)
  let level = new Uint8Array(call.length)
  const columns = {
    size: 0,
    add(j: number, b: number, c: number, l: number) {
      if (columns.size === call.length) {
        const wider = call.length * 2
        call = copied(call, new Uint32Array(wider))
        bin = copied(bin, new Uint8Array(wider))
        lastBin = copied(lastBin, new Uint8Array(wider))
        level = copied(level, new Uint8Array(wider))
      }
      call[columns.size] = j
      bin[columns.size] = b
      lastBin[columns.size] = c
      level[columns.size++] = l
    },
    has(from: number, j: number) {
      for (let x = from; x < columns.size; x++) if (call[x] === j) return true
      return false
    },
    take: () => ({
      call: call.subarray(0, columns.size),
      bin: bin.subarray(0, columns.size),
      lastBin: lastBin.subarray(0, columns.size),
      level: level.subarray(0, columns.size),
    }),
  }
  return columns
}

function copied<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
