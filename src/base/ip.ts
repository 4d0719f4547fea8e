// Addresses: one canonical text for each, and what kind of place it is.

/**
 * The canonical text of an address: dotted IPv4, RFC 5952 IPv6, an IPv4-mapped one as the IPv4 it is.
 * Also reads the forms `inet_aton` takes (2852039166, 0xA9FEA9FE, 0251.0376.…). Undefined when it is none.
 */
export function canonicalIp(text: string): string | undefined {
  if (isPlainV4(text)) return text
  if (text.includes(':')) return canonicalV6(text)
  const v4 = parseAton(text)
  return v4 === undefined ? undefined : v4ToText(v4)
}

/** The 32-bit value of a dotted IPv4 address, or undefined. */
export function v4ToNumber(text: string): number | undefined {
  if (!isPlainV4(text)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return a * 0x1000000 + b * 0x10000 + c * 0x100 + d
}

export function v4ToText(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** Private, loopback, link-local, carrier-grade NAT, unique-local: not reachable from the open internet. */
export function isInternal(ip: string): boolean {
  const v4 = v4ToNumber(ip)
  if (v4 !== undefined) {
    const a = v4 >>> 24
    const b = (v4 >>> 16) & 255
    return (
      a === 10 ||
      a === 127 ||
      (a === 172 && b >= 16 && b <= 31) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b <= 127)
    )
  }
  const lower = ip.toLowerCase()
  return lower === '::1' || /^f[cd][0-9a-f]{2}:/.test(lower) || /^fe[89ab][0-9a-f]:/.test(lower)
}

/** Group addresses: multicast and broadcast, which no one machine answers for. */
export function isGroup(ip: string): boolean {
  const v4 = v4ToNumber(ip)
  if (v4 !== undefined) return v4 >>> 28 === 14 || v4 === 0xffffffff
  return ip.toLowerCase().startsWith('ff')
}

/** Addresses where clouds hand out instance credentials (AWS, ECS, EKS, Alibaba, Azure, Tencent, GCP shares AWS's). */
const metadataIps = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.0.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
])

export function isMetadata(ip: string): boolean {
  return metadataIps.has(ip)
}

function isPlainV4(text: string): boolean {
  let parts = 0
  let value = -1
  for (let i = 0; i <= text.length; i++) {
    const c = i === text.length ? 46 : text.charCodeAt(i)
    if (c === 46) {
      if (value < 0 || value > 255) return false
      parts++
      value = -1
    } else if (c >= 48 && c <= 57) {
      if (value === 0) return false // A leading zero means octal to inet_aton.
      value = (value < 0 ? 0 : value) * 10 + c - 48
      if (value > 255) return false
    } else return false
  }
  return parts === 4
}

function parseAton(text: string): number | undefined {
  const first = text.charCodeAt(0)
  if (!(first >= 48 && first <= 57)) return undefined // Names, which are asked about most, need no closer look.
  const parts = text.split('.')
  if (parts.length > 4) return undefined
  const numbers: number[] = []
  for (const part of parts) {
    if (/^0x[0-9a-f]{1,8}$/i.test(part)) numbers.push(Number.parseInt(part, 16))
    else if (/^0[0-7]{1,11}$/.test(part)) numbers.push(Number.parseInt(part, 8))
    else if (/^(0|[1-9][0-9]{0,9})$/.test(part)) numbers.push(Number(part))
    else return undefined
  }
  const last = numbers.pop()
  if (last === undefined || numbers.some((n) => n > 255)) return undefined
  const room = 256 ** (4 - numbers.length)
  if (last >= room) return undefined
  return numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), 0) + last
}

function canonicalV6(text: string): string | undefined {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const groups = v6Groups(bare)
  if (!groups) return undefined
  const mapped = groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff
  if (mapped) return v4ToText(groups[6]! * 0x10000 + groups[7]!)
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let n = 0
    while (i + n < 8 && groups[i + n] === 0) n++
    if (n > bestLength) {
      bestStart = i
      bestLength = n
    }
  }
  const hex = groups.map((g) => g.toString(16))
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}

/** The eight 16-bit groups of an IPv6 text without brackets and zone, or undefined. */
export function v6Groups(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const sides = halves.map((half) => (half === '' ? [] : half.split(':')))
  const groups: number[][] = []
  for (const side of sides) {
    const out: number[] = []
    for (const [i, part] of side.entries()) {
      if (part.includes('.') && i === side.length - 1) {
        const v4 = v4ToNumber(part)
        if (v4 === undefined) return undefined
        out.push(v4 >>> 16, v4 & 0xffff)
      } else if (/^[0-9a-f]{1,4}$/i.test(part)) out.push(Number.parseInt(part, 16))
      else return undefined
    }
    groups.push(out)
  }
  const [head = [], tail] = groups
  if (tail === undefined) return head.length === 8 ? head : undefined
  const gap = 8 - head.length - tail.length
  return gap < 1 ? undefined : [...head, ...new Array<number>(gap).fill(0), ...tail]
}
