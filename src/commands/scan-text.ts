// Finds addresses, names and ports in any text in one pass, without understanding it.

import { canonicalIp, isGroup } from '../base/ip.ts'
import { decodeBase64, decodePercent } from './decode.ts'
import { bareHostStrength, hostInPosition, isFileEnding } from './host-names.ts'

export type Via = 'literal' | 'decoded' | 'tool-map' | 'script'

export interface Target {
  /** `range` is a CIDR block: `10.0.0.0/24`. */
  readonly kind: 'ip' | 'name' | 'port' | 'range'
  /** Canonical: see base/ip.ts; names in lower case; ports as digits. */
  readonly value: string
  readonly via: Via
  /** 0–1: how surely the text names it as something to reach. */
  readonly strength: number
}

export const targetLimits = { textChars: 16_384, targets: 64, decodedBlobs: 8 } as const

/** Collects targets, keeping the strongest mention of each. */
export class TargetSet {
  readonly #targets = new Map<string, Target>()

  add(kind: Target['kind'], value: string, via: Via, strength: number): void {
    const key = `${kind} ${value}`
    const before = this.#targets.get(key)
    if (before && before.strength >= strength) return
    if (!before && this.#targets.size >= targetLimits.targets) return
    this.#targets.set(key, { kind, value, via, strength })
  }

  /** A host where only a host can stand; `text` may be an address in any form. */
  host(text: string, via: Via, strength: number): boolean {
    const ip = canonicalIp(text)
    if (ip !== undefined) {
      if (!isReachable(ip)) return false
      this.add('ip', ip, via, strength)
      return true
    }
    const name = hostInPosition(text.includes('%') ? decodePercent(text) : text)
    if (name === undefined) return false
    this.add('name', name, via, strength)
    return true
  }

  port(text: string, via: Via, strength: number): void {
    if (/^\d{1,5}$/.test(text)) {
      const port = Number(text)
      if (port > 0 && port <= 65_535) this.add('port', String(port), via, strength)
    }
  }

  get size(): number {
    return this.#targets.size
  }

  list(): Target[] {
    return [...this.#targets.values()].sort((a, b) => b.strength - a.strength)
  }
}

/** Loopback, unspecified and group addresses are nothing to reach. */
function isReachable(ip: string): boolean {
  return !(ip.startsWith('127.') || ip.startsWith('0.') || ip === '::1' || ip === '::' || isGroup(ip))
}

const dot = 1
const colon = 2
const at = 4
const slash = 8
const letter = 16

/** What the scan of one text left for its caller. */
export interface ScanResult {
  /** A word was among `words`: the caller may want to read the text properly. */
  readonly sawWord: boolean
}

/**
 * Adds every target that stands in `text`. `words` are looked for on the way (names of programs).
 * Reads `targetLimits.textChars` characters.
 */
export function scanText(
  text: string,
  via: Via,
  weight: number,
  targets: TargetSet,
  words?: ReadonlySet<string>,
): ScanResult {
  const end = Math.min(text.length, targetLimits.textChars)
  let start = 0
  let flags = 0
  let sawWord = false
  let blobs = 0
  /** End of the last token that was a host: a number right behind it is its port. */
  let hostEnd = -10
  for (let i = 0; i <= end; i++) {
    const c = i === end ? 32 : text.charCodeAt(i)
    const kind = c < 128 ? classes[c]! : letter
    if (kind !== 0) {
      flags |= kind
      continue
    }
    if (i > start) {
      const length = i - start
      if (flags & (dot | colon | at)) {
        if (length >= 3 && length <= 2_048) {
          const found = classify(text, start, i, flags, via, weight, targets)
          if (found) hostEnd = i
        }
      } else if (flags === digitsOnly && length <= 5) {
        // `nc 192.0.2.1 443`, `("192.0.2.1", 443)`
        if (start - hostEnd <= 4 && c !== 62 && isGap(text, hostEnd, start)) {
          targets.port(text.slice(start, i), via, 0.6 * weight)
        }
      } else if (length >= 20 && blobs < targetLimits.decodedBlobs && length <= 8_192) {
        if ((flags & ~(letter | digitsOnly | slash)) === 0 && mixedCase(text, start, i)) {
          blobs++
          const padding = text.startsWith('==', i) ? 2 : text.charCodeAt(i) === 61 ? 1 : 0
          const decoded = decodeBase64(text.slice(start, i + padding))
          if (decoded !== undefined && decoded.length >= 8) {
            scanText(decoded, via === 'literal' ? 'decoded' : via, weight * 0.9, targets)
          }
        }
      } else if (words && length <= 16 && !sawWord && words.has(text.slice(start, i))) {
        sawWord = text.charCodeAt(start) !== 103 || !localGit(text, start, i)
      }
    }
    // `\n`, `\"`, `\t` of JSON and of printf: the letter belongs to the escape.
    if (c === 92) {
      const next = text.charCodeAt(i + 1)
      if (next === 110 || next === 116 || next === 114 || next === 34) i++
    }
    start = i + 1
    flags = 0
  }
  return { sawWord }
}

const digitsOnly = 32

/** 0 = separator; else what the character adds to the token's flags. */
const classes = new Uint8Array(128)
for (let c = 33; c < 127; c++) {
  const ch = String.fromCharCode(c)
  if (/[0-9]/.test(ch)) classes[c] = digitsOnly
  else if (/[A-Za-z_~\-+%#?!*$[\]^]/.test(ch)) classes[c] = letter
}
classes[46] = dot
classes[58] = colon
classes[64] = at
classes[47] = slash

/** `git status`, `git commit`…: the most common of all calls, and they stay at home. */
function localGit(text: string, from: number, to: number): boolean {
  if (to - from !== 3 || !text.startsWith('git', from)) return false
  return !/\b(?:clone|fetch|pull|push|ls-remote|submodule|remote|lfs)\b/.test(text.slice(to, to + 120))
}

/** Only blanks, quotes, commas and brackets lie between: `192.0.2.1 443`, `("192.0.2.1", 443)`. */
function isGap(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c !== 32 && c !== 9 && c !== 34 && c !== 39 && c !== 44 && c !== 40) return false
  }
  return to > from
}

function mixedCase(text: string, from: number, to: number): boolean {
  let lower = false
  let upper = false
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c >= 97 && c <= 122) lower = true
    else if (c >= 65 && c <= 90) upper = true
    if (lower && upper) return true
  }
  return false
}

