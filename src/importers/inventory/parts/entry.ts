// One entry of our own topology file: strict, because a misread entry puts an alarm on the wrong sandbox.

import { canonicalIp } from '../../../base/ip.ts'
import { nearestWord } from '../../../base/suggest.ts'
import { parseEpochByDigits, parseEpochSeconds, parseIso } from '../../../base/time.ts'
import type { NatRange, TopologyEntry } from '../../../schema/topology.ts'

const entryKeys = ['box', 'aliases', 'host', 'ip', 'nat', 'from', 'to']
const natKeys = ['ip', 'portStart', 'portEnd']
const natFormat = 'write { ip, portStart, portEnd }, "203.0.113.1" or "203.0.113.1:1024-2047"'

/** Most addresses, NAT ranges or aliases of one entry. */
export const entryListMax = 4096

/** The entry, or the reason why it is none: what is wrong and what to write instead. */
export function readEntry(value: unknown, line: number): TopologyEntry | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'an entry is an object { box, host, ip, nat, from, to }'
  }
  const fields = new Map(Object.entries(value))
  const unknown = unknownKey(fields.keys(), entryKeys)
  if (unknown) return unknown
  const box = textOf(fields.get('box'))
  if (!box) return 'the entry has no box: name the sandbox with `box`'

  const ip: string[] = []
  for (const written of listOf(fields.get('ip'))) {
    const address = addressOf(written)
    if (!address) return `ip: ${shown(written)} is not one address`
    if (!ip.includes(address)) ip.push(address)
  }
  const nat: NatRange[] = []
  for (const written of listOf(fields.get('nat'))) {
    const range = natOf(written)
    if (typeof range === 'string') return range
    nat.push(range)
  }
  const aliases = listOf(fields.get('aliases')).map(textOf)
  if (aliases.includes(undefined)) return 'aliases is a list of names'
  if (ip.length + nat.length + aliases.length > entryListMax) {
    return `more than ${entryListMax} addresses, ranges and aliases in one entry`
  }
  const hostValue = fields.get('host')
  const host = textOf(hostValue)
  if (!host && !isAbsent(hostValue)) return `host: ${shown(hostValue)} is not a name`
  const fromUs = instantOf('from', fields.get('from'))
  if (typeof fromUs === 'string') return fromUs
  const toUs = instantOf('to', fields.get('to'))
  if (typeof toUs === 'string') return toUs
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs) return 'from is later than to'
  const names = aliases.filter((name) => name !== undefined)
  return {
    box,
    ...(names.length > 0 && { aliases: names }),
    ...(host && { host }),
    ip,
    nat,
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
    line,
  }
}

function natOf(value: unknown): NatRange | string {
  const text = textOf(value)
  if (text) {
    // 203.0.113.1, 203.0.113.1:1024-2047, [2001:db8::1]:1024-2047
    const match = /^\[?([^[\]-]{2,60}?)\]?(?::(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(text)
    const whole = addressOf(text)
    if (whole) return { ip: whole }
    const ip = match ? addressOf(match[1]) : undefined
    if (!ip || !match?.[2]) return `nat: ${shown(value)} is not an address; ${natFormat}`
    return ports(ip, Number(match[2]), Number(match[3] ?? match[2]))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `nat: ${shown(value)} is not a range; ${natFormat}`
  }
  const fields = new Map(Object.entries(value))
  const unknown = unknownKey(fields.keys(), natKeys)
  if (unknown) return `nat: ${unknown}`
  const ip = addressOf(fields.get('ip'))
  if (!ip) return `nat: ip ${shown(fields.get('ip'))} is not one address`
  const [start, end] = [fields.get('portStart'), fields.get('portEnd')]
  if (isAbsent(start) && isAbsent(end)) return { ip }
  // One bound alone leaves the other side open.
  return ports(ip, isAbsent(start) ? 0 : numberOf(start), isAbsent(end) ? 65_535 : numberOf(end))
}

function ports(ip: string, portStart: number, portEnd: number): NatRange | string {
  const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535
  if (!isPort(portStart) || !isPort(portEnd)) return 'nat: a port is a number from 0 to 65535'
  if (portStart > portEnd) return `nat: portStart ${portStart} is above portEnd ${portEnd}`
  return { ip, portStart, portEnd }
}

function unknownKey(keys: Iterable<string>, known: readonly string[]): string | undefined {
  for (const key of keys) {
    if (known.includes(key)) continue
    const near = nearestWord(key, known)
    return `unknown key ${shown(key)}; ${near ? `did you mean \`${near}\`?` : `known are ${known.join(', ')}`}`
  }
  return undefined
}

/** One address, also as `10.0.0.7/32`; never a number, never a wider network. */
function addressOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim().replace(/(?<=\.\d{1,3})\/32$|(?<=:[0-9a-fA-F]{0,4})\/128$/, '')
  const shaped = text.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
  return shaped ? canonicalIp(text) : undefined
}

function instantOf(key: string, value: unknown): number | undefined | string {
  if (isAbsent(value)) return undefined
  const text = typeof value === 'number' ? String(value) : (textOf(value) ?? '')
  const time = /^\d{13,19}$/.test(text)
    ? parseEpochByDigits(text)
    : (parseEpochSeconds(text) ?? parseIso(text) ?? parseIso(withSeconds(text)))
  if (!time) return `${key}: ${shown(value)} is not a time; write 2026-03-07T09:00:00Z or epoch seconds`
  if (time.zone !== 'utc') return `${key}: ${shown(value)} has no zone; add Z or an offset like +08:00`
  return time.us
}

/** `2026-03-07T09:00Z` is a time to people too. */
function withSeconds(text: string): string {
  return text.replace(/^(.{11}\d\d:\d\d)(?=$|[Zz+-])/, '$1:00')
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value.length > 1024) return undefined
  return value.trim() || undefined
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d{1,5}$/.test(value.trim()) ? Number(value) : Number.NaN
}

function listOf(value: unknown): readonly unknown[] {
  if (isAbsent(value)) return []
  return Array.isArray(value) ? value : [value]
}

/** YAML writes nothing as an empty text, `~` or `null`. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === '~' || value === 'null'
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
