// Formats without any clock: all that is known is when the file was last changed.

import type { Time } from '../../../base/time.ts'
import type { ToolCall } from '../../../schema/tool-call.ts'
import type { FileInfo, Sink } from '../../api.ts'
import type { Draft } from './values.ts'

/** Taken when nothing says how long the work took. */
const unknownMs = 86_400_000
const heldMax = 65_536

export type Untimed = Omit<Draft<ToolCall>, 'start' | 'end' | 'uncertaintyMs' | 'timeSource'>

/** Holds calls without times until the file's end tells how long all of it took. */
export class UntimedCalls {
  readonly #sink: Sink
  readonly #file: FileInfo
  #held: Untimed[] = []
  readonly #byId = new Map<string, Untimed>()

  constructor(sink: Sink, file: FileInfo) {
    this.#sink = sink
    this.#file = file
  }

  add(call: Untimed): void {
    if (this.#file.modifiedUs === undefined) {
      this.#sink.reject(call.line, 'neither the record nor its file has a time', call.command.slice(0, 500))
      return
    }
    this.#held.push(call)
    if (call.sourceId !== undefined) this.#byId.set(call.sourceId, call)
    if (this.#held.length >= heldMax) this.end()
  }

  /** A held call, so that its answer can be put to it. */
  get(sourceId: string): Untimed | undefined {
    return this.#byId.get(sourceId)
  }

  /** `durationMs` = how long before the file's last change the work began, where that is told. */
  end(durationMs?: number): void {
    const us = this.#file.modifiedUs
    if (us === undefined) return
    const widthMs = durationMs === undefined || !(durationMs >= 0) ? unknownMs : durationMs
    const end: Time = {
      us,
      spanUs: 1_000_000,
      kind: 'ingest',
      zone: 'utc',
      source: 'last change of the file',
    }
    const start: Time = { ...end, us: us - Math.round(widthMs * 1000) }
    for (const call of this.#held) {
      this.#sink.toolCall({ ...call, start, end, uncertaintyMs: widthMs, timeSource: 'file' })
    }
    this.#held = []
    this.#byId.clear()
  }
}