function classify(
  text: string,
  from: number,
  to: number,
  flags: number,
  via: Via,
  weight: number,
  targets: TargetSet,
): boolean {
  let token = text.slice(from, to)
  const last = token.charCodeAt(token.length - 1)
  if (last === 46 || last === 58 || last === 33 || last === 63) token = token.replace(/[.:!?]+$/, '')
  const scheme = flags & slash ? token.indexOf('://') : -1
  if (scheme > 0) return authority(token.slice(scheme + 3), via, weight, targets)

  if (flags & slash) {
    const first = token.charCodeAt(0)
    if (first === 47) {
      const device = /^\/dev\/(?:tcp|udp)\/([^/]{1,253})\/(\d{1,5})/.exec(token)
      if (!device) return false
      targets.port(device[2]!, via, weight)
      return targets.host(device[1]!, via, weight)
    }
    if (first === 46 || first === 126) return false
  }

  if ((flags & colon) !== 0 && (flags & at) === 0 && looksV6(token)) {
    const ip = canonicalIp(token.replace(/\/\d{1,3}$/, ''))
    if (ip !== undefined && isReachable(ip)) {
      targets.add('ip', ip, via, weight)
      return true
    }
  }
  if (token.startsWith('[')) {
    const match = /^\[([^\]]{2,45})\](?::(\d{1,5}))?$/.exec(token)
    if (!match || !match[1]!.includes(':')) return false
    if (match[2] !== undefined) targets.port(match[2], via, weight)
    return targets.host(match[1]!, via, weight)
  }
  const atSign = flags & at ? token.lastIndexOf('@') : -1
  if (atSign > 0) return afterAt(token, atSign, via, weight, targets)
  if (atSign === 0) return false // `@scope/package`, `@file`.
  const slashAt = flags & slash ? token.indexOf('/') : -1
  const head = slashAt < 0 ? token : token.slice(0, slashAt)
  const colonAt = head.indexOf(':')
  if (colonAt >= 0) return hostPort(head, colonAt, via, weight, targets)
  const dotAt = head.indexOf('.')
  if (dotAt <= 0) return false
  if (isDigit(head.charCodeAt(0)) && isDigit(head.charCodeAt(head.length - 1))) {
    if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(head)) return false
    const ip = canonicalIp(head)
    if (ip === undefined) return false
    const bits = slashAt < 0 ? undefined : /^\/(\d{1,2})$/.exec(token.slice(slashAt))?.[1]
    if (bits !== undefined && Number(bits) < 32) {
      targets.add('range', `${ip}/${Number(bits)}`, via, 0.8 * weight)
      return true
    }
    if (!isReachable(ip)) return false
    // `pkg==1.2.3.4` is a version.
    const version = text.charCodeAt(from - 1) === 61 && text.charCodeAt(from - 2) === 61
    targets.add('ip', ip, via, (version ? 0.2 : 1) * weight)
    return !version
  }
  return bareName(text, from, to, head, slashAt >= 0, via, weight, targets)
}

