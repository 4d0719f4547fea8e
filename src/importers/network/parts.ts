// What the readers of network logs share: other people's values become ours, or undefined.

import { canonicalIp } from '../../base/ip.ts'
import type { Endpoint, Event, Severity } from '../../schema/event.ts'

/** An event while its importer fills it. */
export type EventDraft = { -readonly [K in keyof Omit<Event, 'unmapped'>]: Event[K] } & {
  unmapped?: Record<string, string | number | boolean>
}

/** Puts what has no word of ours into `unmapped`; `undefined` is left out. */
export function keep(event: EventDraft, key: string, value: string | number | boolean | undefined): void {
  if (value === undefined) return
  if (event.unmapped) event.unmapped[key] = value
  else event.unmapped = { [key]: value }
}

/** Longest text kept of one field; what is longer is cut, because a log line's writer may be hostile. */
const textCharsMax = 2_048

/** A non-empty text that is not one of the signs for "unset". */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value === '-') return undefined
  return value.length > textCharsMax ? `${value.slice(0, textCharsMax)}…[cut]` : value
}

/** A host's name; the dot that ends a full name in DNS is dropped, so that names compare. */
export function nameOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && text.length > 1 && text.endsWith('.') ? text.slice(0, -1) : text
}

/** A count that may have been written as text; negative or broken ones are none. */
export function countOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return Number(value)
  return undefined
}

/** A port, 0–65535, as number or text. */
export function portOf(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return value >= 0 && value <= 65_535 && Number.isInteger(value) ? value : undefined
  }
  if (typeof value !== 'string' || value.length > 5 || !/^\d+$/.test(value)) return undefined
  const port = Number(value)
  return port <= 65_535 ? port : undefined
}

/** IPv6 texts seen before: canonical form costs ten times a look-up. Emptied when full. */
const v6Known = new Map<string, string | undefined>()
const v6KnownMax = 4_096

/**
 * The canonical address. Unlike `canonicalIp` it refuses the short and the octal forms of `inet_aton`:
 * in a log, `5` in the address column is a shifted column, not 0.0.0.5.
 */
export function ipOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  if (!value.includes(':')) return canonicalIp(value) === value ? value : undefined
  let ip = v6Known.get(value)
  if (ip === undefined && !v6Known.has(value)) {
    ip = canonicalIp(value)
    if (v6Known.size >= v6KnownMax) v6Known.clear()
    v6Known.set(value, ip)
  }
  return ip
}

/** An address with its port; undefined when there is no address, or the port given is none. */
export function endpointOf(ip: unknown, port: unknown): Endpoint | undefined {
  const address = ipOf(ip)
  if (address === undefined) return undefined
  if (port === undefined || port === null || port === '' || port === '-') return { ip: address }
  const number = portOf(port)
  return number === undefined ? undefined : { ip: address, port: number }
}

/** Why `endpointOf` found none, in the record's own words. */
export function endpointProblem(ipName: string, ip: unknown, portName: string, port: unknown): string {
  if (ip === undefined || ip === null || ip === '' || ip === '-')
    return `no ${ipName}: a record without addresses`
  if (ipOf(ip) === undefined) return `${ipName} is not an address: ${shown(ip)}`
  return `${portName} is not a port: ${shown(port)}`
}

/** A value as a reject's reason quotes it. Lists and objects are only named: they may be nested without end. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'object' && value !== null
        ? Array.isArray(value)
          ? 'a list'
          : 'an object'
        : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** By name or by IANA protocol number. */
export function transportOf(value: unknown): Event['transport'] {
  switch (typeof value === 'string' ? value.toLowerCase() : value) {
    case 'tcp':
    case 6:
    case '6':
      return 'tcp'
    case 'udp':
    case 17:
    case '17':
      return 'udp'
    case 'icmp':
    case 1:
    case '1':
    case 'icmpv6':
    case 'icmp6':
    case 'ipv6-icmp':
    case 58:
    case '58':
      return 'icmp'
    case undefined:
    case null:
    case '':
    case '-':
      return undefined
    default:
      return 'other'
  }
}

/** For scales where 1 is the worst (Suricata, Snort): 1 high, 2 medium, 3 low. */
export function severityOfPriority(priority: number | undefined): Severity | undefined {
  if (priority === undefined) return undefined
  return priority <= 1 ? 'high' : priority === 2 ? 'medium' : priority === 3 ? 'low' : 'informational'
}

/** Swaps who began it, for a record that was written from the answer's side. */
export function turn(event: EventDraft): void {
  const src = event.srcEndpoint
  event.srcEndpoint = event.dstEndpoint
  event.dstEndpoint = src
}
