// What a growing file has given since somebody last looked: new events, new calls, calls that have changed.

import type { Sink } from '../../importers/api.ts'
import type { Event } from '../../schema/event.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../../schema/tool-call.ts'
import type { TopologyEntry } from '../../schema/topology.ts'
import { type Batch, type BatchClock, BatchSink } from '../batch.ts'

/** Rows of one file that came together. */
export interface NewRows {
  readonly batch: Batch
  /** Index in the file of the batch's first event; they follow each other. */
  readonly firstEvent: number
  /** What each call of the batch is known by in its file. */
  readonly callKeys: readonly string[]
  /** Calls given out before that these take the place of, or that are no more. */
  readonly gone: readonly string[]
  /** For importers that complete rows by others of the same file: see `joinParts`. */
  readonly rest?: unknown
  readonly linesBefore: number
}

/** Calls of one file that are remembered by name, so that a change of one is seen; the oldest are forgotten. */
const callsKnownMax = 100_000
const episodesMax = 2_000

export class FileSink implements Sink {
  /** Calls are the same when id and line are; else every call is one of its own. */
  readonly #byId: boolean
  readonly #known = new Map<string, string>()
  readonly #settled = new Set<string>()
  #seen: Set<string> | undefined
  #batch: BatchSink
  #keys: string[] = []
  #gone: string[] = []
  #pass = 0
  #firstEvent = 0
  #ordinals = new Map<number, number>()
  /** Added to every line: those before the part that is being read. */
  lineBase = 0
  events = 0
  calls = 0
  rejected = 0
  skipped = 0
  readonly clocks: BatchClock[] = []
  readonly boxes: TopologyEntry[] = []
  readonly episodes: EpisodeRecord[] = []

  constructor(byId: boolean, firstEvent = 0) {
    this.#byId = byId
    this.events = firstEvent
    this.#pass = firstEvent
    this.#firstEvent = firstEvent
    this.#batch = this.#fresh()
  }

  /** From now on the file is read anew from its beginning: what is known already is passed over. */
  beginPass(): void {
    this.#pass = 0
    this.rejected = 0
    this.skipped = 0
    this.#seen = new Set()
    this.#ordinals.clear()
  }

  /** Calls that this pass has not met are no more. */
  endPass(): void {
    for (const key of this.#known.keys()) {
      if (this.#seen?.has(key)) continue
      this.#known.delete(key)
      this.#gone.push(key)
    }
    this.#seen = undefined
  }

  event(event: Event): void {
    const index = this.#pass++
    if (index < this.events) return
    this.events++
    this.#batch.event(this.lineBase === 0 ? event : { ...event, line: event.line + this.lineBase })
  }

  toolCall(call: ToolCall): void {
    this.#call(call, true)
  }

  /** A call that is not over as far as can be seen; the file will tell of it again. */
  openCall(call: ToolCall): void {
    if (!this.#settled.has(this.#key(call, false))) this.#call(call, false)
  }

  #call(call: ToolCall, settled: boolean): void {
    const line = call.line + this.lineBase
    const key = this.#key(call, true)
    if (this.#byId) {
      const told = fingerprint(call)
      const before = this.#known.get(key)
      this.#seen?.add(key)
      if (settled && !this.#seen) this.#settled.add(key)
      if (before === told) return
      if (before !== undefined) this.#gone.push(key)
      else this.calls++
      this.#known.set(key, told)
      if (this.#known.size > callsKnownMax) this.#forgetOldest()
    } else this.calls++
    this.#keys.push(key)
    this.#batch.toolCall(this.lineBase === 0 ? call : { ...call, line })
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys()
    if (oldest === undefined) return
    this.#known.delete(oldest)
    this.#settled.delete(oldest)
  }

  #key(call: ToolCall, counts: boolean): string {
    const line = call.line + this.lineBase
    if (this.#byId && call.sourceId !== undefined) return `${line}.${hash32(call.sourceId)}`
    const ordinal = this.#ordinals.get(line) ?? 0
    if (counts && !this.#byId) {
      if (this.#ordinals.size > 64) this.#ordinals.clear()
      this.#ordinals.set(line, ordinal + 1)
      return `${line}.${ordinal}`
    }
    // Without an id calls of one line are told apart by what they are.
    return `${line}.${hash32(`${call.name} ${call.command}`)}`
  }

  outcome(outcome: ToolOutcome): void {
    if (this.#seen === undefined || !this.#once(`o${outcome.line} ${outcome.sourceId}`))
      this.#batch.outcome(outcome)
  }

  episode(episode: EpisodeRecord): void {
    if (this.#seen !== undefined && this.#once(`e${JSON.stringify(episode)}`)) return
    if (this.episodes.length >= episodesMax) this.episodes.shift()
    this.episodes.push(episode)
    this.#batch.episode(episode)
  }

  box(entry: TopologyEntry): void {
    if (this.#seen !== undefined && this.#once(`b${JSON.stringify(entry)}`)) return
    this.boxes.push(entry)
    this.#batch.box(entry)
  }

  readonly #told = new Set<string>()
  /** Whether the same was told in an earlier pass. */
  #once(what: string): boolean {
    if (this.#told.has(what)) return true
    if (this.#told.size < callsKnownMax) this.#told.add(what)
    return false
  }

  reject(line: number, reason: string, text: string): void {
    this.rejected++
    this.#batch.reject(line + this.lineBase, reason, text)
  }

  skip(why: string): void {
    this.skipped++
    this.#batch.skip(why)
  }

  /** What has come since the last time; undefined when that is nothing. */
  take(rest?: unknown, linesBefore = 0): NewRows | undefined {
    const batch = this.#batch.finish()
    for (const clock of batch.clocks) if (!this.#hasClock(clock)) this.clocks.push(clock)
    const rows = {
      batch,
      firstEvent: this.#firstEvent,
      callKeys: this.#keys,
      gone: this.#gone,
      linesBefore,
      ...(rest === undefined ? {} : { rest }),
    }
    this.#firstEvent = this.events
    this.#keys = []
    this.#gone = []
    this.#batch = this.#fresh()
    const some =
      batch.events.n + batch.calls.n + batch.boxes.length + batch.episodes.length + batch.outcomes.length
    return some + rows.gone.length > 0 || rest !== undefined ? rows : undefined
  }

  #hasClock({ sensor, zone, side }: BatchClock): boolean {
    return this.clocks.some((known) => known.sensor === sensor && known.zone === zone && known.side === side)
  }

  #fresh(): BatchSink {
    return new BatchSink(() => {})
  }
}

/** What may become known of a call later. */
function fingerprint(call: ToolCall): string {
  const { start, end, exitCode, uncertaintyMs, boxHints, episode, run, step, reward, turn, command, output } =
    call
  return [
    start.us,
    end?.us,
    exitCode,
    uncertaintyMs,
    boxHints.join(),
    episode,
    run,
    step,
    reward,
    turn,
    hash32(command),
    hash32(output ?? ''),
  ].join('|')
}

/** FNV-1a: tells texts apart, protects nothing. */
export function hash32(text: string): string {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h >>> 0).toString(16).padStart(8, '0')
}
