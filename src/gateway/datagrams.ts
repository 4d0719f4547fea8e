// Relays the datagrams that a rule opens. A flow is what goes between two ends for one call, until it is silent.
//
// Every datagram passes here, not the first alone: the kernel's log hands it over with the mark of its call, and
// answers are put into the sandbox's network as packets. What a call sends is never taken for another's flow.

import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import { BoundedMap } from '../base/bounded-map.ts'
import { sniffDatagram } from '../protocols/datagram.ts'
import { datagramFor, type IpPacket, readIpPacket, unreachableFor } from '../protocols/ip-packet.ts'
import { Rhythm } from '../protocols/rhythm.ts'
import type { Decision } from '../schema/decision.ts'
import { type Flow, type GatewayOptions, limits } from './api.ts'
import { fault, refusalOf } from './lines.ts'
import type { Link, Links } from './links.ts'

export interface Datagrams {
  readonly open: ReadonlySet<Link>
  /** One that left a program; `bytes` is valid during the call only. */
  take(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void
  /** The kernel's word that nobody has the port of an answer any more: its flow is over. False when it is none of ours. */
  returned(bytes: Uint8Array, packet: IpPacket): boolean
  close(): void
}

export interface DatagramOptions extends Pick<GatewayOptions, 'network' | 'now'> {
  /** Resolves, vets and records; the address to dial, empty where there is none. */
  readonly opened: (link: Link, decision: Decision) => Promise<string | Decision>
  readonly flowsMax?: number
  readonly idleMs?: number
}

/** One flow that was let out. */
interface Relayed {
  readonly key: string
  readonly link: Link
  /** A datagram of it, for the addresses of what is put back. */
  readonly sent: Uint8Array
  readonly packet: IpPacket
  readonly rhythm: Rhythm
  /** What came while its name was resolved; undefined when it is dialled. */
  waiting: Uint8Array[] | undefined
  socket: Socket | undefined
  lastMs: number
  looks: number
  protocol: string | undefined
  bytesOut: number
  bytesIn: number
  refused: boolean
}

/** Between two looks at what is silent. Milliseconds. */
const sweepMs = 2_000
/** Flows that are remembered because their program went away. */
const overMax = 4_096
/** Of all datagrams that wait for names, and of those of one flow that wait for the network card; more are lost. */
const waitingBytesMax = 16 << 20
const unsentBytesMax = 1 << 20

export function startDatagrams(options: DatagramOptions, links: Links): Datagrams {
  const { network, now, flowsMax = limits.datagramFlows, idleMs = limits.datagramIdleMs } = options
  const flows = new Map<string, Relayed>()
  const open = new Set<Link>()
  /** Of those that came back: further answers may be on their way. */
  const over = new BoundedMap<string, true>(overMax)
  let waitingBytes = 0
  const sweep = setInterval(
    () => {
      for (const one of flows.values()) if (now() - one.lastMs > idleMs) end(one)
    },
    Math.min(sweepMs, idleMs),
  )
  sweep.unref()

  function take(bytes: Uint8Array, packet: IpPacket, unit: number, flow: Flow): void {
    const payload = payloadOf(bytes, packet)
    // Longer than the log keeps: nothing that went over a real network.
    if (payload === undefined) return
    const key = `${flow.src.ip} ${flow.src.port} ${flow.dst.ip} ${flow.dst.port}`
    const known = flows.get(key)
    if (known?.link.unit === unit) {
      passOn(known, payload)
      return
    }
    // The same port is another call's now, or nobody can say whose.
    if (known) end(known)
    const link = links.make(unit, flow)
    const protocol = sniffDatagram(payload, flow.dst.port)
    link.line = { ...link.line, observed: { ...link.line.observed, ...seenAs(protocol) } }
    const { decision, denied } =
      flows.size >= flowsMax
        ? { decision: fault('limit', `more than ${flowsMax} flows of datagrams at once`), denied: true }
        : links.judge(link, { stage: 'connect', layers: layersOf(protocol) })
    if (denied) {
      refuse(link, decision, bytes, packet)
      return
    }
    const sent = bytes.slice(0, packet.payloadAt)
    const one: Relayed = {
      key,
      link,
      sent,
      packet,
      rhythm: new Rhythm(),
      waiting: [],
      socket: undefined,
      lastMs: now(),
      looks: 0,
      protocol,
      bytesOut: 0,
      bytesIn: 0,
      refused: false,
    }
    flows.set(key, one)
    link.cutEnds = () => end(one)
    passOn(one, payload)
    dial(one, decision).catch(() => unreachable(one))
  }

  function refuse(link: Link, decision: Decision, bytes: Uint8Array, packet: IpPacket): void {
    if (links.keep(link, refusalOf(link.line, decision))) links.tell('refuse', link)
    network.send(unreachableFor(bytes, packet))
  }

  async function dial(one: Relayed, decision: Decision): Promise<void> {
    const { link } = one
    const answer = await options.opened(link, decision)
    if (typeof answer !== 'string') {
      forget(one)
      refuse(link, answer, one.sent, one.packet)
      return
    }
    // Recorded as open: from here on it has an end, too.
    open.add(link)
    if (flows.get(one.key) !== one || answer === '') {
      end(one)
      return
    }
    const socket = createSocket(isIP(answer) === 6 ? 'udp6' : 'udp4')
    one.socket = socket
    socket.on('error', () => unreachable(one))
    socket.on('message', (payload) => {
      if (flows.get(one.key) !== one) return
      one.lastMs = now()
      one.bytesIn += payload.length
      one.rhythm.packet(true, now() * 1000, payload.length)
      look(one, payload)
      if (flows.get(one.key) === one) network.send(datagramFor(one.sent, one.packet, payload))
    })
    // Told of the failure too, where there is no way.
    socket.connect(link.flow.dst.port, answer, (error?: unknown) => {
      if (error) return unreachable(one)
      for (const payload of letGo(one)) send(one, payload)
    })
  }

  /** Nobody has the port, or there is no way: the program is told as by any host. */
  function unreachable(one: Relayed): void {
    one.refused = true
    if (flows.get(one.key) === one) network.send(unreachableFor(one.sent, one.packet))
    if (one.bytesIn === 0) end(one)
  }

  /** What waited; from now on nothing does. */
  function letGo(one: Relayed): readonly Uint8Array[] {
    const waiting = one.waiting ?? []
    one.waiting = undefined
    for (const payload of waiting) waitingBytes -= payload.length
    return waiting
  }

  function passOn(one: Relayed, payload: Uint8Array): void {
    one.lastMs = now()
    if (!look(one, payload)) return
    if (!one.waiting) send(one, payload)
    else if (
      one.waiting.length < limits.datagramsWaiting &&
      waitingBytes + payload.length <= waitingBytesMax
    ) {
      waitingBytes += payload.length
      one.waiting.push(payload.slice())
    }
  }

  function send(one: Relayed, payload: Uint8Array): void {
    const { socket } = one
    if (!socket || flows.get(one.key) !== one || socket.getSendQueueSize() > unsentBytesMax) return
    if (!links.spend(one.link, payload.length)) return
    one.bytesOut += payload.length
    one.rhythm.packet(false, now() * 1000, payload.length)
    // Node sends it in this turn or copies nothing: the log's buffer is used again.
    socket.send(payload.slice())
  }

  /** Datagrams that turn out to be something else are decided anew. False when the flow is over. */
  function look(one: Relayed, payload: Uint8Array): boolean {
    if (one.looks++ >= limits.datagramLooks) return true
    const { link } = one
    const protocol = sniffDatagram(payload, link.flow.dst.port)
    if (protocol === undefined || protocol === one.protocol) return true
    one.protocol = protocol
    const { decision, denied } = links.judge(link, { stage: 'bytes', layers: layersOf(protocol) })
    link.line = { ...link.line, observed: { ...link.line.observed, ...seenAs(protocol) } }
    links.keepAlso(link, { ...link.line, activity: 'traffic' })
    links.tell('bytes', link)
    if (denied) link.cut(decision.reason)
    return !denied
  }

  function forget(one: Relayed): void {
    letGo(one)
    if (flows.get(one.key) === one) flows.delete(one.key)
  }

  function end(one: Relayed): void {
    forget(one)
    const { socket, link } = one
    one.socket = undefined
    socket?.close()
    if (!open.delete(link)) return
    const bursts = one.rhythm.counts()
    links.close(link, {
      bytesIn: one.bytesIn,
      bytesOut: one.bytesOut,
      outcome: one.bytesIn > 0 ? 'established' : one.refused ? 'refused' : 'no-answer',
      ...(bursts && { bursts }),
    })
  }

  return {
    open,
    take,
    returned(bytes, { transportAt }) {
      const answer = readIpPacket(bytes.subarray(transportAt + 8))
      if (answer?.protocol !== 'udp') return false
      const key = `${answer.dst} ${answer.dstPort} ${answer.src} ${answer.srcPort}`
      const known = flows.get(key)
      if (known) {
        end(known)
        over.set(key, true)
      }
      return known !== undefined || over.has(key)
    },
    close() {
      clearInterval(sweep)
      for (const one of flows.values()) end(one)
    },
  }

  function layersOf(protocol: string | undefined): readonly string[] {
    return protocol === undefined ? [] : [protocol]
  }

  function seenAs(protocol: string | undefined) {
    return protocol === undefined ? {} : { protocol, layers: [protocol] }
  }
}

/** Undefined when not all of it is there. */
function payloadOf(bytes: Uint8Array, { transportAt, payloadAt }: IpPacket): Uint8Array | undefined {
  if (bytes.length < payloadAt) return undefined
  const length = ((bytes[transportAt + 4] ?? 0) << 8) | (bytes[transportAt + 5] ?? 0)
  const end = transportAt + length
  return end < payloadAt || end > bytes.length ? undefined : bytes.subarray(payloadAt, end)
}
