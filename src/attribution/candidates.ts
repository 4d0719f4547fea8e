// Which calls may have caused each connection, and what speaks for each: how long it ran, and what it names.
//
// Where there are very many pairs they are held block by block: units [first, last) at a time, made anew when asked.

import { orderOf } from '../base/order.ts'
import { attributionDefaults, type CallColumns, callFlags } from './api.ts'
import type { Keys } from './keys.ts'
import { type Questions, questionsOf } from './questions.ts'
import type { Units } from './sessions.ts'
import { callsByGroup, type GroupedCalls, type Sweep, sweep } from './sweep.ts'
import type { TargetIndex } from './targets.ts'
import type { CallWindows } from './windows.ts'

const neverCause = callFlags.offline | callFlags.echo

export interface Candidates {
  /** Candidates of unit u: [start[u], start[u + 1]), less `base`, of the columns. Known up to the last block made. */
  readonly start: Float64Array
  /** Units whose candidates are at hand, and the number of those before them. */
  readonly first: number
  readonly last: number
  readonly base: number
  readonly call: Uint32Array
  /** First and last bin of the lag. */
  readonly bin: Uint8Array
  readonly lastBin: Uint8Array
  /** Index into `matchLevels`. */
  readonly level: Uint8Array
  /** Pairs by time alone: of each unit, and in all, also those not at hand. */
  readonly perUnit: Uint32Array
  readonly pairs: number
  /** Makes the block that holds unit u; blocks must first be asked for in ascending order. */
  load(u: number): void
  /** Candidates of the units chosen alone, all at hand: what others have is left out. */
  only(chosen: Uint8Array): Candidates
  /** The same with other onsets. */
  moved(from: Float64Array, to: Float64Array): Candidates
}

export interface CandidateInput {
  readonly units: Units
  readonly calls: CallColumns
  readonly windows: CallWindows
  readonly keys: Keys
  readonly targets: TargetIndex
  /** Half-width of what the clocks leave open, µs, by unit. */
  readonly doubt: Float64Array
  /** Pairs held at once: 7 B each, and 4 B more while they are made. */
  readonly pairsHeldMax: number
}

export function findCandidates(input: CandidateInput): Candidates {
  const { calls, windows, keys, units } = input
  const usable = usableCalls(calls, windows)
  const leave = new Float64Array(usable.call.length)
  const box = new Uint32Array(usable.call.length)
  for (let k = 0; k < leave.length; k++) {
    const j = usable.call[k]!
    leave[k] = windows.until[j]! + windows.slack[j]! + attributionDefaults.afterWindowUs
    box[k] = keys.callBox[j]!
  }
  const sorted = callsByGroup(usable.enter, leave, box, keys.groups)
  const questions = questionsOf(input)
  return candidatesOf(input, { usable, sorted, questions }, units.from, units.to)
}

/** Calls by when their windows open, and all that is asked of them: the same whenever units began. */
interface Prepared {
  readonly usable: { readonly call: Uint32Array; readonly enter: Float64Array }
  readonly sorted: GroupedCalls
  readonly questions: Questions
}

