// DNS messages out of a TCP connection's two directions.

import { splitDnsStream } from '../../protocols/dns.ts'
import type { DataListener } from './pcap-talk.ts'

/** The longest message TCP's two length bytes can announce. */
const pendingBytesMax = 65_537

export class DnsStream implements DataListener {
  readonly #onMessage: (bytes: Uint8Array) => void
  #client: Uint8Array | undefined = new Uint8Array(0)
  #server: Uint8Array | undefined = new Uint8Array(0)

  constructor(onMessage: (bytes: Uint8Array) => void) {
    this.#onMessage = onMessage
  }

  data(fromServer: boolean, bytes: Uint8Array): void {
    const pending = fromServer ? this.#server : this.#client
    if (!pending) return
    const all = new Uint8Array(pending.length + bytes.length)
    all.set(pending)
    all.set(bytes, pending.length)
    const { messages, rest } = splitDnsStream(all)
    for (const message of messages) this.#onMessage(message)
    const left = all.length - rest > pendingBytesMax ? undefined : all.slice(rest)
    if (fromServer) this.#server = left
    else this.#client = left
  }

  /** Without the lost bytes there is no telling where the next message begins. */
  gap(fromServer: boolean): void {
    if (fromServer) this.#server = undefined
    else this.#client = undefined
  }
}
