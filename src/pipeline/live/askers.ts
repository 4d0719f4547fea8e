// A relay inside the sandbox is named by its own call; who asked through it is told beside it, where that is plain.
//
// A call that connects to a listener of another call on loopback asked that call for something. When exactly one did so
// lately, what the listener's call connects to is said to be asked by it: a hint for people, never an identity.

import { BoundedMap } from '../../base/bounded-map.ts'

export interface AskersOptions {
  /** The unit whose process listens there; undefined when it can't be told. */
  readonly listenerAt: (ip: string, port: number) => number | undefined
  /** Milliseconds, ever growing. */
  readonly now: () => number
}

/** A connection on loopback counts as a question for so long. Milliseconds. */
const lateMs = 30_000
/** A listener is looked up no more often than this: looking goes through processes. Milliseconds. */
const knownMs = 2_000
const listenersMax = 1_024
const askersMax = 64

export class Askers {
  readonly #options: AskersOptions
  readonly #listeners = new BoundedMap<string, { readonly unit: number | undefined; readonly at: number }>(
    listenersMax,
  )
  /** By the unit that was asked: who asked, and when last. */
  readonly #asked = new BoundedMap<number, Map<number, number>>(listenersMax)

  constructor(options: AskersOptions) {
    this.#options = options
  }

  /** A unit began a connection to an address of the sandbox's own. */
  ask(from: number, ip: string, port: number): void {
    const now = this.#options.now()
    const to = this.#listener(ip, port, now)
    if (to === undefined || to === from || from === 0) return
    const askers = this.#asked.get(to) ?? new Map<number, number>()
    this.#asked.set(to, askers)
    askers.delete(from)
    askers.set(from, now)
    const [oldest] = askers.keys()
    if (askers.size > askersMax && oldest !== undefined) askers.delete(oldest)
  }

  /** The one unit that lately asked this one; undefined when none did, or several. */
  of(unit: number): number | undefined {
    const askers = this.#asked.get(unit)
    if (!askers) return undefined
    const now = this.#options.now()
    for (const [from, at] of askers) if (now - at > lateMs) askers.delete(from)
    const [only] = askers.keys()
    return askers.size === 1 ? only : undefined
  }

  #listener(ip: string, port: number, now: number): number | undefined {
    const key = `${ip} ${port}`
    const known = this.#listeners.get(key)
    if (known && now - known.at < knownMs) return known.unit
    const unit = this.#options.listenerAt(ip, port)
    this.#listeners.set(key, { unit, at: now })
    return unit
  }
}
