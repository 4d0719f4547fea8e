// Ranges of addresses, and IPv4 addresses that travel inside IPv6 ones.

import { canonicalIp, v4ToNumber, v4ToText, v6Groups } from './ip.ts'

export interface IpRange {
  readonly family: 4 | 6
  /** One 32-bit word for IPv4, eight 16-bit groups for IPv6; bits beyond `bits` are zero. */
  readonly groups: readonly number[]
  readonly bits: number
}

/** `10.0.0.0/8`, `fd00::/8`, or one address in any form that base/ip.ts reads. Undefined when it is neither. */
export function parseRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const ip = canonicalIp(slash < 0 ? text : text.slice(0, slash))
  if (ip === undefined) return undefined
  const groups = ipGroups(ip)
  if (groups === undefined) return undefined
  const family = groups.length === 1 ? 4 : 6
  const most = family === 4 ? 32 : 128
  if (slash < 0) return { family, groups, bits: most }
  const bitsText = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > most) return undefined
  const bits = Number(bitsText)
  const width = family === 4 ? 32 : 16
  return { family, groups: groups.map((group, i) => masked(group, bits - i * width, width)), bits }
}

export function rangeText({ family, groups, bits }: IpRange): string {
  const ip = family === 4 ? v4ToText(groups[0]!) : canonicalIp(groups.map((g) => g.toString(16)).join(':'))!
  return bits === (family === 4 ? 32 : 128) ? ip : `${ip}/${bits}`
}

/** The words of a canonical address as {@link IpRange} has them, or undefined. */
export function ipGroups(ip: string): readonly number[] | undefined {
  const v4 = v4ToNumber(ip)
  return v4 === undefined ? v6Groups(ip) : [v4]
}

/** Is this address, in words, within the range? */
export function inRange(groups: readonly number[], range: IpRange): boolean {
  if (groups.length !== range.groups.length) return false
  const width = range.family === 4 ? 32 : 16
  for (let i = 0; i < groups.length; i++) {
    const fixed = range.bits - i * width
    if (fixed <= 0) return true
    if (masked(groups[i]!, fixed, width) !== range.groups[i]) return false
  }
  return true
}

function masked(group: number, fixed: number, width: number): number {
  if (fixed >= width) return group
  if (fixed <= 0) return 0
  const unit = 2 ** (width - fixed)
  return Math.floor(group / unit) * unit
}

/**
 * The IPv4 address that a packet to this IPv6 address ends up at: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056),
 * Teredo (RFC 4380), IPv4-compatible and IPv4-translated forms. Undefined for all others.
 */
export function embeddedV4(ip: string): string | undefined {
  if (!ip.includes(':')) return undefined
  const g = v6Groups(ip)
  if (g === undefined) return undefined
  const low = () => v4ToText(g[6]! * 0x10000 + g[7]!)
  if (g[0] === 0x2002) return v4ToText(g[1]! * 0x10000 + g[2]!)
  if (g[0] === 0x2001 && g[1] === 0) return v4ToText((~g[6]! & 0xffff) * 0x10000 + (~g[7]! & 0xffff))
  if (g[0] === 0x64 && g[1] === 0xff9b) {
    // 64:ff9b:1::/48 is for local use: operators place the address as for a /96, the usual choice.
    return (g[2] === 0 || g[2] === 1) && g[3] === 0 && g[4] === 0 && g[5] === 0 ? low() : undefined
  }
  const zeros = g[0] === 0 && g[1] === 0 && g[2] === 0 && g[3] === 0
  if (!zeros) return undefined
  // ::ffff:0:a.b.c.d and ::a.b.c.d, but neither :: nor ::1.
  if (g[4] === 0xffff && g[5] === 0) return low()
  return g[4] === 0 && g[5] === 0 && g[6] !== 0 ? low() : undefined
}
