// Events of Linux' connection tracking, `conntrack -E -o timestamp,id`:
// [1795507186.225425]	    [NEW] tcp      6 120 SYN_SENT src=10.9.15.2 dst=198.51.100.5 sport=45666 dport=80 [UNREPLIED] src=198.51.100.5 dst=203.0.113.1 sport=80 dport=45666 id=3713042
// [1795507190.102030]	[DESTROY] tcp      6 src=10.9.15.2 dst=198.51.100.5 sport=45666 dport=80 packets=6 bytes=420 src=… packets=5 bytes=900 [ASSURED] delta-time=4
// The first tuple is before translation; the destination of the second is the address seen outside.
// [NEW] is the connection's beginning, [DESTROY] the same connection with its totals. Events are lost under load.

import { BoundedMap } from '../../base/bounded-map.ts'
import { parseEpochSeconds, type Time } from '../../base/time.ts'
import type { Event } from '../../schema/event.ts'
import { defineLinesImporter } from '../api.ts'
import { countOf, type EventDraft, endpointOf, endpointProblem, keep, transportOf } from './parts.ts'

/** Open connections whose beginning is remembered for their end. */
const openMax = 100_000

/** How long after its end a connection's [DESTROY] may be written. */
const destroyLagUs = 10_000_000

const rowPattern =
  /^(?:\[(\d{9,11}\.\d{1,9})\]\s+)?(?:\[(NEW|UPDATE|DESTROY)\]\s+)?(?:ipv[46]\s+\d+\s+)?([a-z][\w-]{1,15})\s+(\d{1,3})\s(.*)$/

export const conntrack = defineLinesImporter({
  id: 'conntrack',
  name: 'conntrack -E',
  family: 'network',
  documentation: 'https://conntrack-tools.netfilter.org/manual.html',
  recognises: (head) => head.lines.some((line) => rowPattern.test(line) && tuplePattern.test(line)),
  start(sink) {
    const begun = new BoundedMap<string, Time>(openMax)
    return {
      line(text, line) {
        if (/^conntrack v[\d.]+ /.test(text)) {
          sink.skip('a summary of the tool')
          return
        }
        const match = rowPattern.exec(text)
        if (!match) {
          sink.reject(line, 'not a line of conntrack', text)
          return
        }
        const [, stamp, kind, protocol = '', , rest = ''] = match
        const time = stamp === undefined ? undefined : parseEpochSeconds(stamp)
        if (!time) {
          sink.reject(line, 'no stamp: record with `conntrack -E -o timestamp,id`', text)
          return
        }
        const row = rowOf(protocol, rest)
        const src = endpointOf(row.original.src, row.original.sport)
        if (!src) {
          sink.reject(line, endpointProblem('src', row.original.src, 'sport', row.original.sport), text)
          return
        }
        const dst = endpointOf(row.original.dst, row.original.dport)
        if (!dst) {
          sink.reject(line, endpointProblem('dst', row.original.dst, 'dport', row.original.dport), text)
          return
        }
        const connection = row.id ?? `${protocol} ${src.ip}:${src.port ?? ''} ${dst.ip}:${dst.port ?? ''}`
        const known = begun.get(connection)
        if (kind === 'UPDATE' && known) {
          sink.skip('UPDATE: a change of a connection that has begun')
          return
        }
        const event: EventDraft = {
          class: 'network_activity',
          time,
          srcEndpoint: src,
          dstEndpoint: dst,
          connection,
          line,
        }
        const transport = transportOf(protocol)
        if (transport !== undefined) event.transport = transport
        translation(event, row.reply)
        if (kind === 'DESTROY') {
          begun.delete(connection)
          closed(event, row, known)
        } else begun.set(connection, time)
        keep(event, 'activity', kind === 'DESTROY' ? 'close' : kind === 'NEW' ? 'open' : 'traffic')
        keep(event, 'mark', row.mark)
        sink.event(event)
      },
      end() {},
    }
  },
})

const tuplePattern = /\bsrc=[\da-fA-F.:]+ dst=[\da-fA-F.:]+ /

interface Tuple {
  readonly [key: string]: string | undefined
}

