// What is asked of the policy about one lookup, connection or request. Nothing in it is trusted to be well-formed.

/** Which part of a run is going on; the run knows it, not the agent. */
export type Phase = 'setup' | 'agent' | 'verify'

export const phases: readonly Phase[] = ['setup', 'agent', 'verify']

/**
 * How much is known yet, in this order: a name was looked up (`name`), a connection was asked for (`connect`), the
 * name was resolved and the address to dial is known (`resolved`), the first bytes were seen (`bytes`), an HTTP
 * request was read (`request`).
 */
export type AskStage = 'name' | 'connect' | 'resolved' | 'bytes' | 'request'

export const askStages: readonly AskStage[] = ['name', 'connect', 'resolved', 'bytes', 'request']

export interface Ask {
  readonly stage: AskStage
  /** Default `tcp`. */
  readonly transport?: 'tcp' | 'udp' | 'icmp' | 'other'
  readonly port?: number
  /** The address the program itself dialled, in any form; absent when it was a synthetic one that stands for a name. */
  readonly ip?: string
  /** The address the gateway is about to dial for a name, from its own resolver. */
  readonly resolved?: string
  /** The name that was asked for in DNS (the one a synthetic address stands for), as it was written. */
  readonly dnsName?: string
  /** The host of a CONNECT or SOCKS request. */
  readonly connectName?: string
  readonly sni?: string
  /** The Host header; a port may follow. */
  readonly httpHost?: string
  /** `:authority`, or the host of an absolute-form target; a port may follow. */
  readonly authority?: string
  /** The type of a DNS query: A, AAAA, TXT… */
  readonly dnsType?: string
  /** What the bytes are, outermost first, as protocols/sniff.ts names it. Empty: bytes of no known protocol. */
  readonly layers?: readonly string[]
  /** An Encrypted Client Hello was offered, so that `sni` may be only the outer name. */
  readonly ech?: boolean
  readonly method?: string
  /** The request target's path as it was sent; a query may follow. */
  readonly path?: string
  /** The tool whose call this is. */
  readonly tool?: string
  /** `label`: only the agent's side says so, which grants nothing unless the policy trusts labels. */
  readonly toolTier?: 'identity' | 'label'
  /** Default `agent`. */
  readonly phase?: Phase
}
