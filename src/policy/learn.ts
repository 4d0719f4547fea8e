// The tightest policy for what a recording shows, with a reason for each rule and what it would not open.

import { plain } from '../base/terminal.ts'
import type { Destination } from './learn-line.ts'
import { type Learned, openRecordReader } from './learn-read.ts'
import { publicSuffix } from './public-suffixes.ts'
import { ruleItem } from './suggest-allow.ts'

export interface LearnOptions {
  /** So many names under one parent become a wildcard. Default 5. */
  readonly siblingsMin?: number
  /** Addresses that only stood for names in the recording. Default 198.18.0.0/15. */
  readonly syntheticRange?: string
}

/** Most paths a rule lists, and most lines of what was left out. */
const pathsMax = 12
const leftOutMax = 100

/**
 * Proposes a policy, as YAML text that `parsePolicy` reads. Raw and private addresses, names that differ, whatever a
 * finding points at and what was refused then stands in comments only.
 *
 * @param records journal lines, parsed
 */
export function learn(records: Iterable<unknown>, options: LearnOptions = {}): string {
  const reader = openRecordReader(options.syntheticRange)
  for (const record of records) reader.add(record)
  return proposedPolicy(reader.end(), options)
}

/** The same from a reader that was fed line by line, for recordings that do not fit into memory. */
export function proposedPolicy(learned: Learned, { siblingsMin = 5 }: LearnOptions = {}): string {
  const safe = learned.destinations.filter((one) => one.dangers.size === 0 && one.allowed > 0 && isKnown(one))
  const { groups, single } = withSiblings(safe, siblingsMin)
  const allow = [
    ...groups.map((group) => groupLines(group)),
    ...single.map((one) => [`  # ${evidence(one)}`, `  - ${item(one)}`]),
  ]
  const lines = [
    `# Proposed from ${count(learned.connections, 'connection')} of ${count(learned.calls, 'tool call')}. Read it before use.`,
    'version: 1',
    ...(allow.length === 0 ? ['allow: []'] : ['allow:', ...allow.sort(byItem).flat()]),
  ]
  lines.push(...leftOut(learned, safe))
  return `${lines.join('\n')}\n`
}

/** A rule says which port, and ICMP has none. */
function isKnown({ transport, port }: Destination): boolean {
  return transport === 'icmp' || (transport !== 'other' && port !== undefined)
}

interface Group {
  readonly parent: string
  readonly port: number | undefined
  readonly transport: Destination['transport']
  readonly members: readonly Destination[]
}

/** Names under one parent, on one port, that speak one protocol and are many. */
function withSiblings(
  list: readonly Destination[],
  siblingsMin: number,
): { groups: readonly Group[]; single: readonly Destination[] } {
  const families = new Map<string, Destination[]>()
  for (const one of list) {
    const dot = one.host.indexOf('.')
    const parent = dot < 0 ? '' : one.host.slice(dot + 1)
    if (one.kind !== 'name' || parent === '' || publicSuffix(parent) || one.methods.size > 0) continue
    const key = [parent, one.port, one.transport, [...one.protocols].sort().join()].join(' ')
    const family = families.get(key)
    if (family) family.push(one)
    else families.set(key, [one])
  }
  const groups: Group[] = []
  const grouped = new Set<Destination>()
  for (const members of families.values()) {
    if (members.length < Math.max(2, siblingsMin)) continue
    const [{ host, port, transport }] = members as [Destination]
    groups.push({ parent: host.slice(host.indexOf('.') + 1), port, transport, members })
    for (const member of members) grouped.add(member)
  }
  return { groups, single: list.filter((one) => !grouped.has(one)) }
}

function groupLines({ parent, port, transport, members }: Group): string[] {
  const names = members.map(({ host }) => host)
  const calls = new Set(members.flatMap((one) => [...one.calls]))
  const total = members.reduce((sum, { allowed }) => sum + allowed, 0)
  const shown = names.slice(0, 5).join(', ')
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return [
    `  # ${names.length} names (${plain(shown, 200)}${rest}), ${count(total, 'connection')} by ${callsText(calls)}`,
    `  - ${ruleItem(parent, { wildcard: true, ...basics(members[0]!, port, transport) })}`,
  ]
}

function item(one: Destination): string {
  const { methods, paths, morePaths } = one
  const patterns = methods.size > 0 && !morePaths ? pathPatterns([...paths]) : undefined
  return ruleItem(one.host, {
    ...basics(one, one.port, one.transport),
    ...(methods.size > 0 && { methods: [...methods].sort() }),
    ...(patterns && { paths: patterns }),
  })
}

function basics({ protocols }: Destination, port: number | undefined, transport: Destination['transport']) {
  const [protocol] = protocols
  return {
    ...(port !== undefined && { port }),
    ...(transport !== 'tcp' && { transport }),
    ...(protocols.size === 1 && protocol !== undefined && transport === 'tcp' && { protocol }),
  }
}

