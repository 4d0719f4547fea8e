// What the data of a DNS record says, as one text.

import { latin1, printable, u16, v4At, v6At } from './bytes.ts'
import { readName } from './dns-name.ts'

/** Longest value kept of a record. */
const answerChars = 255

const typeNames = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [10, 'NULL'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [24, 'SIG'],
  [25, 'KEY'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [37, 'CERT'],
  [39, 'DNAME'],
  [41, 'OPT'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [50, 'NSEC3'],
  [52, 'TLSA'],
  [59, 'CDS'],
  [61, 'OPENPGPKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [256, 'URI'],
  [257, 'CAA'],
])

/** RFC 3597's `TYPE65400` for the ones without a name here. */
export function recordTypeName(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`
}

export function readRecordValue(
  bytes: Uint8Array,
  type: number,
  from: number,
  to: number,
): { value: string; hints?: string[] } {
  switch (type) {
    case 1:
      return { value: to - from === 4 ? v4At(bytes, from) : '' }
    case 28:
      return { value: to - from === 16 ? v6At(bytes, from) : '' }
    case 2:
    case 5:
    case 12:
    case 39:
      return { value: nameAt(bytes, from, to) }
    case 15:
      return { value: nameAt(bytes, from + 2, to) }
    case 33:
      return { value: `${nameAt(bytes, from + 6, to)}:${u16(bytes, from + 4)}` }
    case 6:
      return { value: nameAt(bytes, from, to) }
    case 16:
    case 99:
      return { value: printable(strings(bytes, from, to), answerChars) }
    case 64:
    case 65:
      return serviceBinding(bytes, from, to)
    default:
      return { value: printable(latin1(bytes, from, Math.min(to, from + 64)), answerChars) }
  }
}

function nameAt(bytes: Uint8Array, from: number, to: number): string {
  return from < to ? (readName(bytes, from)?.text ?? '') : ''
}

/** Character strings, each behind its length, put together as TXT's readers do. */
function strings(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to && text.length < answerChars; ) {
    const length = bytes[at] ?? 0
    text += latin1(bytes, at + 1, Math.min(to, at + 1 + length))
    at += 1 + length
  }
  return text
}

/** `1 svc.example.com alpn=h2,h3 ech`: priority, target, and the parameters that tell of the connection to come. */
function serviceBinding(bytes: Uint8Array, from: number, to: number): { value: string; hints?: string[] } {
  const target = readName(bytes, from + 2)
  if (!target || target.end > to) return { value: '' }
  let value = `${u16(bytes, from)} ${target.text}`
  const hints: string[] = []
  for (let at = target.end; at + 4 <= to; ) {
    const key = u16(bytes, at)
    const start = at + 4
    const end = Math.min(to, start + u16(bytes, at + 2))
    if (key === 1) value += ` alpn=${printable(alpnIds(bytes, start, end).join(','), 64)}`
    else if (key === 3) value += ` port=${u16(bytes, start)}`
    else if (key === 4)
      for (let i = start; i + 4 <= end && hints.length < 16; i += 4) hints.push(v4At(bytes, i))
    else if (key === 5) value += ' ech'
    else if (key === 6)
      for (let i = start; i + 16 <= end && hints.length < 16; i += 16) hints.push(v6At(bytes, i))
    at = end
  }
  return { value: value.slice(0, answerChars), ...(hints.length > 0 && { hints }) }
}

function alpnIds(bytes: Uint8Array, from: number, to: number): string[] {
  const ids: string[] = []
  for (let at = from; at < to && ids.length < 8; ) {
    const length = bytes[at] ?? 0
    ids.push(latin1(bytes, at + 1, Math.min(to, at + 1 + length)))
    at += 1 + length
  }
  return ids
}
