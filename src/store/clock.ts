/** Handed to what stamps lines, so that tests and replays can set the time. */
export interface Clock {
  /** Microseconds since 1970, as the machine's clock has it now; goes back when that is set back. */
  wallUs(): number
  /** Microseconds since any fixed moment; never goes back. */
  monotonicUs(): number
}

/**
 * The machine's clock with microseconds. `Date.now()` follows a clock that is set but has milliseconds only, and
 * `performance.now()` the reverse: the latter is kept within the millisecond that the former shows.
 */
export function systemClock(): Clock {
  let offsetUs = performance.timeOrigin * 1000
  const monotonicUs = () => performance.now() * 1000
  return {
    monotonicUs,
    wallUs() {
      const shownUs = Date.now() * 1000
      const passedUs = monotonicUs()
      const us = offsetUs + passedUs
      if (us < shownUs) offsetUs = shownUs - passedUs
      else if (us >= shownUs + 1000) offsetUs = shownUs + 999 - passedUs
      return Math.floor(offsetUs + passedUs)
    },
  }
}

/** Steps smaller than this are the clock's own discipline. */
const stepMinUs = 250_000
/** By so much a clock may be slewed while time goes by. */
const slewMax = 0.001

/** Tells when the clock was set, from how far it moved against time that only goes forward. */
export class StepWatch {
  readonly #clock: Clock
  #wallUs: number
  #monotonicUs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallUs = clock.wallUs()
    this.#monotonicUs = clock.monotonicUs()
  }

  /** The time now, and by how much the clock was set since the last call, where it was. */
  now(): { us: number; expectedUs?: number } {
    const us = this.#clock.wallUs()
    const monotonicUs = this.#clock.monotonicUs()
    const passedUs = monotonicUs - this.#monotonicUs
    const expectedUs = this.#wallUs + passedUs
    this.#wallUs = us
    this.#monotonicUs = monotonicUs
    const stepped = Math.abs(us - expectedUs) > stepMinUs + passedUs * slewMax
    return stepped ? { us, expectedUs } : { us }
  }
}
