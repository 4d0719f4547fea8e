// Flow logs of clouds have a record for each direction; the answer's has to be turned round.

import { type EventDraft, turn } from './parts.ts'

/** First port that systems give to the side that begins (Linux 32768, IANA 49152). */
const ephemeralPortMin = 32_768

/**
 * Turns a record of the answer round: a SYN with ACK was sent by who was called; without flags, a service's
 * port that sends to an ephemeral one. A blocked packet had no answer, so it stays as it is.
 */
export function turnAnswer(event: EventDraft, tcpFlags: number | undefined): void {
  if (event.disposition === 'blocked') return
  if (tcpFlags !== undefined && (tcpFlags & 2) !== 0) {
    if ((tcpFlags & 16) === 0) return
  } else {
    if (!looksLikeAnswer(event.srcEndpoint.port, event.dstEndpoint.port)) return
  }
  turn(event)
  const { bytesOut, packetsOut } = event
  delete event.bytesOut
  delete event.packetsOut
  if (bytesOut !== undefined) event.bytesIn = bytesOut
  if (packetsOut !== undefined) event.packetsIn = packetsOut
}

/** A service's port that sends to an ephemeral one. */
export function looksLikeAnswer(srcPort: number | undefined, dstPort: number | undefined): boolean {
  if (srcPort === undefined || dstPort === undefined || srcPort === 0) return false
  return srcPort < ephemeralPortMin && dstPort >= ephemeralPortMin
}
