// From what was refused to the lines that would open it, and a word on what should stay closed.

import { canonicalIp } from '../base/ip.ts'
import { shellWord } from '../base/shell-quote.ts'
import { plain } from '../base/terminal.ts'
import type { DecisionCode } from '../schema/decision.ts'
import { readHost } from './hosts.ts'

export interface Denial {
  /** The name that was asked for, or the address. */
  readonly host: string
  readonly port?: number
  readonly transport?: 'tcp' | 'udp' | 'icmp' | 'other'
  /** A word of `protocols:`, where bytes were seen. */
  readonly protocol?: string
  readonly method?: string
  readonly code?: DecisionCode
  /** `rule` of the decision. */
  readonly rule?: string
}

export interface Suggestion {
  /** An item for `allow:`, as YAML without the dash; absent when it is better left closed. */
  readonly item?: string
  /** Why not, or what to mind. */
  readonly note?: string
  /** How many denials it would lift. */
  readonly count: number
}

/** Most suggestions that are made; the most frequent stay. */
export const suggestionsMax = 50

/** What would open the denials, most frequent first. */
export function suggestRules(denials: Iterable<Denial>): readonly Suggestion[] {
  const counts = new Map<string, { suggestion: Omit<Suggestion, 'count'>; count: number }>()
  for (const denial of denials) {
    const suggestion = suggestOne(denial)
    const key = `${suggestion.item ?? ''}\n${suggestion.note ?? ''}`
    const known = counts.get(key)
    if (known) known.count++
    else if (counts.size < 10_000) counts.set(key, { suggestion, count: 1 })
  }
  return [...counts.values()]
    .map(({ suggestion, count }) => ({ ...suggestion, count }))
    .sort((a, b) => Number(b.item !== undefined) - Number(a.item !== undefined) || b.count - a.count)
    .slice(0, suggestionsMax)
}

/**
 * The same as lines for a terminal: commands where a policy file is there to be changed, else lines for one.
 *
 * @param file the policy in use
 */
export function suggestAllow(denials: Iterable<Denial>, file?: string): string[] {
  return suggestRules(denials).map(({ item, note, count }) => {
    const times = count === 1 ? '' : `${count} times`
    const remark = [note, times].filter((text) => text !== undefined && text !== '').join('; ')
    if (item === undefined) return `# ${remark}`
    const line = file === undefined ? `- ${item}` : `vigiles policy allow ${shown(file)} ${shown(item)}`
    return remark === '' ? line : `${line}  # ${remark}`
  })
}

/** One denial's suggestion. */
function suggestOne(denial: Denial): Omit<Suggestion, 'count'> {
  const { port, code, rule } = denial
  const host = readHost(denial.host)
  const shown = `${plain(denial.host, 100)}${port === undefined ? '' : `:${port}`}`
  if (host.kind === 'bad' || code === 'bad-name') return { note: `${shown} is no honest host name` }
  switch (code) {
    case 'metadata-address':
      return { note: `${shown} hands out cloud credentials; leave it closed` }
    case 'own-address':
    case 'group-address':
      return { note: `${shown} is this machine or a group of machines; leave it closed` }
    case 'private-address':
      if (host.kind === 'name') {
        return {
          note: `${shown} leads to a private address; if that is meant, list it under network.private`,
        }
      }
      break
    case 'name-mismatch':
      return { note: `the names of a connection to ${shown} differ; allow each of them if that is meant` }
    case 'deny-rule':
      return { note: `${shown} is denied by ${plain(rule ?? 'a rule', 100)}; nothing else opens it` }
    case 'limit':
      return { note: `${shown} ran into ${plain(rule ?? 'a limit', 100)}` }
    case 'ambiguous-path':
    case 'fault':
      return { note: `a request to ${shown} could not be read in only one way` }
    case 'dns-type':
      return { note: `lookups of this type for ${shown} carry data; dnsTypes of a rule opens them` }
    case 'tool':
    case 'phase':
    case 'path':
    case 'method':
      return { note: `${shown} is open, but not so: see ${plain(rule ?? 'its rule', 100)}` }
    default:
  }
  if (denial.transport === 'udp' && denial.protocol === 'quic')
    return {
      note: `${shown} was tried by QUIC, which falls back to TCP; protocols: [quic] of a rule opens it`,
    }
  return { item: ruleItem(host.kind === 'ip' ? host.ip : host.name, denial) }
}

/** `api.example.com`, `api.example.com:8443`, `{ host: …, ports: […], protocols: […] }`: the shortest that opens it. */
export function ruleItem(
  host: string,
  {
    port,
    protocol,
    transport,
    code,
    methods,
    paths,
    wildcard,
  }: Partial<Denial> & {
    readonly methods?: readonly string[]
    readonly paths?: readonly string[]
    /** `host` is a name under which all are meant. */
    readonly wildcard?: boolean
  },
): string {
  const name = wildcard ? `*.${host}` : host
  const bracketed = canonicalIp(host)?.includes(':') ? `[${host}]` : name
  const home = port === undefined ? undefined : homeProtocol.get(port)
  const extra: string[] = []
  if (protocol !== undefined && protocol !== (home ?? 'other')) {
    // Without a word, most protocols are open on a port that means none.
    if (home !== undefined || needsWord.has(protocol)) extra.push(`protocols: [${protocol}]`)
  }
  if (transport === 'udp' || transport === 'icmp') extra.push(`transports: [${transport}]`)
  if (code === 'no-sni') extra.push('sni: optional')
  if (code === 'ech') extra.push('ech: allow')
  if (methods) extra.push(`methods: [${methods.join(', ')}]`)
  if (paths) extra.push(`paths: [${paths.map((path) => JSON.stringify(path)).join(', ')}]`)
  if (extra.length === 0) {
    const text = port === undefined ? bracketed : `${bracketed}:${port}`
    return /^[a-z0-9][a-z0-9._:-]*$/.test(text) ? text : `'${text}'`
  }
  const quoted = /^[a-z0-9][a-z0-9._-]*$/.test(name) ? name : `'${name}'`
  const ports = port === undefined || transport === 'icmp' ? '' : `, ports: [${port}]`
  return `{ host: ${quoted}${ports}, ${extra.join(', ')} }`
}

const homeProtocol: ReadonlyMap<number, string> = new Map([
  [22, 'ssh'],
  [80, 'http'],
  [443, 'https'],
])
const needsWord = new Set([
  'ssh',
  'socks',
  'vnc',
  'rdp',
  'bittorrent',
  'stratum',
  'bitcoin-p2p',
  'monero-p2p',
  'wireguard',
  'openvpn',
  'tailscale',
])

function shown(text: string): string {
  return shellWord(plain(text, 300))
}
