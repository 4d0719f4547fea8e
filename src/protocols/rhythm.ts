// The rhythm of one connection's bursts: who breaks the silence, and who answers at once. Payload-free.

/** A pause in both directions longer than this ends a burst. */
const silenceUs = 1_000_000
/** An answer later than this after the burst began is none. */
const answerUs = 500_000
/** A server's burst larger than this is a delivery, not a prompt or a keystroke's echo. */
const promptBytesMax = 400

export interface BurstCounts {
  readonly serverFirst: number
  /** Of those, the ones of at most `promptBytesMax` that the client answered within `answerUs`. */
  readonly serverFirstAnswered: number
  /** Likewise answered, but larger than `promptBytesMax`. */
  readonly serverFirstLargeAnswered: number
  readonly clientFirst: number
  readonly clientFirstAnswered: number
  /** Mean payload of the server's packets that carry any, in bytes. */
  readonly serverPayloadMean: number
}

/**
 * Feed it each packet that carries new payload (no pure acknowledgements, no retransmissions), in capture order.
 * The connection's first burst is not counted: nobody broke a silence with it.
 */
export class Rhythm {
  #lastUs: number | undefined
  #byServer = false
  #startUs = 0
  #bytes = 0
  #waiting = false
  #serverFirst = 0
  #serverFirstAnswered = 0
  #serverFirstLargeAnswered = 0
  #clientFirst = 0
  #clientFirstAnswered = 0
  #serverPackets = 0
  #serverBytes = 0

  packet(fromServer: boolean, us: number, bytes: number): void {
    if (fromServer) {
      this.#serverPackets++
      this.#serverBytes += bytes
    }
    const last = this.#lastUs
    this.#lastUs = us
    if (last === undefined) return
    if (us - last > silenceUs) {
      if (fromServer) this.#serverFirst++
      else this.#clientFirst++
      this.#byServer = fromServer
      this.#startUs = us
      this.#bytes = bytes
      this.#waiting = true
    } else if (this.#waiting) {
      if (fromServer === this.#byServer) this.#bytes += bytes
      else this.#answered(us)
    }
  }

  /** Undefined when the connection carried no payload at all. */
  counts(): BurstCounts | undefined {
    if (this.#lastUs === undefined) return undefined
    return {
      serverFirst: this.#serverFirst,
      serverFirstAnswered: this.#serverFirstAnswered,
      serverFirstLargeAnswered: this.#serverFirstLargeAnswered,
      clientFirst: this.#clientFirst,
      clientFirstAnswered: this.#clientFirstAnswered,
      serverPayloadMean: this.#serverPackets === 0 ? 0 : Math.round(this.#serverBytes / this.#serverPackets),
    }
  }

  #answered(us: number): void {
    this.#waiting = false
    if (us - this.#startUs >= answerUs) return
    if (!this.#byServer) this.#clientFirstAnswered++
    else if (this.#bytes <= promptBytesMax) this.#serverFirstAnswered++
    else this.#serverFirstLargeAnswered++
  }
}