function candidatesOf(
  input: CandidateInput,
  prepared: Prepared,
  from: Float64Array,
  to: Float64Array,
): Candidates {
  const { units, doubt } = input
  const { usable, sorted, questions } = prepared
  const n = units.n
  const isTried = (u: number) => units.group[u]! >= 0 && Number.isFinite(from[u]!)

  /** The units [first, last), or those chosen among them, in the order in which they may begin. */
  function inOrder(first: number, last: number, chosen?: Uint8Array) {
    const earliest = new Float64Array(last - first)
    for (let u = first; u < last; u++) earliest[u - first] = Math.min(from[u]! - doubt[u]!, Number.MAX_VALUE)
    const order = orderOf(earliest)
    const latest = new Float64Array(last - first)
    const group = new Int32Array(last - first)
    const begin = new Float64Array(last - first)
    for (let k = 0; k < order.length; k++) {
      const u = first + order[k]!
      begin[k] = earliest[order[k]!]!
      latest[k] = to[u]! + doubt[u]!
      group[k] = isTried(u) && (!chosen || chosen[u] === 1) ? units.group[u]! : -1
    }
    return { order, from: begin, to: latest, group }
  }

  const start = new Float64Array(n + 1)
  let all: ReturnType<typeof inOrder> | undefined = inOrder(0, n)
  let whole: Sweep | undefined = sweep(all, sorted)
  const pairs = whole.count
  const perUnit = new Uint32Array(n)
  for (let k = 0; k < n; k++) perUnit[all.order[k]!] = whole.size[k]!
  const held = input.pairsHeldMax
  const ends = pairs <= held ? [n] : blockEnds(perUnit, held)
  let made = 0

  function fill(
    first: number,
    last: number,
    into: Float64Array,
    columns: Columns,
    chosen?: Uint8Array,
  ): void {
    const events = all && !chosen && first === 0 && last === n ? all : inOrder(first, last, chosen)
    const found = (events === all && whole ? whole : sweep(events, sorted)).pairs()
    if (ends.length === 1) all = whole = undefined
    const rank = new Uint32Array(last - first)
    for (let k = 0; k < rank.length; k++) rank[events.order[k]!] = k
    for (let u = first; u < last; u++) {
      into[u] = columns.base + columns.size
      if (!isTried(u) || (chosen && chosen[u] === 0)) continue
      questions.ask(u, from[u]!, to[u]!)
      const k = rank[u - first]!
      const end = found.begin[k]! + found.size[k]!
      for (let x = found.begin[k]!; x < end; x++) {
        const j = usable.call[found.call[x]!]!
        if (questions.alive(j)) columns.add(j, questions.bin(j), questions.lastBin(j), questions.level(j))
      }
      questions.further((j) => columns.add(j, questions.bin(j), questions.lastBin(j), questions.level(j)))
    }
    into[last] = columns.base + columns.size
  }

  const out = { start, first: 0, last: 0, base: 0, ...emptyColumns(), perUnit, pairs, load, only, moved }
  function load(u: number): void {
    let block = 0
    while (u >= ends[block]!) block++
    const first = block === 0 ? 0 : ends[block - 1]!
    const columns = growing(ends.length === 1 ? pairs + (n >> 3) : held, start[first]!)
    if (block > made) throw new RangeError('blocks of candidates are first asked for in ascending order')
    fill(first, ends[block]!, start, columns)
    made = Math.max(made, block + 1)
    Object.assign(out, { first, last: ends[block]!, base: start[first]!, ...columns.take() })
  }
  function only(chosen: Uint8Array): Candidates {
    let room = 0
    for (let u = 0; u < n; u++) if (chosen[u] === 1) room += perUnit[u]!
    const columns = growing(room + (n >> 3), 0)
    const own = new Float64Array(n + 1)
    fill(0, n, own, columns, chosen)
    return { ...out, start: own, first: 0, last: n, base: 0, ...columns.take(), pairs: columns.size }
  }
  function moved(otherFrom: Float64Array, otherTo: Float64Array): Candidates {
    return candidatesOf(input, prepared, otherFrom, otherTo)
  }
  if (n > 0) load(0)
  return out
}

/** Ends of blocks of units that have at most `held` pairs each, or one unit. */
function blockEnds(perUnit: Uint32Array, held: number): number[] {
  const ends: number[] = []
  let pairs = 0
  for (let u = 0; u < perUnit.length; u++) {
    if (pairs > 0 && pairs + perUnit[u]! > held) {
      ends.push(u)
      pairs = 0
    }
    pairs += perUnit[u]!
  }
  ends.push(perUnit.length)
  return ends
}

/** Calls that can cause anything, by when their windows open. */
function usableCalls(calls: CallColumns, windows: CallWindows): { call: Uint32Array; enter: Float64Array } {
  const opens = new Float64Array(calls.n)
  let count = 0
  for (let j = 0; j < calls.n; j++) {
    const may = Number.isFinite(windows.start[j]!) && (calls.flags[j]! & neverCause) === 0
    opens[j] = may
      ? windows.start[j]! - windows.slack[j]! - attributionDefaults.preWindowUs
      : Number.POSITIVE_INFINITY
    if (may) count++
  }
  const call = orderOf(opens).slice(0, count)
  const enter = new Float64Array(count)
  for (let k = 0; k < count; k++) enter[k] = opens[call[k]!]!
  return { call, enter }
}

type Columns = ReturnType<typeof growing>

function emptyColumns() {
  return growing(0, 0).take()
}

function growing(capacity: number, base: number) {
  let call = new Uint32Array(Math.max(64, capacity))
  let bin = new Uint8Array(call.length)
  let lastBin = new Uint8Array(call.length)
  let level = new Uint8Array(call.length)
  const columns = {
    base,
    size: 0,
    add(j: number, b: number, c: number, l: number) {
      if (columns.size === call.length) {
        const wider = Math.ceil(call.length * 1.5)
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
