// A packet as Linux' netfilter logs it (iptables LOG, nftables log, UFW, firewalld):
// DROP_OUT: IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 LEN=60 TOS=0x00 … PROTO=TCP SPT=40112 DPT=3333 … SYN URGP=0 UID=1000

import type { Time } from '../../base/time.ts'
import { looksLikeAnswer } from './one-way.ts'
import {
  type EventDraft,
  endpointOf,
  endpointProblem,
  keep,
  shown,
  textOf,
  transportOf,
  turn,
} from './parts.ts'

/** Where the packet's description begins; the text before it is the rule's prefix. May be glued to it. */
const packetStart = /IN=(?=\S{0,32} (?:PHYSIN=\S{0,32} )?(?:OUT=|MAC=|SRC=))/

/** Longest text that is searched for a packet. */
const messageCharsMax = 8_192

export function isPacketLog(message: string): boolean {
  return message.length <= messageCharsMax && packetStart.test(message) && message.includes(' DST=')
}

/** The event of one packet; as text the reason why it is none. */
export function packetEvent(message: string, time: Time, line: number): EventDraft | string {
  const at = message.search(packetStart)
  const prefix = message.slice(0, at).trim()
  const { own, nested } = fieldsOf(message.slice(at))
  const src = endpointOf(own.get('SRC'), own.get('SPT'))
  if (!src) return endpointProblem('SRC', own.get('SRC'), 'SPT', own.get('SPT'))
  const dst = endpointOf(own.get('DST'), own.get('DPT'))
  if (!dst) return endpointProblem('DST', own.get('DST'), 'DPT', own.get('DPT'))

  const event: EventDraft = { class: 'network_activity', time, srcEndpoint: src, dstEndpoint: dst, line }
  const transport = transportOf(own.get('PROTO'))
  if (transport !== undefined) event.transport = transport
  const disposition = dispositionOf(prefix)
  if (disposition !== undefined) event.disposition = disposition
  if (prefix !== '') event.policy = { rule: shown(prefix.replace(/:$/, '')) }
  if (isAnswer(event, own)) turn(event)
  keep(event, 'in', textOf(own.get('IN')))
  keep(event, 'out', textOf(own.get('OUT')))
  keep(event, 'uid', textOf(own.get('UID')))
  keep(event, 'mark', textOf(own.get('MARK')))
  keep(event, 'icmp_type', transport === 'icmp' ? textOf(own.get('TYPE')) : undefined)
  if (nested) {
    // The packet that an ICMP error is about.
    keep(event, 'about_src', textOf(nested.get('SRC')))
    keep(event, 'about_dst', textOf(nested.get('DST')))
    keep(event, 'about_port', textOf(nested.get('DPT')))
  }
  return event
}

/** Only who was called answers SYN with SYN and ACK; in the middle of a connection, a service's port tells. */
function isAnswer({ transport, srcEndpoint, dstEndpoint }: EventDraft, own: Map<string, string>): boolean {
  if (transport !== 'tcp' || !own.has('ACK')) return false
  return own.has('SYN') || looksLikeAnswer(srcEndpoint.port, dstEndpoint.port)
}

interface Fields {
  readonly own: Map<string, string>
  readonly nested: Map<string, string> | undefined
}

/** `KEY=value` and bare flags; what stands in brackets is the packet inside an ICMP error. */
function fieldsOf(text: string): Fields {
  const own = new Map<string, string>()
  let nested: Map<string, string> | undefined
  for (const word of text.split(' ')) {
    let bare = word
    if (bare.startsWith('[')) {
      nested ??= new Map()
      bare = bare.slice(1)
    }
    const inner = nested !== undefined && !nested.has(']')
    const closes = bare.endsWith(']')
    if (closes) bare = bare.slice(0, -1)
    const equals = bare.indexOf('=')
    const key = equals < 0 ? bare : bare.slice(0, equals)
    const target = inner && nested ? nested : own
    if (key !== '' && !target.has(key)) target.set(key, equals < 0 ? '' : bare.slice(equals + 1))
    if (closes && nested) nested.set(']', '')
  }
  return { own, nested }
}

/** The verdict stands nowhere but in the prefix that the rule's author chose. */
export function dispositionOf(prefix: string): EventDraft['disposition'] | undefined {
  const words = prefix.toLowerCase()
  if (/(?:^|[^a-z])(?:drop|rej(?:ect)?(?:$|[^a-z]|ed)|den(?:y|ied)|block|refus|discard)/.test(words))
    return 'blocked'
  if (/(?:^|[^a-z])(?:accept|allow|permit|pass(?:ed)?(?:$|[^a-z]))/.test(words)) return 'allowed'
  // Routers of one maker glue the verdict's letter to the rule set: [WAN_OUT-3001-D].
  const letter = /-([adr])\]$/.exec(words)?.[1]
  return letter === undefined ? undefined : letter === 'a' ? 'allowed' : 'blocked'
}
