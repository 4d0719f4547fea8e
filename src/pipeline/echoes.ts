// Finds calls that two inputs tell of: one stands for both, the others are its echoes.
//
// ROCK's admin log and the model service's log hold the same answers; a rollout dump holds them again with the
// whole episode as their window; a resumed session repeats what went before; `all/` repeats `effective/`.
// Counted twice, one call would share its certainty with itself.

import { noExitCode } from './batch-words.ts'
import type { Merged } from './merge.ts'

export interface Echoes {
  /** By call: the call it repeats, or -1. */
  readonly of: Int32Array
  readonly count: number
  readonly notes: readonly string[]
}

/** Starts this far apart may still be one call: traces stamp asking, starting and being told of it. */
const apartMaxUs = 2_000_000
/** A local time of an unknown zone may be off by this much. */
const naiveMaxUs = 14 * 3_600_000_000
/** Calls of one text that are compared with each other; beyond it they are taken as different. */
const neighboursMax = 32
const commandChars = 256
/** Windows of an episode's or a file's width: they say nothing of the single call. */
const wideSources: ReadonlySet<number> = new Set([5, 6])

/**
 * Calls of different files are one when they have the same text and either the same id and a time in common, or
 * another format, the same sandbox and a time in common. The one with the narrowest window stands for all; what
 * it lacks of run, episode, step, policy version, reward, turn, exit code and sandbox is filled from the others, in place.
 */
export function findEchoes(merged: Merged, box: Uint32Array): Echoes {
  const of = new Int32Array(merged.calls.n).fill(-1)
  const withCalls = merged.files.filter((_, f) => merged.callBase[f + 1]! > merged.callBase[f]!)
  if (withCalls.length < 2) return { of, count: 0, notes: [] }
  const finder = new Finder(merged, box, of)
  finder.byId()
  finder.byEpisode()
  if (new Set(withCalls.map(({ format }) => format)).size > 1) finder.byPlace()
  return finder.finish()
}

class Finder {
  readonly #merged: Merged
  readonly #box: Uint32Array
  readonly #of: Int32Array
  readonly #text: Float64Array
  /** Call and file of its partner there. */
  readonly #taken = new Set<number>()
  #apart = 0
  #apartExample = ''
  #strangers = 0
  #example = ''

  constructor(merged: Merged, box: Uint32Array, of: Int32Array) {
    this.#merged = merged
    this.#box = box
    this.#of = of
    this.#text = Float64Array.from({ length: of.length }, (_, j) => textHash(merged.command(j)))
  }

