// What a gateway is given: the decisions, the identities and the recording are others' work.

import type { Socket } from 'node:net'
import type { IpPacket } from '../protocols/ip-packet.ts'
import type { Ask } from '../schema/ask.ts'
import type { BoxNetwork } from '../schema/box-network.ts'
import type { Decision, PolicyMode } from '../schema/decision.ts'
import type { JournalActor, JournalLine } from '../schema/journal.ts'
import type { Authority } from './authority.ts'
import type { RequestFacts } from './http-relay.ts'

/** One end-to-end flow as the sandbox sees it. */
export interface Flow {
  readonly transport: 'tcp' | 'udp' | 'icmp' | 'other'
  readonly src: { readonly ip: string; readonly port: number }
  readonly dst: { readonly ip: string; readonly port: number }
}

export function flowOf({ protocol, src, srcPort, dst, dstPort }: IpPacket): Flow {
  return { transport: protocol, src: { ip: src, port: srcPort }, dst: { ip: dst, port: dstPort } }
}

export interface GatewayOptions {
  readonly network: BoxNetwork
  /** Name of the sandbox, as it stands in every line. */
  readonly box: string
  readonly mode: PolicyMode
  /** IPv4 range of the addresses that stand for names. */
  readonly syntheticRange: string
  readonly decide: (ask: Ask, unit: number) => Decision
  /** Counts bytes before they go out under a decision; the refusal when that is too many. */
  readonly spend?: (ask: Ask, decision: Decision, unit: number, bytes: number) => Decision | undefined
  /**
   * Who has the socket of a flow, from the kernel; the flow's first packet is on its way, nothing more. `host`: the name
   * it goes to, where that is known.
   */
  readonly actorOf: (unit: number, flow: Flow, host?: string) => JournalActor
  /** Further services at the gateway's own address, by port; without one a port there is a proxy. */
  readonly services?: ReadonlyMap<number, (client: Socket, actor: JournalActor) => void>
  /** What is known of the call beside the flow. */
  readonly contextOf: (unit: number) => Pick<Ask, 'tool' | 'toolTier' | 'phase'>
  /** Keeps a line; it is on its way to the disk when this returns. Throws when it can't be kept. */
  readonly record: (line: JournalLine) => void
  /** Addresses of a name, from the machine's resolver or the policy's. Rejects when there are none. */
  readonly resolve: (name: string) => Promise<readonly string[]>
  /** Hands on a DNS message of a type that has no synthetic answer, and gives the reply. */
  readonly forward?: (query: Uint8Array) => Promise<Uint8Array>
  /** Opens TLS where a rule is about requests; without it such connections are refused. */
  readonly authority?: Authority
  /** Told of what the first bytes of a connection showed, and of its end. Must not throw. */
  readonly onConnection?: (event: ConnectionEvent) => void
  /**
   * Asked for each request that goes on as HTTP; what it gives sees the bytes of both bodies as they pass. It must not
   * throw, nor keep what it is shown.
   */
  readonly watchExchange?: (request: RequestFacts, actor: JournalActor) => ExchangeWatcher | undefined
  /** Told of connections to listeners inside, which are none of the gateway's. */
  readonly onLocal?: (unit: number, flow: Flow) => void
  /** Milliseconds, ever growing. */
  readonly now: () => number
}

/** Looks on while a request is answered. */
export interface ExchangeWatcher {
  request(bytes: Uint8Array): void
  /** The answer has begun; values of two of its headers, empty where they are not there. */
  answered(status: number, contentType: string, contentEncoding: string): void
  answer(bytes: Uint8Array): void
  end(): void
}

/** For those who watch: detections and responses. */
export interface ConnectionEvent {
  readonly kind: 'refuse' | 'open' | 'bytes' | 'close'
  readonly connection: GatewayConnection
}

/** A connection as the watchers see it; `cut` resets both of its sides. */
export interface GatewayConnection {
  readonly id: string
  readonly unit: number
  readonly flow: Flow
  readonly actor: JournalActor
  /** Beginnings of both directions, at most {@link headBytesMax} each. */
  readonly clientHead: Uint8Array
  readonly serverHead: Uint8Array
  /** The line that was last written about it. */
  readonly line: JournalLine
  cut(reason: string): void
}

/** The rule of what an act on the run decided: somebody asked for it, so it holds in modes that only watch, too. */
export const actRule = 'response'

/** Whether a refusal holds in every mode. */
export function holdsAlways({ code, rule }: Decision): boolean {
  return code === 'own-address' || code === 'metadata-address' || code === 'fault' || rule === actRule
}

export const limits = {
  /** Connections at once in a sandbox, those being dialled included; more are refused. */
  connections: 20_000,
  /** Until the upstream answers. Milliseconds. */
  dialMs: 10_000,
  /** Until the program takes up what was dialled for it. Milliseconds. */
  acceptMs: 10_000,
  /** Until bytes that nothing is known of are decided as unknown. Milliseconds. */
  silentMs: 250,
  /** Until a beginning that promises more (half a ClientHello) is decided as it stands. Milliseconds. */
  unfinishedMs: 5_000,
  /** Between two looks at who drives the open connections. Milliseconds. */
  rhythmMs: 15_000,
  /** Flows of datagrams at once in a sandbox; each holds a descriptor. More are refused. */
  datagramFlows: 2_000,
  /** Until a flow in which nothing goes either way is ended. Milliseconds; routers take 30 s to 5 min. */
  datagramIdleMs: 60_000,
  /** Of datagrams that wait for their name to be resolved, in one flow; further ones are lost, as they may be. */
  datagramsWaiting: 64,
  /** Datagrams of a flow that are looked at for what they are. */
  datagramLooks: 12,
  /** Kept of each direction for looking at. */
  headBytes: 16_384,
} as const