/** `user:pass@host:port/path?query` */
function authority(rest: string, via: Via, weight: number, targets: TargetSet): boolean {
  const cut = rest.search(/[/?#]/)
  let host = cut < 0 ? rest : rest.slice(0, cut)
  host = host.slice(host.lastIndexOf('@') + 1)
  if (host.startsWith('[')) {
    const close = host.indexOf(']')
    if (close < 0) return false
    targets.port(host.slice(close + 2), via, weight)
    return targets.host(host.slice(1, close), via, weight)
  }
  const colonAt = host.indexOf(':')
  const name = colonAt < 0 ? host : host.slice(0, colonAt)
  const found = targets.host(name.includes('%') ? decodePercent(name) : name, via, weight)
  if (found && colonAt >= 0) targets.port(host.slice(colonAt + 1), via, weight)
  return found
}

/** `git@host:path`, `root@host`, `user@host:22`; a plain mail address is weak. */
function afterAt(token: string, atSign: number, via: Via, weight: number, targets: TargetSet): boolean {
  const rest = token.slice(atSign + 1)
  const match = /^\[?([A-Za-z0-9.:_-]{1,253}?)\]?(?::(.{0,1024}))?$/s.exec(rest)
  if (!match) return false
  const [, host = '', after] = match
  if (/^v?\d+(?:\.\d+){0,2}$/.test(host) || host === 'latest') return false // `package@1.2.3`
  const user = token.slice(0, atSign)
  if (after !== undefined && /^\d{1,5}$/.test(after)) targets.port(after, via, weight)
  const sure = after !== undefined || canonicalIp(host) !== undefined || user === 'git' || user === 'root'
  if (!sure && (!host.includes('.') || bareHostStrength(host.toLowerCase(), true) === 0)) return false
  return targets.host(host, via, (sure ? 1 : 0.3) * weight)
}

function hostPort(head: string, colonAt: number, via: Via, weight: number, targets: TargetSet): boolean {
  const host = head.slice(0, colonAt)
  const port = head.slice(colonAt + 1)
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || Number(port) === 0) {
    // `host:path` of scp: only an address is sure enough.
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return targets.host(host, via, weight)
    return false
  }
  const ending = host.slice(host.lastIndexOf('.') + 1).toLowerCase()
  if (host.includes('.')) {
    const address = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
    // `foo.py:12` is a place in a file; `1.5:2` a ratio.
    if (!address && (isFileEnding(ending) || !/[a-z]/.test(ending))) return false
    if (!targets.host(host, via, weight)) return false
    targets.port(port, via, weight)
    return true
  }
  // `redis:6379` is a service, `node:20` a tag, `line:12` neither.
  if (Number(port) < 80 && port !== '22') return false
  if (!/^[a-z][a-z0-9-]{1,62}$/.test(host) || !targets.host(host, via, 0.4 * weight)) return false
  targets.port(port, via, 0.4 * weight)
  return true
}

function bareName(
  text: string,
  from: number,
  to: number,
  head: string,
  hasPath: boolean,
  via: Via,
  weight: number,
  targets: TargetSet,
): boolean {
  const next = text.charCodeAt(to)
  if (next === 40) return false // A call: `self.net(`.
  const name = head.toLowerCase()
  if (hostInPosition(name) === undefined) return false
  const before = text.charCodeAt(from - 1)
  const whole = (before === 34 || before === 39 || before === 96) && next === before
  const strength = bareHostStrength(name, whole || hasPath)
  if (strength === 0 || (next === 61 && strength < 0.8)) return false
  // Words of a chain that begin upper case are code: `Math.PI.no`.
  if (/^[A-Z][a-z]/.test(head) && strength < 0.8) return false
  targets.add('name', name, via, strength * weight)
  return true
}

function looksV6(token: string): boolean {
  if (
    !/^\[?[0-9a-fA-F:]{2,39}(?:%\w{1,16})?\]?(?:\/\d{1,3})?$/.test(token) &&
    !/^::ffff:[\d.]{7,15}$/i.test(token)
  ) {
    return false
  }
  const groups = token.split(':').filter((group) => group !== '')
  return token.includes('::')
    ? /\d/.test(token) && (groups.length >= 3 || /^\[?(?:[23f]|::ffff)/i.test(token))
    : groups.length === 8
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
