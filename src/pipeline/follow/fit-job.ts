// The full method over what the window holds: clocks, rates, calibration. Runs in a thread of its own, which keeps
// the rows as they were read, because joining changes them.

import type { AttributionCase } from '../../attribution/api.ts'
import type { CarriedFit } from '../../attribution/carry.ts'
import { fitRows } from '../../attribution/fit-case.ts'
import { assert } from '../../base/assert.ts'
import type { Importer } from '../../importers/api.ts'
import { importers } from '../../importers/registry.generated.ts'
import type { EpisodeRecord } from '../../schema/tool-call.ts'
import type { TopologyEntry } from '../../schema/topology.ts'
import { joinParts, withoutCalls } from '../amend.ts'
import { type Batch, BatchSink } from '../batch.ts'
import { buildCase } from '../case.ts'
import type { ZoneRule } from '../clock-domains.ts'
import { mergeFiles, type ReadFile } from '../merge.ts'
import type { FollowClock } from './api.ts'

export interface FileFacts {
  readonly id: string
  readonly path: string
  readonly format: string
  readonly modifiedUs: number
  readonly boxes: readonly TopologyEntry[]
  readonly episodes: readonly EpisodeRecord[]
}

/** Rows of one file that came together, with their running numbers. */
export interface PartMessage {
  readonly file: string
  readonly batch: Batch
  readonly firstEvent: number
  readonly firstCall: number
  readonly rest?: unknown
  readonly linesBefore: number
}

export interface FitRequest {
  readonly files: readonly FileFacts[]
  readonly zones: readonly ZoneRule[]
  readonly controls: AttributionCase['controls']
  /** Rows before these are gone. */
  readonly firstEvent: number
  readonly firstCall: number
  /** Compare all clocks anew, however short ago that was done. */
  readonly align: boolean
}

/** In columns by event and call of the fit; running numbers say which. */
export interface FitResult {
  readonly carried: CarriedFit
  readonly clocks: readonly FollowClock[]
  readonly calibrated: boolean
  readonly texts: readonly string[]
  readonly event: Float64Array
  readonly us: Float64Array
  readonly box: Uint32Array
  readonly name: Uint32Array
  readonly candStart: Uint32Array
  readonly candCall: Float64Array
  readonly candP: Float64Array
  readonly pNone: Float64Array
  readonly tier: Uint8Array
  readonly call: Float64Array
  readonly callBox: Uint32Array
  readonly callEpisode: Uint32Array
  readonly callEndUs: Float64Array
  readonly callFlags: Uint8Array
  readonly ms: number
}

/** Clocks of a window that is full are compared anew after so long; of a smaller one in every fit. */
const alignEveryMs = 60_000
const alignedMin = 20_000

interface Part extends PartMessage {
  readonly gone: Set<number>
}

export class FitJob {
  readonly #parts = new Map<string, Part[]>()
  /** Where the row of each call is, by running number. */
  readonly #calls = new Map<number, { readonly part: Part; readonly at: number }>()
  readonly #empty = new BatchSink(() => {}).finish()
  #last: CarriedFit | undefined
  #aligned = Number.NEGATIVE_INFINITY
  #alignedEvents = 0

  add(message: PartMessage): void {
    const part = { ...message, gone: new Set<number>() }
    const list = this.#parts.get(message.file) ?? []
    list.push(part)
    this.#parts.set(message.file, list)
    for (let at = 0; at < message.batch.calls.n; at++) this.#calls.set(message.firstCall + at, { part, at })
  }

  /** Rows of calls in whose place others stand. */
  drop(calls: readonly number[]): void {
    for (const row of calls) {
      const place = this.#calls.get(row)
      place?.part.gone.add(place.at)
    }
  }

