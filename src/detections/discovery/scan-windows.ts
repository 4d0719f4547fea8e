// What each source reached lately: the ports of a machine, and the machines on a port. Nearly all of these windows
// hold one thing only, and there are as many as sources times targets, so they are kept small.

import type { SeenEvent } from '../api.ts'
import { failed, place, succeeded } from '../words.ts'

/** Beyond these a window no longer grows. */
const windowMax = { values: 4_096, events: 100, places: 64 } as const

interface More {
  readonly seen: Set<string | number>
  readonly failed: Set<string | number>
  readonly answered: Set<string | number>
  readonly events: SeenEvent[]
  readonly places: string[]
}

/** The windows of one source. */
interface Home {
  readonly source: string
  readonly windows: Map<string | number, Window>
}

/** Ports of one target, or targets of one port. */
export class Window {
  startUs: number
  home: Home
  key: string | number
  /** While it holds one value: that, the event, and whether it failed or answered. */
  #value: string | number
  #event: SeenEvent
  #failed = false
  #answered = false
  #more: More | undefined

  constructor(home: Home, key: string | number, value: string | number, event: SeenEvent) {
    this.home = home
    this.key = key
    this.startUs = event.us
    this.#value = value
    this.#event = event
  }

  /** Becomes the window of another source or key. */
  move(home: Home, key: string | number, value: string | number, event: SeenEvent): void {
    this.home = home
    this.key = key
    this.begin(value, event)
  }

  get seen(): number {
    return this.#more ? this.#more.seen.size : 1
  }

  get failed(): number {
    return this.#more ? this.#more.failed.size : this.#failed ? 1 : 0
  }

  get answered(): number {
    return this.#more ? this.#more.answered.size : this.#answered ? 1 : 0
  }

  /** The first event of each value. */
  get events(): readonly SeenEvent[] {
    return this.#more ? this.#more.events : [this.#event]
  }

  /** Where the events went. A flood of hits asks again and again: what was named before is kept. */
  get places(): readonly string[] {
    const { events } = this
    const places = this.#more ? this.#more.places : []
    for (let k = places.length; k < Math.min(windowMax.places, events.length); k++) {
      const { ip, port } = events[k]!.event.dstEndpoint
      places.push(place(ip, port))
    }
    return places
  }

  begin(value: string | number, event: SeenEvent): void {
    this.startUs = event.us
    this.#value = value
    this.#event = event
    this.#failed = false
    this.#answered = false
    this.#more = undefined
  }

  add(value: string | number, event: SeenEvent): void {
    const bad = failed(event)
    const good = succeeded(event)
    const more = this.#more ?? (value === this.#value ? undefined : this.#grow())
    if (!more) {
      if (bad) this.#failed = true
      if (good) this.#answered = true
      return
    }
    if (more.seen.size < windowMax.values && !more.seen.has(value)) {
      more.seen.add(value)
      if (more.events.length < windowMax.events) more.events.push(event)
    }
    if (bad && more.failed.size < windowMax.values) more.failed.add(value)
    if (good && more.answered.size < windowMax.values) more.answered.add(value)
  }

  #grow(): More {
    const own = [this.#value]
    this.#more = {
      seen: new Set(own),
      failed: new Set(this.#failed ? own : []),
      answered: new Set(this.#answered ? own : []),
      events: [this.#event],
      places: [],
    }
    return this.#more
  }
}

/** Windows by source and key, at most `max`: the oldest makes room. */
export class Windows {
  readonly #max: number
  readonly #lengthUs: number
  readonly #homes = new Map<string, Home>()
  /** All windows; once it is full the oldest stands at `#next` and becomes the next one. */
  readonly #ring: Window[] = []
  #next = 0

  constructor(max: number, lengthUs: number) {
    this.#max = max
    this.#lengthUs = lengthUs
  }

  /** Counts `value` to the source's window of that key, and gives the window: good until the next count. */
  count(source: string, key: string | number, value: string | number, event: SeenEvent): Window {
    let home = this.#homes.get(source)
    let window = home?.windows.get(key)
    if (!home || !window) {
      const oldest = this.#ring[this.#next]
      if (oldest) this.#forget(oldest)
      // The oldest may have been the last of this very source.
      home = this.#homes.get(source)
      if (!home) {
        home = { source, windows: new Map() }
        this.#homes.set(source, home)
      }
      if (oldest) oldest.move(home, key, value, event)
      window = oldest ?? new Window(home, key, value, event)
      this.#ring[this.#next] = window
      this.#next = (this.#next + 1) % this.#max
      home.windows.set(key, window)
    } else if (event.us > window.startUs + this.#lengthUs) window.begin(value, event)
    window.add(value, event)
    return window
  }

  #forget({ home, key }: Window): void {
    home.windows.delete(key)
    if (home.windows.size === 0) this.#homes.delete(home.source)
  }
}
