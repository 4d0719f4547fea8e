// The last step of reading a file in parts: what only the whole of it tells is put into the parts' columns.

import type { CallContext, Importer, JoinSink } from '../importers/api.ts'
import { type Batch, BatchSink } from './batch.ts'
import { listSeparator } from './batch-words.ts'
import type { CallBatch } from './call-rows.ts'
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
  const kept: number[] = []
  for (let j = 0; j < calls.n; j++) if (!gone.has(j)) kept.push(j)
  const rows = <A extends TypedArray>(column: A): A => picked(column, kept)
  // Targets of kept calls, and where each call's end among them.
  const targets: number[] = []
  const targetsEnd = new Uint32Array(kept.length)
  for (const [i, j] of kept.entries()) {
    for (let k = j === 0 ? 0 : calls.targetsEnd[j - 1]!; k < calls.targetsEnd[j]!; k++) targets.push(k)
    targetsEnd[i] = targets.length
  }
  const next: CallBatch = {
    n: kept.length,
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
    targetsEnd,
    targets: picked(calls.targets, targets),
    targetPort: picked(calls.targetPort, targets),
    targetVia: picked(calls.targetVia, targets),
    line: rows(calls.line),
    command: pickedTexts(calls.command, kept),
    sourceId: pickedTexts(calls.sourceId, kept),
  }
  const place = new Map(kept.map((j, i) => [j, i]))
  const files = batch.files.flatMap((file) => {
    const call = place.get(file.call)
    return call === undefined ? [] : [{ ...file, call }]
  })
  return { ...batch, calls: next, files }
}

function picked<A extends TypedArray>(column: A, indexes: readonly number[]): A {
  const out = column.slice(0, indexes.length) as A
  for (const [i, index] of indexes.entries()) out[i] = column[index]!
  return out
}

function pickedTexts(blob: TextBlob, indexes: readonly number[]): TextBlob {
  const ends = new Uint32Array(indexes.length)
  let length = 0
  for (const [i, j] of indexes.entries()) {
    length += blob.ends[j]! - (j === 0 ? 0 : blob.ends[j - 1]!)
    ends[i] = length
  }
  const bytes = new Uint8Array(length)
  for (const [i, j] of indexes.entries()) {
    const from = j === 0 ? 0 : blob.ends[j - 1]!
    bytes.set(blob.bytes.subarray(from, blob.ends[j]!), i === 0 ? 0 : ends[i - 1]!)
  }
  return { bytes, ends }
}
