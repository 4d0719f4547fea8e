// DNS questions and their answers in a capture: one event for each pair.

import { BoundedMap } from '../../base/bounded-map.ts'
import { v4At, v6At } from '../../protocols/bytes.ts'
import { answerTexts, type DnsMessage, readDns } from '../../protocols/dns.ts'
import type { Event } from '../../schema/event.ts'
import { timeOf } from './pcap-event.ts'
import { type Stamp, stampOf } from './pcap-flow.ts'
import { type Packet, tcp } from './pcap-packet.ts'

/** Questions waiting for an answer at once; the oldest is then given out unanswered. */
const waitingMax = 16_384
/** A question asked again within this time is the same one. */
const repeatUs = 30e6
/** Answers kept of one reply. */
const answersMax = 64

interface Waiting {
  /** The packet record that stands for it, when that one stands for nothing else yet. */
  readonly record: number | undefined
  readonly first: Stamp
  readonly clientIp: string
  readonly clientPort: number
  readonly serverIp: string
  readonly serverPort: number
  readonly transport: 'tcp' | 'udp'
  readonly message: DnsMessage
  readonly bytesOut: number
}

export class DnsPairs {
  readonly #waiting: BoundedMap<string, Waiting>
  /** When what was answered: the same reply comes again from another interface, or to a repeated question. */
  readonly #answered = new BoundedMap<string, number>(waitingMax)
  readonly #onEvent: (event: Event) => void

  constructor(onEvent: (event: Event) => void) {
    this.#onEvent = onEvent
    this.#waiting = new BoundedMap(waitingMax, (_key, waiting) => this.#unanswered(waiting))
  }

  /** Whether a reply on an odd port belongs to a question that was seen. */
  expects(packet: Packet, message: DnsMessage): boolean {
    const key = pairKey(packet, message)
    return this.#waiting.has(key) || this.#answered.has(key)
  }

  /**
   * Takes a message in. `free`: the packet's record stands for no event yet. True when it now stands for one.
   * Two questions in one segment of TCP share a record; the second one's event is then its answer's record.
   */
  message(packet: Packet, message: DnsMessage, free: boolean, bytes: number): boolean {
    const key = pairKey(packet, message)
    const waiting = this.#waiting.get(key)
    if (!message.response) {
      if (waiting && packet.us - waiting.first.us <= repeatUs) return false
      if (waiting) this.#unanswered(waiting)
      this.#waiting.delete(key)
      this.#waiting.set(key, waitingOf(packet, message, free ? packet.record : undefined, bytes))
      return free
    }
    const answeredUs = this.#answered.get(key)
    if (!waiting && answeredUs !== undefined && packet.us - answeredUs <= repeatUs) return false
    this.#waiting.delete(key)
    this.#answered.delete(key)
    this.#answered.set(key, packet.us)
    const record = waiting?.record ?? (free ? packet.record : undefined)
    if (record === undefined) return false
    this.#onEvent(pairEvent(record, waiting, packet, message, bytes))
    return waiting?.record === undefined
  }

  /** Gives out the questions that nobody answered. */
  end(): void {
    for (const waiting of this.#waiting.values()) this.#unanswered(waiting)
  }

  #unanswered(waiting: Waiting): void {
    if (waiting.record === undefined) return
    this.#onEvent({
      ...questionEvent(waiting, waiting.record),
      outcome: 'no-answer',
      bytesOut: waiting.bytesOut,
      bytesIn: 0,
      packetsOut: 1,
      packetsIn: 0,
    })
  }
}

/** Reads a datagram or framed message that should be DNS; undefined when it is not. */
export function dnsMessage(bytes: Uint8Array): DnsMessage | undefined {
  const message = readDns(bytes)
  return message && message.questions.length + message.answers.length > 0 ? message : undefined
}

function pairKey(packet: Packet, message: DnsMessage): string {
  const question = message.questions[0]
  return `${packet.key}${message.id} ${question?.type ?? ''} ${question?.name.toLowerCase() ?? ''}`
}

function waitingOf(
  packet: Packet,
  message: DnsMessage,
  record: number | undefined,
  bytesOut: number,
): Waiting {
  const text = packet.version === 4 ? v4At : v6At
  const src = { ip: text(packet.bytes, packet.srcAt), port: packet.srcPort }
  const dst = { ip: text(packet.bytes, packet.dstAt), port: packet.dstPort }
  const [client, server] = message.response ? [dst, src] : [src, dst]
  return {
    record,
    first: stampOf(packet),
    clientIp: client.ip,
    clientPort: client.port,
    serverIp: server.ip,
    serverPort: server.port,
    transport: packet.protocol === tcp ? 'tcp' : 'udp',
    message,
    bytesOut,
  }
}

function pairEvent(
  record: number,
  waiting: Waiting | undefined,
  packet: Packet,
  message: DnsMessage,
  bytesIn: number,
): Event {
  const asked = waiting ?? waitingOf(packet, message, record, 0)
  const base = questionEvent(asked, record)
  return {
    ...base,
    endTime: timeOf(stampOf(packet)),
    outcome: 'established',
    bytesIn,
    packetsIn: 1,
    ...(waiting && { bytesOut: waiting.bytesOut, packetsOut: 1 }),
    dns: {
      query: base.dns?.query ?? { hostname: '.' },
      answers: answerTexts(message).slice(0, answersMax),
      rcode: message.rcode,
    },
    ...(message.truncated && { unmapped: { truncated: true } }),
  }
}

function questionEvent(waiting: Waiting, record: number): Event {
  const question = waiting.message.questions[0] ?? waiting.message.answers[0]
  return {
    class: 'dns_activity',
    time: timeOf(waiting.first),
    srcEndpoint: { ip: waiting.clientIp, port: waiting.clientPort },
    dstEndpoint: { ip: waiting.serverIp, port: waiting.serverPort },
    transport: waiting.transport,
    observed: { protocol: 'dns' },
    dns: {
      query: {
        hostname: (question?.name ?? '.').toLowerCase(),
        ...(question && { type: question.type }),
      },
    },
    line: record,
  }
}
