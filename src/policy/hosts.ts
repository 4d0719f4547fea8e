// Host names as programs write them: one canonical text for each, or the reason why it can be none.

import { canonicalIp } from '../base/ip.ts'
import { plain, visible } from '../base/terminal.ts'

export type HostReading =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'ip'; readonly ip: string }
  /** `shown` is what was written, escaped. */
  | { readonly kind: 'bad'; readonly why: string; readonly shown: string }

const hostCharsMax = 253
const labelCharsMax = 63

/**
 * Reads a host that somebody else wrote: lower case, without a trailing dot, international names as punycode,
 * every form of an address as the address it is. What two programs could read differently is refused.
 */
export function readHost(text: string): HostReading {
  return readAscii(text) ?? readOther(text)
}

/** One text for a host however it was written, to count and compare by; of one that is none, the escaped original. */
export function hostKey(text: string): string {
  const read = readHost(text)
  return read.kind === 'name' ? read.name : read.kind === 'ip' ? read.ip : read.shown
}

/** The same with a port behind it, as Host headers and authorities have it. */
export function readHostPort(text: string): { readonly host: HostReading; readonly port?: number } {
  const match = /^(.*[^:\]]|\[[0-9a-f:.%a-z]{2,64}\]):(\d{1,5})$/is.exec(text)
  if (!match) return { host: readHost(text) }
  // A bare IPv6 address ends in what looks like a port.
  if (match[1]!.includes(':') && !match[1]!.startsWith('[')) return { host: readHost(text) }
  const port = Number(match[2])
  if (port === 0 || port > 65_535) return { host: bad(text, `${port} is no port`) }
  return { host: readHost(match[1]!), port }
}

/** Plain host names; undefined hands over to the slower reading. */
function readAscii(text: string): HostReading | undefined {
  const end = text.charCodeAt(text.length - 1) === 46 ? text.length - 1 : text.length
  if (end === 0 || end > hostCharsMax) return undefined
  let labelStart = 0
  let upper = false
  for (let i = 0; i <= end; i++) {
    const c = i === end ? 46 : text.charCodeAt(i)
    if (c === 46) {
      if (i === labelStart || i - labelStart > labelCharsMax) return undefined
      if (i < end) labelStart = i + 1
    } else if (c >= 65 && c <= 90) upper = true
    else if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 95)) return undefined
  }
  // What ends in a number is an address to every resolver, or nothing.
  const lastStart = text.charCodeAt(labelStart)
  if (lastStart >= 48 && lastStart <= 57 && /^(?:\d+|0x[0-9a-f]*)$/i.test(text.slice(labelStart, end))) {
    return undefined
  }
  const name = end === text.length ? text : text.slice(0, end)
  return { kind: 'name', name: upper ? name.toLowerCase() : name }
}

function readOther(text: string): HostReading {
  if (text === '' || text === '.') return bad(text, 'it is empty')
  if (text.length > 1_024) return bad(text, `it has ${text.length} characters`)
  const ip = canonicalIp(text.replace(/\.$/, ''))
  if (ip !== undefined) return { kind: 'ip', ip }
  if (/[\0-\x1f\x7f]/.test(text)) return bad(text, 'it holds a control character')
  if (visible(text) !== text) return bad(text, 'it holds a character that cannot be seen')
  if (text.includes('%')) return bad(text, 'it is percent-encoded')
  if (text.includes('@')) return bad(text, 'it holds user info')
  if (/[:[\]]/.test(text)) return bad(text, 'it holds a colon or bracket, but is no IPv6 address')
  if (/[ "#$&'()*+,/;<=>?\\^`{|}!~]/.test(text))
    return bad(text, 'it holds a character that no host name has')
  if (/[^\0-\x7f]/.test(text)) {
    const ascii = toPunycode(text)
    if (ascii === undefined) return bad(text, 'it is no valid international name')
    return readAscii(ascii) ?? bad(text, 'it is no valid international name')
  }
  if (text.replace(/\.$/, '').length > hostCharsMax)
    return bad(text, `it is longer than ${hostCharsMax} characters`)
  if (text.split('.').some((label) => label.length > labelCharsMax)) {
    return bad(text, `one of its labels is longer than ${labelCharsMax} characters`)
  }
  if (/(?:^\.|\.\.)/.test(text)) return bad(text, 'it has an empty label')
  return bad(text, 'it ends in a number, but is no address')
}

/** UTS 46 and punycode, as the URL standard has them. */
function toPunycode(text: string): string | undefined {
  try {
    const { hostname } = new URL(`http://${text}/`)
    return hostname
  } catch {
    return undefined
  }
}

function bad(text: string, why: string): HostReading {
  return { kind: 'bad', why, shown: plain(text, 120) }
}