  byId(): void {
    const { calls, sourceId } = this.#merged
    for (const same of this.#runs(
      (j) => textHash(sourceId(j)),
      (j) => sourceId(j) !== '',
    )) {
      if (same.every((j) => calls.file[j] === calls.file[same[0]!])) continue
      const unique = looksUnique(sourceId(same[0]!))
      this.#pair(same, (a, b) => {
        const told = this.#text[a] === this.#text[b] || (unique && (this.#isBare(a) || this.#isBare(b)))
        return told && this.#sameTime(a, b) && (unique || this.#samePlace(a, b))
      })
      this.#noteStrangers(same, unique)
      this.#noteApart(same, unique)
    }
  }

  byPlace(): void {
    const { calls, files } = this.#merged
    const format = (j: number) => files[calls.file[j]!]!.format
    for (const same of this.#runs(
      (j) => this.#text[j]! * 31 + this.#box[j]!,
      (j) => this.#box[j] !== 0 && !this.#isBare(j),
    )) {
      this.#pair(
        same,
        (a, b) =>
          this.#text[a] === this.#text[b] &&
          format(a) !== format(b) &&
          !this.#idsDiffer(a, b) &&
          this.#samePlace(a, b) &&
          this.#sameTime(a, b),
      )
    }
  }

  /** Calls without an id: the same text in the same instants of one episode. */
  byEpisode(): void {
    const { startUs, endUs, episode } = this.#merged.calls
    for (const same of this.#runs(
      (j) => this.#text[j]! * 31 + episode[j]!,
      (j) => episode[j] !== 0 && !this.#isBare(j) && this.#merged.sourceId(j) === '',
    )) {
      this.#pair(
        same,
        (a, b) =>
          this.#text[a] === this.#text[b] &&
          episode[a] === episode[b] &&
          startUs[a] === startUs[b] &&
          Object.is(endUs[a], endUs[b]),
      )
    }
  }

  finish(): Echoes {
    const { calls } = this.#merged
    let count = 0
    for (let j = 0; j < calls.n; j++) {
      const leader = this.#leaderOf(j)
      if (leader === j) continue
      count++
      this.#of[j] = leader
      this.#lend(j, leader)
    }
    const notes: string[] = []
    if (count > 0) {
      notes.push(
        `${count} of ${calls.n} calls stand in more than one input; each counts once, with the narrowest of its windows (echoOf in toolcalls.jsonl).`,
      )
    }
    if (this.#apart > 0) {
      notes.push(
        `${this.#apart} call id(s) stand in several traces with the same command at different times (${this.#apartExample}); they are kept apart as calls of their own. If one trace is a copy, or its times are in another zone, give the right one, or say its zone with --tz.`,
      )
    }
    if (this.#strangers > 0) {
      notes.push(
        `${this.#strangers} call id(s) are used by several traces for different commands (${this.#example}); they are kept apart as calls of their own. If one trace is an edited copy of the other, give only the one you trust.`,
      )
    }
    return { of: this.#of, count, notes }
  }

  /** Groups of at least two calls with one key, in the order of start. */
  *#runs(key: (j: number) => number, wanted: (j: number) => boolean): Generator<number[]> {
    const { calls } = this.#merged
    const keys = new Float64Array(calls.n).fill(Number.NaN)
    // Most keys stand in one file only; a small table spares them the sort. Collisions cost time, not truth.
    const slots = 2 ** Math.min(24, Math.max(10, Math.ceil(Math.log2(2 * calls.n + 2))))
    const fileOf = new Int32Array(slots)
    const slotOf = (j: number) => keys[j]! % slots
    for (let j = 0; j < calls.n; j++) {
      if (!wanted(j)) continue
      keys[j] = key(j)
      const slot = slotOf(j)
      const file = calls.file[j]! + 1
      fileOf[slot] = fileOf[slot] === 0 || fileOf[slot] === file ? file : -1
    }
    const order = Uint32Array.from({ length: calls.n }, (_, j) => j).filter((j) => fileOf[slotOf(j)] === -1)
    order.sort((a, b) => keys[a]! - keys[b]! || compare(calls.startUs[a]!, calls.startUs[b]!) || a - b)
    for (let from = 0; from < order.length; ) {
      let to = from + 1
      while (to < order.length && keys[order[to]!] === keys[order[from]!]) to++
      if (to - from > 1) yield Array.from(order.subarray(from, to))
      from = to
    }
  }

  /** Joins what is one; an episode that runs one command three times has three echoes in a file, one each. */
  #pair(same: readonly number[], isOne: (a: number, b: number) => boolean): void {
    const { files } = this.#merged
    const { file } = this.#merged.calls
    for (const [k, a] of same.entries()) {
      for (const b of same.slice(k + 1, k + 1 + neighboursMax)) {
        if (file[a] === file[b] || this.#leaderOf(a) === this.#leaderOf(b)) continue
        const marks = [a * files.length + file[b]!, b * files.length + file[a]!]
        if (marks.some((mark) => this.#taken.has(mark)) || !isOne(a, b)) continue
        for (const mark of marks) this.#taken.add(mark)
        this.#join(a, b)
      }
    }
  }

  #join(a: number, b: number): void {
    const [x, y] = [this.#leaderOf(a), this.#leaderOf(b)]
    if (this.#better(x, y)) this.#of[y] = x
    else this.#of[x] = y
  }

  #leaderOf(j: number): number {
    let leader = j
    while (this.#of[leader]! >= 0) leader = this.#of[leader]!
    return leader
  }

  #better(a: number, b: number): boolean {
    const { timeSource } = this.#merged.calls
    if (this.#isBare(a) !== this.#isBare(b)) return this.#isBare(b)
    const [wide, other] = [this.#width(a), this.#width(b)]
    if (wide !== other) return wide < other
    return timeSource[a] !== timeSource[b] ? timeSource[a]! < timeSource[b]! : a < b
  }

  #width(j: number): number {
    const { startUs, endUs, uncertaintyUs } = this.#merged.calls
    const length = Number.isNaN(endUs[j]!) ? 600_000_000 : Math.max(0, endUs[j]! - startUs[j]!)
    return length + 2 * uncertaintyUs[j]!
  }

  #sameTime(a: number, b: number): boolean {
    const { calls, clocks } = this.#merged
    const loose = (j: number) => clocks[calls.clock[j]!]!.zone !== 'utc'
    const slack =
      calls.uncertaintyUs[a]! + calls.uncertaintyUs[b]! + (loose(a) !== loose(b) ? naiveMaxUs : apartMaxUs)
    if (Math.abs(calls.startUs[a]! - calls.startUs[b]!) <= slack) return true
    if (!wideSources.has(calls.timeSource[a]!) && !wideSources.has(calls.timeSource[b]!)) return false
    return calls.startUs[a]! <= this.#end(b) + slack && calls.startUs[b]! <= this.#end(a) + slack
  }

  #end(j: number): number {
    const { startUs, endUs } = this.#merged.calls
    return Number.isNaN(endUs[j]!) ? startUs[j]! : endUs[j]!
  }

  #samePlace(a: number, b: number): boolean {
    const { episode } = this.#merged.calls
    if (this.#box[a] !== 0 && this.#box[b] !== 0) return this.#box[a] === this.#box[b]
    return episode[a] !== 0 && episode[a] === episode[b]
  }

  #idsDiffer(a: number, b: number): boolean {
    const { sourceId } = this.#merged
    const [x, y] = [sourceId(a), sourceId(b)]
    return x !== '' && y !== '' && x !== y && looksUnique(x) && looksUnique(y)
  }

  /** The trace tells that there was a call, not what it did. */
  #isBare(j: number): boolean {
    return this.#text[j] === bareHashes[0] || this.#text[j] === bareHashes[1]
  }

  /** One id and command in two files, at times that have nothing in common. */
  #noteApart(same: readonly number[], unique: boolean): void {
    const { calls } = this.#merged
    const first = same[0]!
    const other = same.find(
      (j) =>
        calls.file[j] !== calls.file[first] &&
        this.#text[j] === this.#text[first] &&
        this.#oneSource(j, first, unique) &&
        this.#leaderOf(j) !== this.#leaderOf(first),
    )
    if (other === undefined || this.#isBare(first)) return
    this.#apart++
    if (this.#apartExample === '') this.#apartExample = this.#inBoth(first, other)
  }

  /** An id that others may have too (`call_1`) has to come from one sandbox or episode to be the same. */
  #oneSource(a: number, b: number, unique: boolean): boolean {
    const { episode } = this.#merged.calls
    return unique || this.#samePlace(a, b) || episode[a] === episode[b]
  }

  #inBoth(a: number, b: number): string {
    const { calls, files, sourceId } = this.#merged
    const paths = [a, b].map((j) => files[calls.file[j]!]!.path).sort()
    return `${sourceId(a).slice(0, 60)} in ${paths.join(' and ')}`
  }

  /** One id, two files that have no command of it in common, and no two episodes that would explain it. */
  #noteStrangers(same: readonly number[], unique: boolean): void {
    const { calls } = this.#merged
    const first = same[0]!
    const texts = new Set(same.filter((j) => calls.file[j] === calls.file[first]).map((j) => this.#text[j]))
    const other = same.find(
      (j) =>
        calls.file[j] !== calls.file[first] &&
        this.#oneSource(j, first, unique) &&
        !texts.has(this.#text[j]) &&
        !this.#isBare(j),
    )
    if (other === undefined || this.#isBare(first)) return
    if (same.some((j) => calls.file[j] === calls.file[other] && texts.has(this.#text[j]))) return
    this.#strangers++
    if (this.#example === '') this.#example = this.#inBoth(first, other)
  }

  #lend(from: number, to: number): void {
    const { calls } = this.#merged
    for (const column of [calls.run, calls.episode, calls.policyVersion, this.#box]) {
      if (column[to] === 0) column[to] = column[from]!
    }
    for (const column of [calls.step, calls.turn]) if (column[to] === -1) column[to] = column[from]!
    if (Number.isNaN(calls.reward[to]!)) calls.reward[to] = calls.reward[from]!
    if (calls.exitCode[to] === noExitCode) calls.exitCode[to] = calls.exitCode[from]!
  }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Ids that count (`call_0`, `functions.bash:3`) come again in every episode; random ones do not. */
function looksUnique(id: string): boolean {
  const longest = id
    .slice(0, 200)
    .split(/[^A-Za-z0-9]+/)
    .reduce((a, b) => (b.length > a.length ? b : a), '')
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(id)) return true
  return longest.length >= 12 && (longest.match(/\d/g)?.length ?? 0) >= 2
}

/** 53 bits of the text's beginning; spaces of any kind and number are one. */
function textHash(text: string): number {
  let high = 0x811c9dc5
  let low = 0x01000193
  let space = false
  const head = text.length > commandChars ? text.slice(0, commandChars) : text
  for (let i = 0; i < head.length; i++) {
    const code = head.charCodeAt(i)
    const blank = code === 32 || (code >= 9 && code <= 13)
    if (blank && (space || i === 0)) continue
    space = blank
    high = Math.imul(high ^ (blank ? 32 : code), 0x01000193)
    low = Math.imul(low ^ (blank ? 32 : code), 0x5bd1e995) + 1
  }
  return (high >>> 0) * 0x200000 + ((low >>> 0) & 0x1fffff)
}

const bareHashes = [textHash(''), textHash('{}')]
