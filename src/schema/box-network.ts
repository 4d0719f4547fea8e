// The port between a sandbox and the gateway that answers for the world: what a sandbox implements, what a gateway uses.

/** The first packet of something, as it left a program inside. */
export interface FirstPacket {
  /** The kernel unit that made the socket: the number of a call; 0 when the kernel does not say. */
  readonly unit: number
  /**
   * `local`: to a listener inside the sandbox, already accepted. `relayed`: one of the datagrams, not only the first, that
   * the kernel lets go for the gateway to take; it reaches nobody by itself.
   */
  readonly scope: 'outside' | 'local' | 'relayed'
  /** The IP packet, possibly cut. Valid during the call only. */
  readonly bytes: Uint8Array
}

export interface BoxNetwork {
  /** The sandbox's own addresses, and the one at which it finds the resolver and the proxies. */
  readonly addresses: { readonly own: string; readonly own6: string; readonly gateway: string }
  /** A listening socket inside the sandbox's network, to be accepted from outside. */
  readonly listenFd: number
  /** Where a redirected connection was meant to go. Throws when it was not redirected. */
  originalDestination(socketFd: number, version: 4 | 6): { ip: string; port: number }
  /** Puts an IP packet into the sandbox's network, past its rules. False when the kernel had no room. */
  send(packet: Uint8Array): boolean
  /** First packets from now on. */
  listen(onPacket: (packet: FirstPacket) => void, onLost: (count: number) => void): void
  /** First packets that the kernel had no room for, so far; absent where it does not say. */
  dropped?(): number
  close(): void
}
