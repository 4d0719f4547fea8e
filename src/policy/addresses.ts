// Addresses that no public name should lead to.

import { embeddedV4, type IpRange, inRange, ipGroups, parseRange } from '../base/cidr.ts'
import { isMetadata } from '../base/ip.ts'
import type { DecisionCode } from '../schema/decision.ts'

export interface SpecialAddress {
  readonly code: Extract<
    DecisionCode,
    'private-address' | 'metadata-address' | 'own-address' | 'group-address'
  >
  /** What it is, for a sentence: "a private address". */
  readonly what: string
}

const table: readonly (readonly [string, SpecialAddress])[] = [
  ['255.255.255.255', group('the broadcast address')],
  ['0.0.0.0/8', own('an unspecified address')],
  ['10.0.0.0/8', inside('a private address')],
  ['100.64.0.0/10', inside('a carrier-grade NAT address')],
  ['127.0.0.0/8', own('a loopback address')],
  ['169.254.0.0/16', inside('a link-local address')],
  ['172.16.0.0/12', inside('a private address')],
  ['192.0.0.0/24', inside('a protocol-assignment address')],
  ['192.168.0.0/16', inside('a private address')],
  ['198.18.0.0/15', inside('a benchmarking address')],
  ['224.0.0.0/4', group('a multicast address')],
  ['240.0.0.0/4', inside('a reserved address')],
  ['::', own('the unspecified address')],
  ['::1', own('the loopback address')],
  ['100::/64', inside('a discard address')],
  ['fc00::/7', inside('a unique-local address')],
  ['fe80::/10', inside('a link-local address')],
  ['fec0::/10', inside('a site-local address')],
  ['ff00::/8', group('a multicast address')],
]
const ranges = table.map(([text, kind]) => ({ range: parseRange(text)!, kind }))

/** What kind of special place a canonical address is; undefined for the public internet. `ownIps`: our machine's. */
export function specialAddress(ip: string, ownIps: ReadonlySet<string>): SpecialAddress | undefined {
  if (isMetadata(ip)) return { code: 'metadata-address', what: 'an address that hands out cloud credentials' }
  if (ownIps.has(ip)) return { code: 'own-address', what: "an address of this machine's own" }
  const groups = ipGroups(ip)
  if (groups === undefined) return inside('no address')
  for (const { range, kind } of ranges) if (inRange(groups, range)) return kind
  const v4 = embeddedV4(ip)
  const hidden = v4 === undefined ? undefined : specialAddress(v4, ownIps)
  return hidden && { code: hidden.code, what: `${hidden.what} (${v4}) inside an IPv6 one` }
}

/** Does listing `range` mean this special address on purpose? A range that merely covers it does not. */
export function listsOnPurpose(range: IpRange, special: SpecialAddress): boolean {
  if (range.bits === (range.family === 4 ? 32 : 128)) return true
  if (special.code === 'metadata-address' || special.code === 'own-address') return false
  return ranges.some(
    (one) =>
      one.range.family === range.family && one.range.bits <= range.bits && inRange(range.groups, one.range),
  )
}

function inside(what: string): SpecialAddress {
  return { code: 'private-address', what }
}

/** Dialled from the gateway these lead to the machine itself, whose services believe in what comes from there. */
function own(what: string): SpecialAddress {
  return { code: 'own-address', what }
}

function group(what: string): SpecialAddress {
  return { code: 'group-address', what }
}
