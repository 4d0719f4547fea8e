// The live feed: what happens is handed to everyone who listens. A listener that reads too slowly is told so and left out,
// it never makes the others wait.

import type { LiveMessage } from './wire/live.ts'

/** Messages that wait for one slow listener before it is cut off. It then comes back and loads anew. */
const waitingMax = 1_000
const listenersMax = 200

export interface Listener {
  /** Called at once; must not block. */
  readonly send: (message: LiveMessage) => void
  /** Messages handed over and not yet taken. */
  readonly waiting: () => number
  readonly tooSlow: () => void
}

export class Hub {
  readonly #listeners = new Set<Listener>()

  /** False when there are too many already. */
  add(listener: Listener): boolean {
    if (this.#listeners.size >= listenersMax) return false
    this.#listeners.add(listener)
    return true
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  send(message: LiveMessage): void {
    for (const listener of this.#listeners) {
      if (listener.waiting() < waitingMax) listener.send(message)
      else {
        this.#listeners.delete(listener)
        listener.tooSlow()
      }
    }
  }
}
