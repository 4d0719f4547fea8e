// Packets into flows, with a stated maximum of each kind. A flow that must make room is given out, not lost.

import { BoundedMap } from '../../base/bounded-map.ts'
import { Flow } from './pcap-flow.ts'
import { decodeIp, icmp, icmpV6, Packet, setKey, tcp, tcpFlags, udp } from './pcap-packet.ts'

/** Attempts and conversations have tables of their own: a port scan must not push a tunnel out. */
export const flowLimits = { attempts: 65_536, established: 32_768 } as const

/** Silence after which a flow is over, in µs of the packets' own time. */
const idleUs = {
  established: 4 * 3600e6, // Beyond TCP's own keep-alive of two hours.
  attempt: 150e6, // A SYN is repeated for about two minutes.
  closed: 60e6,
  udp: 180e6,
  other: 60e6,
} as const

/** How many packets lie between two looks for flows that are over. */
const sweepPackets = 32_768

export class FlowTable {
  readonly #attempts: BoundedMap<string, Flow>
  readonly #established: BoundedMap<string, Flow>
  readonly #onEnd: (flow: Flow) => void
  readonly #quoted = new Packet()
  #sinceSweep = 0

  constructor(onEnd: (flow: Flow) => void) {
    this.#onEnd = onEnd
    const onEvict = (_key: string, flow: Flow): void => {
      flow.evicted = true
      onEnd(flow)
    }
    this.#attempts = new BoundedMap(flowLimits.attempts, onEvict)
    this.#established = new BoundedMap(flowLimits.established, onEvict)
  }

  /** The flow the packet belongs to, begun by it if need be; the packet is counted in it. */
  flowOf(packet: Packet): Flow {
    if (++this.#sinceSweep >= sweepPackets) this.#sweep(packet.us)
    let flow = this.find(packet.key)
    if (flow && (packet.us - flow.lastUs > idleOf(flow) || isNewAttempt(flow, packet))) {
      this.#end(flow)
      flow = undefined
    }
    if (!flow) {
      flow = new Flow(packet)
      this.#attempts.set(packet.key, flow)
    }
    flow.add(packet)
    return flow
  }

  find(key: string): Flow | undefined {
    return this.#established.get(key) ?? this.#attempts.get(key)
  }

  /** To be called when a flow may have become a conversation. */
  promote(flow: Flow): void {
    if (!flow.established || !this.#attempts.delete(flow.key)) return
    this.#established.set(flow.key, flow)
  }

  /**
   * The flow that an ICMP error speaks of, if it is here; what the error means for it is noted. Undefined for
   * other ICMP.
   */
  quotedFlow(packet: Packet): Flow | undefined {
    const refusal = errorMeaning(packet)
    if (refusal === undefined) return undefined
    const quoted = this.#quoted
    const result = decodeIp(quoted, packet.payload)
    if (result !== 'read' && result !== 'cut before its ports') return undefined
    if (quoted.protocol !== tcp && quoted.protocol !== udp) return undefined
    setKey(quoted)
    const flow = this.find(quoted.key)
    if (!flow || packet.us - flow.lastUs > idleOf(flow)) return undefined
    if (refusal !== 'none' && flow.packetsIn === 0) flow.unreachable ??= refusal
    return flow
  }

  /** Everything still here, in the order of the first packets. */
  end(): void {
    const rest = [...this.#attempts.values(), ...this.#established.values()]
    rest.sort((a, b) => a.record - b.record)
    for (const flow of rest) this.#end(flow)
  }

  #end(flow: Flow): void {
    if (!this.#attempts.delete(flow.key)) this.#established.delete(flow.key)
    this.#onEnd(flow)
  }

  #sweep(nowUs: number): void {
    this.#sinceSweep = 0
    const over: Flow[] = []
    for (const map of [this.#attempts, this.#established]) {
      for (const flow of map.values()) if (nowUs - flow.lastUs > idleOf(flow)) over.push(flow)
    }
    for (const flow of over) this.#end(flow)
  }
}

function idleOf(flow: Flow): number {
  if (flow.protocol === udp) return idleUs.udp
  if (flow.protocol !== tcp) return idleUs.other
  if (flow.closed) return idleUs.closed
  return flow.packetsIn > 0 && flow.packetsOut > 0 ? idleUs.established : idleUs.attempt
}

/** A SYN on ports that are in use already: another connection, unless it is the same SYN again. */
function isNewAttempt(flow: Flow, packet: Packet): boolean {
  if (packet.protocol !== tcp || (packet.flags & (tcpFlags.syn | tcpFlags.ack)) !== tcpFlags.syn) return false
  if (flow.isFromServer(packet)) return flow.closed
  return flow.synSequence !== packet.sequence
}

/** What an ICMP error says of the connection it quotes; `none` = an error that leaves it open. */
function errorMeaning(packet: Packet): 'refused' | 'no-answer' | 'none' | undefined {
  const { protocol, icmpType: type, icmpCode: code } = packet
  if (protocol === icmp) {
    // 2 protocol, 3 port, 9, 10 and 13 prohibited; 4 is path MTU discovery; 0, 1… nobody there.
    if (type === 3) return [2, 3, 9, 10, 13].includes(code) ? 'refused' : code === 4 ? 'none' : 'no-answer'
    return type === 4 || type === 11 || type === 12 ? 'none' : undefined
  }
  if (protocol !== icmpV6) return undefined
  if (type === 1) return code === 0 || code === 3 ? 'no-answer' : 'refused'
  return type >= 2 && type <= 4 ? 'none' : undefined
}
