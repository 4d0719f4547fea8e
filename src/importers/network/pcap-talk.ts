// What the two ends of a TCP connection said, as far as recognition needs it, and in what rhythm.

import { type BurstCounts, Rhythm } from '../../protocols/rhythm.ts'
import { type Observed, sniff } from '../../protocols/sniff.ts'
import { StratumReader } from '../../protocols/stratum.ts'
import { Head, headBytesMax, Stream, type StreamConsumer } from './pcap-stream.ts'

/** Bytes that all connections together hold for recognition; beyond it new ones get `poorHeadBytes`. */
const heldBytesMax = 256 * 1024 * 1024
const poorHeadBytes = 512

/** Shared by a capture's connections. */
export interface Memory {
  held: number
}

export interface DataListener {
  data(fromServer: boolean, bytes: Uint8Array): void
  gap(fromServer: boolean): void
}

export class Talk {
  readonly #memory: Memory
  readonly #headMax: number
  readonly #sides: { readonly client: Side; readonly server: Side }
  readonly #rhythm = new Rhythm()
  #mining: StratumReader | undefined = new StratumReader()
  #miningFound: Observed['mining']
  #observed: Observed | undefined
  #ending = false
  clientSpoke = false
  serverSpoke = false

  /** The sequence numbers of the SYNs, where they were seen. `onData` gets all bytes in order (DNS over TCP). */
  constructor(
    memory: Memory,
    begin: { client: number | undefined; server: number | undefined },
    onData?: DataListener,
  ) {
    this.#memory = memory
    this.#headMax = memory.held > heldBytesMax ? poorHeadBytes : headBytesMax
    const side = (name: 'client' | 'server'): Side => {
      const head = new Head()
      const fromServer = name === 'server'
      const consumer: StreamConsumer = {
        data: (bytes) => {
          memory.held += head.add(bytes, this.#headMax)
          this.#mining?.feed(name, bytes)
          if (!this.#ending) onData?.data(fromServer, bytes)
        },
        gap: () => {
          head.gap()
          this.#mining?.gap(name)
          if (!this.#ending) onData?.gap(fromServer)
        },
      }
      const stream = new Stream()
      const first = begin[name]
      if (first !== undefined) stream.begin(first)
      return { head, stream, consumer, always: onData !== undefined }
    }
    this.#sides = { client: side('client'), server: side('server') }
  }

  /** One packet with payload; `wireBytes` is its length, `bytes` what was captured of it. */
  packet(fromServer: boolean, us: number, sequence: number, bytes: Uint8Array, wireBytes: number): void {
    const { head, stream, consumer, always } = fromServer ? this.#sides.server : this.#sides.client
    if (fromServer) this.serverSpoke = true
    else this.clientSpoke = true
    if (stream.isNew(sequence, wireBytes)) this.#rhythm.packet(fromServer, us, wireBytes)
    if (head.full && this.#mining === undefined && !always) return
    stream.push(sequence, bytes, wireBytes, consumer)
    if (this.#mining && !this.#mining.open) this.#endMining()
    if (this.#observed === undefined && this.#sides.client.head.full && this.#sides.server.head.full)
      this.#sniff()
  }

  /** What was recognised; ends the collecting. */
  observed(): Observed {
    this.#ending = true // What comes late counts for recognition only: its packets are accounted for.
    for (const side of [this.#sides.client, this.#sides.server]) side.stream.flush(side.consumer)
    this.#endMining()
    return this.#observed ?? this.#sniff()
  }

  bursts(): BurstCounts | undefined {
    return this.#rhythm.counts()
  }

  #endMining(): void {
    if (!this.#mining) return
    this.#miningFound = this.#mining.result()
    this.#mining = undefined
    if (this.#observed) this.#addMining(this.#observed)
  }

  #sniff(): Observed {
    const { client, server } = this.#sides
    const seen = sniff(client.head.bytes, server.head.bytes)
    this.#memory.held -= client.head.release() + server.head.release()
    this.#addMining(seen)
    this.#observed = seen
    return seen
  }

  /** The line reader went further into the connection than the head. */
  #addMining(seen: Observed): void {
    if (!this.#miningFound) return
    seen.mining = this.#miningFound
    if (!seen.layers.includes('stratum')) seen.layers.push('stratum')
  }
}

interface Side {
  readonly head: Head
  readonly stream: Stream
  readonly consumer: StreamConsumer
  readonly always: boolean
}
