// The small values of a policy: ports, sizes, methods, paths, tools.

import { parseRange, rangeText } from '../base/cidr.ts'
import { canonicalIp } from '../base/ip.ts'
import { plain } from '../base/terminal.ts'
import type { PortRange } from '../schema/policy.ts'
import { scalar } from './shape.ts'

export const ports = scalar<PortRange>(
  {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 65_535 },
      { type: 'string', pattern: '^[0-9]{1,5}(-[0-9]{1,5})?$' },
      { const: 'any' },
    ],
  },
  (text) => {
    if (text === 'any') return { value: { from: 0, to: 65_535 } }
    const match = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(text)
    const from = Number(match?.[1])
    const to = Number(match?.[2] ?? match?.[1])
    if (match && from >= 1 && from <= to && to <= 65_535) return { value: { from, to } }
    return {
      wants: 'ports like 443 or 8000-8100',
      ...(match && { fix: 'Ports go from 1 to 65535, the lower one first.' }),
    }
  },
)

/** A whole number of at least `min`. */
export function count(min: number, what: string) {
  return scalar<number>({ type: 'integer', minimum: min }, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
    return value >= min ? { value } : { wants: `${what}, a whole number from ${min}` }
  })
}

export const cores = scalar<number>({ type: 'number', exclusiveMinimum: 0 }, (text) => {
  const value = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0
  return value > 0
    ? { value }
    : { wants: 'cores, like 2 or 0.5', ...(text.endsWith('%') && { fix: 'Write 50% of a core as 0.5.' }) }
})

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** `10 MB`, `512 KiB`, or bytes. */
export const size = scalar<number>(
  {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? ?([kKmMgGtT][iI]?)?[bB]?$' },
    ],
  },
  (text) => {
    const match = /^(\d{1,15}(?:\.\d{1,3})?) ?([a-z]{0,3})$/i.exec(text)
    let unit = match?.[2]?.toLowerCase() ?? '?'
    if (/^[kmgt]i?$/.test(unit)) unit += 'b'
    const factor = Object.hasOwn(units, unit) ? units[unit]! : undefined
    if (!match || factor === undefined) return { wants: 'a size like 10 MB or 512 KiB' }
    return { value: Math.round(Number(match[1]) * factor) }
  },
)

export const method = scalar<readonly string[]>({ type: 'string', pattern: '^[A-Za-z-]{1,40}$' }, (text) => {
  if (text.toLowerCase() === 'read') return { value: ['GET', 'HEAD', 'OPTIONS'] }
  if (/^[a-z-]{1,40}$/i.test(text)) return { value: [text.toUpperCase()] }
  return { wants: 'methods like GET, or `read` for GET, HEAD and OPTIONS' }
})

export const path = scalar<string>({ type: 'string', pattern: '^/[^?#%]*$' }, (text) => {
  const wants = 'paths like /repos/acme/** (* within a segment, ** for any number of them)'
  if (!text.startsWith('/')) return { wants, fix: `Begin it with /: /${plain(text, 60)}.` }
  if (/[?#]/.test(text))
    return { wants, fix: 'Leave off what begins with ? or #; only the path is compared.' }
  if (text.includes('%'))
    return { wants, fix: 'Write characters as themselves; requests are decoded before.' }
  if (text.split('/').some((one) => one === '.' || one === '..'))
    return { wants, fix: 'Requests with . or .. are refused.' }
  if (text.split('/').some((one) => one.length > 2 && one.includes('**'))) {
    return { wants, fix: '** stands alone between slashes.' }
  }
  return /[\0-\x20\x7f\\]/.test(text)
    ? { wants, fix: 'Remove the space or control character.' }
    : { value: text }
})

export const tool = scalar<string>({ type: 'string', minLength: 1, maxLength: 200 }, (text) =>
  /^[^\0-\x1f\x7f]{1,200}$/.test(text)
    ? { value: text }
    : { wants: "a tool's name as the agent knows it, like Bash" },
)

export const dnsType = scalar<string>({ type: 'string', pattern: '^[A-Za-z0-9]{1,20}$' }, (text) => {
  if (/^(?:any|axfr|ixfr)$/i.test(text))
    return { wants: 'types of DNS query like TXT or SRV', fix: 'Name the types that are needed.' }
  return /^[a-z0-9]{1,20}$/i.test(text)
    ? { value: text.toUpperCase() }
    : { wants: 'types of DNS query like TXT or SRV' }
})

export const flag = scalar<boolean>({ type: 'boolean' }, (text) =>
  text === 'true' || text === 'false' ? { value: text === 'true' } : { wants: 'true or false' },
)

/** Free text of the operator's, shown later in a line. */
export const note = scalar<string>({ type: 'string' }, (text) => ({ value: plain(text, 200) }))

export const version = scalar<1>({ const: 1 }, (text) =>
  text === '1' ? { value: 1 } : { wants: '1, the only version there is' },
)

/** A path of the file system: absolute, below the home folder, or relative to the work folder. */
export const filePath = scalar<string>({ type: 'string', minLength: 1 }, (text) => {
  const wants = 'a path like /data, ~/.cache or build'
  if (text === '' || /[\0-\x1f\x7f]/.test(text)) return { wants }
  if (text.split('/').includes('..')) return { wants, fix: 'Write it without `..`.' }
  return { value: text }
})

export const syntheticRange = scalar<string>({ type: 'string', pattern: '^[0-9.]+/[0-9]+$' }, (text) => {
  const wants = 'an IPv4 range like 198.18.0.0/15'
  const range = parseRange(text)
  if (range?.family !== 4) return { wants }
  if (range.bits > 20 || range.bits < 8)
    return { wants, fix: 'Between /8 and /20: every name of a run takes one address.' }
  return rangeText(range) === text
    ? { value: text }
    : { wants, fix: `The range begins at ${rangeText(range)}.` }
})

export const resolver = scalar<string>({ type: 'string' }, (text) => {
  const wants = "a resolver's address like 192.0.2.53 or 192.0.2.53:5353"
  const bare = canonicalIp(text)
  if (bare !== undefined) return { value: bare }
  const match = /^(.*):(\d{1,5})$/.exec(text)
  const ip = match && canonicalIp(match[1]!)
  const port = Number(match?.[2])
  if (!ip || port < 1 || port > 65_535) return { wants }
  return { value: ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}` }
})