interface ConntrackRow {
  readonly original: Tuple
  readonly reply: Tuple
  readonly flags: ReadonlySet<string>
  readonly state: string | undefined
  readonly id: string | undefined
  readonly mark: string | undefined
  readonly deltaSeconds: number | undefined
}

/** Words up to the second `src=` belong to the original direction, those after it to the reply. */
function rowOf(protocol: string, rest: string): ConntrackRow {
  const original: Record<string, string> = Object.create(null)
  const reply: Record<string, string> = Object.create(null)
  const flags = new Set<string>()
  let tuple = original
  let seen = 0
  let state: string | undefined
  for (const word of rest.split(/\s+/, 60)) {
    const equals = word.indexOf('=')
    if (equals < 0) {
      if (word.startsWith('[')) flags.add(word)
      else if (seen === 0 && /^[A-Z][A-Z_]+$/.test(word)) state = word
      continue
    }
    const key = word.slice(0, equals)
    if (key === 'src' && ++seen === 2) tuple = reply
    // ICMP's tuples have an `id` of their own; one that stands after both is the connection's.
    const taken = tuple[key] !== undefined
    tuple[taken && key === 'id' ? 'connection' : key] ??= word.slice(equals + 1)
  }
  const icmp = protocol.startsWith('icmp')
  return {
    original,
    reply,
    flags,
    state,
    id: icmp ? reply.connection : (reply.id ?? original.id),
    mark: reply.mark ?? original.mark,
    deltaSeconds: countOf(reply['delta-time'] ?? original['delta-time']),
  }
}

/** The reply goes to the address that the outside saw; it comes from the one that was really reached. */
function translation(event: EventDraft, reply: Tuple): void {
  const outside = endpointOf(reply.dst, reply.dport)
  const { ip, port } = event.srcEndpoint
  if (outside && (outside.ip !== ip || outside.port !== port)) event.natEndpoint = outside
  const reached = endpointOf(reply.src, reply.sport)
  if (reached && (reached.ip !== event.dstEndpoint.ip || reached.port !== event.dstEndpoint.port)) {
    keep(event, 'reached', reached.port === undefined ? reached.ip : `${reached.ip}:${reached.port}`)
  }
}

/**
 * The kernel gives up a dead connection late: by seconds when its table is small, `destroyLagUs` is allowed for.
 * `delta-time` ends before that delay; it counts whole seconds, the protocol's own timeout among them.
 */
function closed(event: EventDraft, row: ConntrackRow, began: Time | undefined): void {
  const given = event.time
  const lastedUs = row.deltaSeconds === undefined ? undefined : row.deltaSeconds * 1_000_000
  if (began) event.time = began
  else if (lastedUs !== undefined) {
    const spanUs = 1_000_000 + destroyLagUs
    event.time = { ...given, us: given.us - lastedUs - spanUs, spanUs }
  }
  event.endTime =
    began && lastedUs !== undefined ? { ...given, us: began.us + lastedUs, spanUs: 1_000_000 } : given
  const bytesOut = countOf(row.original.bytes)
  const bytesIn = countOf(row.reply.bytes)
  const packetsOut = countOf(row.original.packets)
  const packetsIn = countOf(row.reply.packets)
  if (bytesOut !== undefined) event.bytesOut = bytesOut
  if (bytesIn !== undefined) event.bytesIn = bytesIn
  if (packetsOut !== undefined) event.packetsOut = packetsOut
  if (packetsIn !== undefined) event.packetsIn = packetsIn
  const outcome = outcomeOf(event.transport, row)
  if (outcome !== undefined) event.outcome = outcome
}

function outcomeOf(transport: Event['transport'], row: ConntrackRow): Event['outcome'] | undefined {
  if (row.flags.has('[ASSURED]')) return transport === 'tcp' ? 'established' : undefined
  // A reset tears the entry down before it counts as replied to.
  if (transport === 'tcp' && row.state === 'CLOSE' && countOf(row.reply.packets) === 1) return 'refused'
  return row.flags.has('[UNREPLIED]') ? 'no-answer' : undefined
}
