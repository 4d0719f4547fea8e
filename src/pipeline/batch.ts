// What reading one file (or one part of it) gives: columns with a text list of their own, ready to be sent to
// another thread and merged there.

import type { Time } from '../base/time.ts'
import type { Sink } from '../importers/api.ts'
import { rejectText } from '../importers/read.ts'
import type { Event } from '../schema/event.ts'
import type { Issue } from '../schema/issue.ts'
import type { EpisodeRecord, ToolCall, ToolOutcome } from '../schema/tool-call.ts'
import type { TopologyEntry } from '../schema/topology.ts'
import { type CallBatch, type CallFiles, CallRows } from './call-rows.ts'
import { type EventBatch, EventRows } from './event-rows.ts'
import { Texts } from './grow.ts'

export interface BatchClock {
  readonly sensor: string
  readonly zone: Time['zone']
  readonly side: 'network' | 'agent'
}

export interface Batch {
  readonly texts: readonly string[]
  readonly clocks: readonly BatchClock[]
  readonly events: EventBatch
  readonly calls: CallBatch
  readonly files: readonly CallFiles[]
  readonly boxes: readonly TopologyEntry[]
  readonly episodes: readonly EpisodeRecord[]
  readonly outcomes: readonly ToolOutcome[]
  readonly rejected: number
  readonly skipped: ReadonlyMap<string, number>
}

/** The sink of one file or part; `onReject` keeps what was refused. */
export class BatchSink implements Sink {
  readonly #texts = new Texts()
  readonly #clocks: BatchClock[] = []
  readonly #clockIds = new Map<string, number>()
  readonly #events = new EventRows(this.#texts)
  readonly #calls = new CallRows(this.#texts)
  readonly #boxes: TopologyEntry[] = []
  readonly #episodes: EpisodeRecord[] = []
  readonly #outcomes: ToolOutcome[] = []
  readonly #skipped = new Map<string, number>()
  readonly #onReject: (issue: Issue) => void
  #rejected = 0

  constructor(onReject: (issue: Issue) => void) {
    this.#onReject = onReject
  }

  event(event: Event): void {
    this.#events.push(event, this.#clock(event.sensor ?? '', event.time.zone, 'network'))
  }

  toolCall(call: ToolCall): void {
    this.#calls.push(call, this.#clock(call.sensor ?? '', call.start.zone, 'agent'))
  }

  outcome(outcome: ToolOutcome): void {
    this.#outcomes.push(outcome)
  }

  episode(episode: EpisodeRecord): void {
    this.#episodes.push(episode)
  }

  box(entry: TopologyEntry): void {
    this.#boxes.push(entry)
  }

  reject(line: number, reason: string, text: string): void {
    this.#rejected++
    this.#onReject({ line, reason, text: rejectText(text) })
  }

  skip(why: string): void {
    this.#skipped.set(why, (this.#skipped.get(why) ?? 0) + 1)
  }

  finish(): Batch {
    return {
      texts: this.#texts.list,
      clocks: this.#clocks,
      events: this.#events.finish(),
      calls: this.#calls.finish(),
      files: this.#calls.files,
      boxes: this.#boxes,
      episodes: this.#episodes,
      outcomes: this.#outcomes,
      rejected: this.#rejected,
      skipped: this.#skipped,
    }
  }

  #clock(sensor: string, zone: Time['zone'], side: BatchClock['side']): number {
    const key = `${side} ${zone} ${sensor}`
    let id = this.#clockIds.get(key)
    if (id === undefined) {
      // A hostile log could name a new sensor in every line; past the limit they share one clock.
      id = this.#clocks.length < 1_000 ? this.#clocks.length : 999
      this.#clockIds.set(key, id)
      if (id === this.#clocks.length) this.#clocks.push({ sensor, zone, side })
    }
    return id
  }
}
