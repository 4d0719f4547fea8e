// Hands rows to the detections once they are answered, and on what those find.

import type { Redact } from '../redact.ts'
import type { FollowEvent } from './api.ts'
import type { Chunk } from './chunk.ts'
import { type Detected, StreamDetections } from './stream-detections.ts'
import { StreamCall, StreamEvent } from './stream-items.ts'
import { verdictAt } from './verdicts.ts'
import type { Window } from './window.ts'

export class DetectionFeed {
  readonly #window: Window
  readonly #tell: (event: FollowEvent) => void
  readonly detections: StreamDetections
  /** What has come and the detections have not seen yet. */
  #unseen: Chunk[] = []

  constructor(window: Window, tell: (event: FollowEvent) => void, now: () => number, redact: Redact) {
    this.#window = window
    this.#tell = tell
    this.detections = new StreamDetections(
      {
        eventUid: (row) => this.#eventUid(row),
        callUid: (row) => this.#window.wordsOf(row)?.uid,
        call: (row) => this.#callFacts(row),
      },
      now,
      redact,
    )
  }

  take(chunk: Chunk): void {
    this.#unseen.push(chunk)
  }

  /** After the last row. */
  end(): void {
    this.show(true)
    this.#tellAll(this.detections.end())
  }

  /** Lets the detections see what is answered, and tells what they found; `all`: also what might still be late. */
  show(all: boolean): void {
    const later: Chunk[] = []
    for (const chunk of this.#unseen) {
      const held = this.#window.eventPlace(chunk.firstEvent)?.chunk
      if (chunk.events.n > 0 && held && held.firstEvent === chunk.firstEvent && held.waiting > 0)
        later.push(chunk)
      else this.#push(chunk)
    }
    this.#unseen = later
    this.#tellAll(this.detections.release(all))
  }

  #push(chunk: Chunk): void {
    const { theCase, calls, events, firstCall, firstEvent } = chunk
    for (let j = 0; j < calls.n; j++) {
      if (theCase.echoOf[j]! >= 0) continue
      this.detections.push(new StreamCall(theCase, j, firstCall + j, calls.startUs[j]!))
    }
    for (let i = 0; i < events.n; i++) {
      const place = this.#window.eventPlace(firstEvent + i)
      if (!place) continue
      const { said } = place.chunk
      const call = said.call[place.i]!
      const p = said.p[place.i]!
      const caused = call >= 0 && verdictAt(p) > 0
      const own = this.#window.texts.list[said.box[place.i]!] ?? ''
      const from = caused ? this.#window.callPlace(call) : undefined
      const box = own || (from ? (this.#window.texts.list[from.chunk.calls.box[from.j]!] ?? '') : '')
      const name = theCase.text(theCase.merged.events.name[i]!)
      this.detections.push(
        new StreamEvent(theCase, i, {
          index: firstEvent + i,
          us: Number.isFinite(said.us[place.i]!) ? said.us[place.i]! : events.fromUs[i]!,
          box: box === '' ? undefined : box,
          cause: caused ? { call, p } : undefined,
          dstName: name === '' ? undefined : name,
        }),
      )
    }
  }

  #tellAll({ findings, incidents }: Detected): void {
    for (const finding of findings) this.#tell({ type: 'finding', finding })
    for (const { incident, isNew } of incidents) this.#tell({ type: 'incident', incident, isNew })
  }

  #eventUid(row: number): string | undefined {
    const place = this.#window.eventPlace(row)
    return place && `e${place.chunk.eventFile[place.i]!.id}-${place.chunk.eventIndex[place.i]}`
  }

  #callFacts(row: number) {
    const place = this.#window.callPlace(row)
    if (!place) return undefined
    const { calls } = place.chunk
    const textOf = (id: number) => this.#window.texts.list[id] ?? ''
    const [run, episode, box] = [calls.run, calls.episode, calls.box].map((column) =>
      textOf(column[place.j]!),
    )
    const step = calls.step[place.j]!
    return {
      ...(run ? { run } : {}),
      ...(episode ? { episode } : {}),
      ...(box ? { box } : {}),
      ...(step < 0 ? {} : { step }),
    }
  }
}
