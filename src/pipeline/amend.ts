// The last step of reading a file in parts: what only the whole of it tells is put into the parts' columns.

import type { CallContext, Importer, JoinSink } from '../importers/api.ts'
import { type Batch, BatchSink } from './batch.ts'
import { listSeparator } from './batch-words.ts'
import type { CallBatch, CallFiles } from './call-rows.ts'
import { type TextBlob, Texts, type TypedArray } from './grow.ts'

export interface ReadPart {
  readonly batch: Batch
  /** What the importer's reader left for `join`. */
  readonly rest: unknown
  readonly linesBefore: number
}

/**
 * Lets the importer complete the parts of one file. Their batches come back, those of calls taken back without
 * them, and one more for what is told of the file as a whole.
 */
export function joinParts(
  importer: Importer,
  parts: readonly ReadPart[],
  onReject: ConstructorParameters<typeof BatchSink>[0],
): Batch[] {
  if (!('join' in importer) || !importer.join) return parts.map(({ batch }) => batch)
  const amended = parts.map(({ batch }) => new AmendedCalls(batch))
  const whole = new WholeFile(onReject, amended)
  importer.join(parts, whole)
  return [...amended.map((one) => one.finish()), whole.finish()]
}

class WholeFile extends BatchSink implements JoinSink {
  readonly #amended: readonly AmendedCalls[]

  constructor(onReject: ConstructorParameters<typeof BatchSink>[0], amended: readonly AmendedCalls[]) {
    super(onReject)
    this.#amended = amended
  }

  amend(part: number, call: number, told: CallContext): void {
    this.#amended[part]?.amend(call, told)
  }

  retract(part: number, call: number): void {
    this.#amended[part]?.retract(call)
  }
}

class AmendedCalls {
  readonly #batch: Batch
  readonly #texts = new Texts()
  readonly #gone = new Set<number>()
  // What was told last, with its texts' numbers: the calls of one episode follow each other.
  #told: CallContext | undefined
  #ids = { episode: 0, run: 0, policyVersion: 0, hints: 0 }

  constructor(batch: Batch) {
    this.#batch = batch
  }

  amend(call: number, told: CallContext): void {
    const { calls } = this.#batch
    if (told !== this.#told) {
      this.#told = told
      this.#ids = {
        episode: this.#id(told.episode),
        run: this.#id(told.run),
        policyVersion: this.#id(told.policyVersion),
        hints: this.#id(told.boxHints.join(listSeparator)),
      }
    }
    const ids = this.#ids
    if (ids.episode !== 0) calls.episode[call] = ids.episode
    if (ids.run !== 0) calls.run[call] = ids.run
    if (ids.policyVersion !== 0) calls.policyVersion[call] = ids.policyVersion
    if (told.step !== undefined) calls.step[call] = told.step
    if (told.reward !== undefined) calls.reward[call] = told.reward
    calls.hints[call] = ids.hints
  }

  retract(call: number): void {
    this.#gone.add(call)
  }

  finish(): Batch {
    const before = this.#batch
    const added = this.#texts.list.slice(1)
    const batch = added.length === 0 ? before : { ...before, texts: before.texts.concat(added) }
    return this.#gone.size === 0 ? batch : withoutCalls(batch, this.#gone)
  }

  /** The new texts of a part stand after its own; one that was there already is found again when parts are merged. */
  #id(text: string | undefined): number {
    const id = this.#texts.id(text)
    return id === 0 ? 0 : this.#batch.texts.length - 1 + id
  }
}

/** A batch without some of its calls. */
export function withoutCalls(batch: Batch, gone: ReadonlySet<number>): Batch {
  const { calls } = batch
  const kept = runsWithout(calls.n, gone)
  const rows = <A extends TypedArray>(column: A): A => picked(column, kept)
  const ends = (column: Uint32Array): Run[] =>
    kept.map(([from, to]) => [from === 0 ? 0 : column[from - 1]!, to === 0 ? 0 : column[to - 1]!])
  const targets = ends(calls.targetsEnd)
  const next: CallBatch = {
    n: calls.n - gone.size,
    startUs: rows(calls.startUs),
    endUs: rows(calls.endUs),
    uncertaintyUs: rows(calls.uncertaintyUs),
    clock: rows(calls.clock),
    hints: rows(calls.hints),
    episode: rows(calls.episode),
    run: rows(calls.run),
    policyVersion: rows(calls.policyVersion),
    name: rows(calls.name),
    step: rows(calls.step),
    turn: rows(calls.turn),
    reward: rows(calls.reward),
    exitCode: rows(calls.exitCode),
    toolClass: rows(calls.toolClass),
    flags: rows(calls.flags),
    timeSource: rows(calls.timeSource),
    targetsEnd: pickedEnds(calls.targetsEnd, kept),
    targets: picked(calls.targets, targets),
    targetPort: picked(calls.targetPort, targets),
    targetVia: picked(calls.targetVia, targets),
    line: rows(calls.line),
    command: pickedTexts(calls.command, kept, ends),
    sourceId: pickedTexts(calls.sourceId, kept, ends),
  }
  const before = [...gone].sort((a, b) => a - b)
  let passed = 0
  const files: CallFiles[] = []
  // Files stand in the order of their calls.
  for (const file of batch.files) {
    while (passed < before.length && before[passed]! < file.call) passed++
    if (before[passed] !== file.call) files.push({ ...file, call: file.call - passed })
  }
  return { ...batch, calls: next, files }
}

/** `[from, to)`. */
type Run = readonly [from: number, to: number]

/** What is kept of `n` rows, in runs: mostly few are gone. */
function runsWithout(n: number, gone: ReadonlySet<number>): Run[] {
  const runs: Run[] = []
  let from = 0
  for (const at of [...gone].sort((a, b) => a - b)) {
    if (at > from) runs.push([from, at])
    from = at + 1
  }
  if (n > from) runs.push([from, n])
  return runs
}

function picked<A extends TypedArray>(column: A, runs: readonly Run[]): A {
  const out = column.slice(
    0,
    runs.reduce((sum, [from, to]) => sum + to - from, 0),
  ) as A
  let at = 0
  for (const [from, to] of runs) {
    out.set(column.subarray(from, to), at)
    at += to - from
  }
  return out
}

/** Ends of lists that stand one after the other, counted anew. */
function pickedEnds(column: Uint32Array, runs: readonly Run[]): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(runs.reduce((sum, [from, to]) => sum + to - from, 0))
  let at = 0
  let before = 0
  for (const [from, to] of runs) {
    const start = from === 0 ? 0 : column[from - 1]!
    for (let i = from; i < to; i++) out[at++] = before + column[i]! - start
    before = at === 0 ? 0 : out[at - 1]!
  }
  return out
}

function pickedTexts(
  { bytes, ends }: TextBlob,
  runs: readonly Run[],
  bytesOf: (ends: Uint32Array) => Run[],
): TextBlob {
  return { bytes: picked(bytes, bytesOf(ends)), ends: pickedEnds(ends, runs) }
}