  run(request: FitRequest, now: () => number): FitResult {
    const began = now()
    this.#evict(request)
    const eventRows: number[] = []
    const callRows: number[] = []
    const read: ReadFile[] = []
    // The order in which they will be merged.
    const files = [...request.files].sort((a, b) => (a.id < b.id ? -1 : 1))
    for (const { id, path, format, modifiedUs, boxes, episodes } of files) {
      const parts = this.#partsOf(id, format, eventRows, callRows)
      const told = { ...this.#empty, boxes, episodes }
      read.push({ path, format, contentSha: id, modifiedUs, parts: [told, ...parts] })
    }
    const merged = mergeFiles(read)
    assert(
      merged.events.n === eventRows.length && merged.calls.n === callRows.length,
      'every row has its number',
    )
    const theCase = buildCase(merged, request)
    const { rows, clocks, calibrated, carried } = fitRows(
      theCase.attribution,
      this.#clocksBefore(request, theCase.attribution, began),
    )
    this.#last = carried
    const texts = ['']
    const ids = new Map<number, number>([[0, 0]])
    const text = (id: number): number => {
      let known = ids.get(id)
      if (known === undefined) {
        known = texts.length
        ids.set(id, known)
        texts.push(theCase.text(id))
      }
      return known
    }
    return {
      carried,
      clocks: clocks.map(({ domain, offsetMs, driftPpm, sdMs, aligned, note }) => ({
        ...{ domain, offsetMs, driftPpm, sdMs, aligned, note },
      })),
      calibrated,
      event: Float64Array.from(eventRows),
      us: rows.eventUs,
      box: rows.eventBox.map(text),
      name: rows.dstName.map(text),
      candStart: rows.candStart,
      candCall: Float64Array.from(rows.candCall, (j) => callRows[j]!),
      candP: rows.candP,
      pNone: rows.pNone,
      tier: rows.tier,
      call: Float64Array.from(callRows),
      callBox: theCase.callBox.map(text),
      callEpisode: merged.calls.episode.map(text),
      callEndUs: merged.calls.endUs,
      callFlags: theCase.attribution.calls.flags,
      texts,
      ms: now() - began,
    }
  }

  /** The fit before, where its clocks can be taken to run on: aligning is the larger half of the work. */
  #clocksBefore(
    { align }: FitRequest,
    { clocks, events }: AttributionCase,
    now: number,
  ): CarriedFit | undefined {
    const last = this.#last
    const known = last !== undefined && clocks.every(({ name }) => last.clocks.has(name))
    const alike = events.n >= alignedMin && this.#alignedEvents * 2 >= events.n
    if (known && alike && !align && now - this.#aligned < alignEveryMs) return last
    this.#aligned = now
    this.#alignedEvents = events.n
    return undefined
  }

  #evict({ firstEvent, firstCall }: FitRequest): void {
    for (const [file, parts] of this.#parts) {
      const kept = parts.filter(
        (part) =>
          part.firstEvent + part.batch.events.n > firstEvent ||
          part.firstCall + part.batch.calls.n > firstCall,
      )
      for (const part of parts) {
        if (kept.includes(part)) continue
        for (let at = 0; at < part.batch.calls.n; at++) this.#calls.delete(part.firstCall + at)
      }
      if (kept.length < parts.length) this.#parts.set(file, kept)
      this.#parts.set(
        file,
        kept.map((part) => {
          const old = part.batch.events.n > 0 && part.firstEvent + part.batch.events.n <= firstEvent
          return old ? Object.assign(part, { batch: { ...part.batch, events: this.#empty.events } }) : part
        }),
      )
    }
  }

  /** A file's batches with what they tell of each other, and the numbers of their rows. */
  #partsOf(file: string, format: string, eventRows: number[], callRows: number[]): Batch[] {
    const parts = this.#parts.get(file) ?? []
    const importer = importers.find(({ id }) => id === format)
    const gone = parts.map((part) => new Set(part.gone))
    const batches = importer ? joinedParts(importer, parts, gone) : parts.map(({ batch }) => batch)
    return batches.map((batch, k) => {
      const part = parts[k]
      for (let i = 0; i < batch.events.n; i++) eventRows.push(part ? part.firstEvent + i : -1)
      for (let j = 0; j < batch.calls.n; j++) {
        if (!gone[k]?.has(j)) callRows.push(part ? part.firstCall + j : -1)
      }
      // Boxes and episodes are told once, of the file.
      const rows = { ...batch, boxes: [], episodes: part ? [] : batch.episodes }
      const out = gone[k]
      return out && out.size > 0 ? withoutCalls(rows, out) : rows
    })
  }
}

/** As `joinParts`, on copies: it is done again in the next fit. What is taken back is added to `gone`. */
function joinedParts(importer: Importer, parts: readonly Part[], gone: readonly Set<number>[]): Batch[] {
  if (!('join' in importer) || !importer.join || parts.some(({ rest }) => rest === undefined)) {
    return parts.map(({ batch }) => batch)
  }
  const { join } = importer
  const copies = parts.map(({ batch, rest, linesBefore }) => ({
    batch: withOwnCalls(batch),
    rest,
    linesBefore,
  }))
  const noting: Importer = {
    ...importer,
    join: (all, sink) =>
      join(all, {
        event: (event) => sink.event(event),
        toolCall: (call) => sink.toolCall(call),
        outcome: (outcome) => sink.outcome(outcome),
        episode: (episode) => sink.episode(episode),
        box: (entry) => sink.box(entry),
        reject: (line, reason, words) => sink.reject(line, reason, words),
        skip: (why) => sink.skip(why),
        amend: (part, call, told) => sink.amend(part, call, told),
        retract: (part, call) => void gone[part]?.add(call),
      }),
  }
  return joinParts(noting, copies, () => {})
}

function withOwnCalls(batch: Batch): Batch {
  const { calls } = batch
  return {
    ...batch,
    calls: {
      ...calls,
      episode: calls.episode.slice(),
      run: calls.run.slice(),
      policyVersion: calls.policyVersion.slice(),
      step: calls.step.slice(),
      reward: calls.reward.slice(),
      hints: calls.hints.slice(),
    },
  }
}
