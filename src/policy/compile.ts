// Rules become tables: what a name or address may match is found by a few look-ups, however long the policy is.

import { type IpRange, inRange, ipGroups, parseRange } from '../base/cidr.ts'
import { canonicalIp } from '../base/ip.ts'
import type { HostPattern, Policy, PolicyRule, PortRange } from '../schema/policy.ts'
import { type PathPattern, parsePathPattern } from './paths.ts'
import { type LayerSet, layersOf } from './protocols.ts'

export interface CompiledRule {
  readonly rule: PolicyRule
  /** Names the rule in decisions and journals. */
  readonly id: string
  /** Absent = every port. */
  readonly ports: readonly PortRange[] | undefined
  /** Absent = what belongs on the port. */
  readonly layers: LayerSet | undefined
  readonly methods: ReadonlySet<string> | undefined
  readonly paths: readonly PathPattern[] | undefined
  readonly tools: ReadonlySet<string> | undefined
  readonly range: IpRange | undefined
}

export interface HostTable {
  readonly names: ReadonlyMap<string, readonly CompiledRule[]>
  readonly under: ReadonlyMap<string, readonly CompiledRule[]>
  readonly ips: ReadonlyMap<string, readonly CompiledRule[]>
  readonly ranges: readonly CompiledRule[]
  readonly any: readonly CompiledRule[]
}

export interface CompiledPolicy {
  readonly policy: Policy
  readonly allow: HostTable
  readonly deny: HostTable
  /** By {@link CompiledRule.id}; of two with one id, the first. */
  readonly byId: ReadonlyMap<string, CompiledRule>
  /** Hosts whose TLS is always opened. */
  readonly intercept: PatternSet
  /** What may resolve to, or be, a private address. */
  readonly private: PatternSet
  /** Canonical addresses of the machine itself. */
  readonly own: ReadonlySet<string>
}

export interface CompileOptions {
  /** The machine's own addresses, any form; they are closed unless a rule lists them one by one. */
  readonly hostAddresses?: readonly string[]
}

export const webPorts: readonly PortRange[] = [
  { from: 80, to: 80 },
  { from: 443, to: 443 },
]

/** Readies a policy for {@link decide}. Cost: linear in the number of rules. */
export function compilePolicy(policy: Policy, { hostAddresses = [] }: CompileOptions = {}): CompiledPolicy {
  const rules = policy.rules.map(compileRule)
  return {
    policy,
    allow: tableOf(rules.filter(({ rule }) => rule.effect === 'allow')),
    deny: tableOf(rules.filter(({ rule }) => rule.effect === 'deny')),
    byId: new Map(rules.map((rule) => [rule.id, rule] as const).reverse()),
    intercept: new PatternSet(policy.intercept),
    private: new PatternSet(policy.network.private),
    own: new Set(hostAddresses.flatMap((ip) => canonicalIp(ip) ?? [])),
  }
}

function compileRule(rule: PolicyRule): CompiledRule {
  const { host, effect } = rule
  return {
    rule,
    id: ruleId(rule),
    ports: rule.ports ?? (effect === 'allow' ? webPorts : undefined),
    layers: rule.protocols && layersOf(rule.protocols),
    methods: rule.methods && new Set(rule.methods),
    paths: rule.paths?.map(parsePathPattern),
    tools: rule.tools && new Set(rule.tools),
    range: host.kind === 'ip' ? parseRange(host.cidr) : undefined,
  }
}

function ruleId({ effect, text, source }: PolicyRule): string {
  if (source.preset !== undefined) return `preset ${source.preset}: ${effect} ${text}`
  const at = source.file === undefined ? '' : ` (${source.file}${source.line ? `:${source.line}` : ''})`
  return `${effect} ${text}${at}`
}

function tableOf(rules: readonly CompiledRule[]): HostTable {
  const names = new Map<string, CompiledRule[]>()
  const under = new Map<string, CompiledRule[]>()
  const ips = new Map<string, CompiledRule[]>()
  const ranges: CompiledRule[] = []
  const any: CompiledRule[] = []
  const add = (map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule) => {
    const list = map.get(key)
    if (list) list.push(rule)
    else map.set(key, [rule])
  }
  for (const compiled of rules) {
    const { host } = compiled.rule
    if (host.kind === 'name') add(names, host.name, compiled)
    else if (host.kind === 'under') add(under, host.name, compiled)
    else if (host.kind === 'any') any.push(compiled)
    else if (!host.cidr.includes('/')) add(ips, host.cidr, compiled)
    else ranges.push(compiled)
  }
  return { names, under, ips, ranges, any }
}

const none: readonly CompiledRule[] = []

/** Calls `visit` with the rules whose host fits, until it returns true. */
export function rulesForName(
  table: HostTable,
  name: string,
  visit: (rule: CompiledRule) => boolean | undefined,
): void {
  for (const rule of table.names.get(name) ?? none) if (visit(rule)) return
  if (table.under.size > 0) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      for (const rule of table.under.get(name.slice(dot + 1)) ?? none) if (visit(rule)) return
    }
  }
  for (const rule of table.any) if (visit(rule)) return
}

/** Likewise for a canonical address. */
export function rulesForIp(
  table: HostTable,
  ip: string,
  visit: (rule: CompiledRule) => boolean | undefined,
): void {
  for (const rule of table.ips.get(ip) ?? none) if (visit(rule)) return
  if (table.ranges.length > 0) {
    const groups = ipGroups(ip)
    if (groups) for (const rule of table.ranges) if (inRange(groups, rule.range!) && visit(rule)) return
  }
  for (const rule of table.any) if (visit(rule)) return
}

/** Whether a host is among some patterns. */
export class PatternSet {
  readonly #names = new Set<string>()
  readonly #under = new Set<string>()
  readonly #ranges: IpRange[] = []
  readonly #any: boolean

  constructor(patterns: readonly HostPattern[]) {
    this.#any = patterns.some(({ kind }) => kind === 'any')
    for (const pattern of patterns) {
      if (pattern.kind === 'name') this.#names.add(pattern.name)
      else if (pattern.kind === 'under') this.#under.add(pattern.name)
      else if (pattern.kind === 'ip') this.#ranges.push(parseRange(pattern.cidr)!)
    }
  }

  hasName(name: string): boolean {
    if (this.#any || this.#names.has(name)) return true
    if (this.#under.size === 0) return false
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (this.#under.has(name.slice(dot + 1))) return true
    }
    return false
  }

  /** The ranges that hold this canonical address. */
  rangesWith(ip: string): readonly IpRange[] {
    const groups = this.#ranges.length === 0 ? undefined : ipGroups(ip)
    return groups === undefined ? [] : this.#ranges.filter((range) => inRange(groups, range))
  }
}