/** The paths themselves, or the folders they share where they are many; undefined when that says nothing. */
function pathPatterns(paths: readonly string[]): string[] | undefined {
  const plainPaths = paths.filter(
    (path) => /^\/[\w.~@:+,=/-]*$/.test(path) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path),
  )
  if (plainPaths.length < paths.length || paths.length === 0) return undefined
  for (const depth of [Number.POSITIVE_INFINITY, 3, 2, 1]) {
    const patterns = new Set(
      plainPaths.map((path) => {
        const segments = path.split('/').slice(1)
        return segments.length <= depth ? path : `/${segments.slice(0, depth).join('/')}/**`
      }),
    )
    if (patterns.size <= pathsMax) return [...patterns].sort()
  }
  return undefined
}

function leftOut(learned: Learned, safe: readonly Destination[]): string[] {
  const taken = new Set(safe)
  const rest = learned.destinations.filter((one) => !taken.has(one))
  const lines: string[] = []
  const dangerous = rest.filter(({ dangers }) => dangers.size > 0)
  if (dangerous.length > 0) lines.push('', '# Not allowed. Look at these before anything else:')
  const byPlace = samePlace(dangerous)
  for (const group of byPlace.slice(0, leftOutMax)) {
    const reasons = plain([...group[0].dangers].slice(0, 3).join('; '), 300)
    lines.push(`#   ${places(group)}: ${reasons} (${evidence(...group)})`)
  }
  const refused = rest.filter((one) => one.dangers.size === 0 && isKnown(one) && one.refused > 0)
  const unknown = rest.filter((one) => one.dangers.size === 0 && !(isKnown(one) && one.refused > 0))
  if (unknown.length > 0) {
    lines.push(
      '',
      `# Seen only in part, without a port or a connection: ${plain(unknown.map(({ host }) => host).join(', '), 300)}`,
    )
  }
  if (refused.length > 0)
    lines.push('', '# Refused then, and not allowed here. Move what is needed up to `allow`:')
  for (const one of refused.slice(0, leftOutMax)) lines.push(`#  - ${item(one)}  # ${evidence(one)}`)
  const cut = Math.max(0, byPlace.length - leftOutMax) + Math.max(0, refused.length - leftOutMax)
  if (cut > 0) lines.push(`#   and ${cut} more`)
  const idle = [...learned.lookedUp].sort((a, b) => b[1] - a[1])
  if (idle.length > 0) {
    const names = idle.slice(0, 8).map(([name, times]) => `${plain(name, 80)} (${times})`)
    lines.push(
      '',
      `# Looked up and never connected to: ${names.join(', ')}${idle.length > 8 ? ` and ${idle.length - 8} more` : ''}`,
    )
  }
  if (learned.beyond > 0)
    lines.push('', `# ${learned.beyond} records went beyond what is told apart here and are not in it.`)
  return lines
}

type Some = readonly [Destination, ...Destination[]]

/** Ports of one host that are odd in the same way belong together: a scan is one line. */
function samePlace(list: readonly Destination[]): Some[] {
  const groups = new Map<string, [Destination, ...Destination[]]>()
  for (const one of list) {
    const key = `${one.host} ${one.transport} ${[...one.dangers].join()}`
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()]
}

function places(group: Some): string {
  const [{ host, transport }] = group
  const ports = group.flatMap(({ port }) => port ?? [])
  const shown = ports.slice(0, 6).join(',')
  const more = ports.length > 6 ? ` and ${ports.length - 6} more ports` : ''
  const bracketed = host.includes(':') && ports.length > 0 ? `[${host}]` : plain(host, 100)
  return `${bracketed}${ports.length === 0 ? '' : `:${shown}${more}`}${transport === 'tcp' ? '' : `/${transport}`}`
}

function evidence(...group: Some): string {
  const sum = (of: (one: Destination) => number) => group.reduce((total, one) => total + of(one), 0)
  const refused = sum((one) => one.refused)
  const calls = new Set(group.flatMap((one) => [...one.calls]))
  const programs = new Set(group.flatMap((one) => [...one.programs]))
  const parts = [count(sum((one) => one.allowed) + refused, 'connection'), `by ${callsText(calls)}`]
  if (programs.size > 0) parts.push(`from ${plain([...programs].slice(0, 3).join(', '), 80)}`)
  if (refused > 0) parts.push(`${refused} refused`)
  return parts.join(', ')
}

function callsText(calls: ReadonlySet<string>): string {
  if (calls.size === 0) return 'no known call'
  const shown = [...calls].slice(0, 3).map((call) => plain(call, 40))
  return `${calls.size === 1 ? 'call' : 'calls'} ${shown.join(', ')}${calls.size > 3 ? ` and ${calls.size - 3} more` : ''}`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

function byItem(a: readonly string[], b: readonly string[]): number {
  const x = a.at(-1)!
  const y = b.at(-1)!
  return x < y ? -1 : x > y ? 1 : 0
}
