// A policy as an object, from a program or a preset, to flat rules; strict. Text is parse.ts's, which loads a YAML parser.

import { nearestWord } from '../base/suggest.ts'
import { plain } from '../base/terminal.ts'
import type { YamlNode } from '../base/yaml.ts'
import type { Phase } from '../schema/ask.ts'
import { severities } from '../schema/event.ts'
import type { HostPattern, LimitSet, Policy, PolicyRule } from '../schema/policy.ts'
import { findingKinds, policyFormat, type section, tactics } from './format.ts'
import { rulesOfPreset } from './presets.ts'
import { type Problem, type ReadContext, report } from './problems.ts'
import { makeRule } from './rules.ts'

export interface ParsedPolicy {
  /** Absent when there is any error. */
  readonly policy?: Policy
  /** In the order of the file; warnings too. */
  readonly problems: readonly Problem[]
}

export interface ParseOptions {
  /** Ids of the detections there are; without them any well-formed id may stand under `findings`. */
  readonly detections?: readonly string[]
}

/** Most rules, presets' included. */
export const rulesMax = 20_000

/**
 * Reads a policy that is an object of texts, numbers, lists and maps, as its YAML would be. Never throws.
 *
 * @param file what to call it in messages and rules
 */
export function parsePolicyObject(value: unknown, file: string, options: ParseOptions = {}): ParsedPolicy {
  return parseWith(file, options, (context) => nodeOf(value, context))
}

/** What both ways of reading share: `read` gives the node, or reports why there is none. */
export function parseWith(
  file: string,
  { detections }: ParseOptions,
  read: (context: ReadContext) => YamlNode | undefined,
): ParsedPolicy {
  const problems: Problem[] = []
  const context: ReadContext = { file: plain(file, 200), problems, detections }
  const node = read(context)
  if (node === undefined) return { problems }
  const policy = toPolicy(node, context)
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return policy && problems.every(({ severity }) => severity === 'warning')
    ? { policy, problems }
    : { problems }
}

function toPolicy(node: YamlNode, context: ReadContext): Policy | undefined {
  const read = policyFormat.read(node, '', context)
  if (!read) return undefined
  const rules: PolicyRule[] = []
  const limits: LimitSet[] = []
  const presets = new Set<string>()
  type Section = NonNullable<ReturnType<typeof section.read>>
  const add = (
    part: Section | undefined,
    scope: { phases?: readonly Phase[]; tools?: readonly string[] },
  ) => {
    if (!part) return
    for (const name of part.presets ?? []) {
      presets.add(name)
      rules.push(...rulesOfPreset(name).map((rule) => ({ ...rule, ...scope })))
    }
    for (const effect of ['allow', 'deny'] as const) {
      for (const item of part[effect] ?? []) {
        const rule = makeRule(item, effect, scope, context)
        if (rule) rules.push(rule)
      }
    }
    if (part.limits) {
      const { line: _, ...numbers } = part.limits
      limits.push({ limits: numbers, ...scope })
    }
  }
  add(read, {})
  for (const phase of ['setup', 'agent', 'verify'] as const) add(read.phases?.[phase], { phases: [phase] })
  for (const [tool, part] of read.tools ?? []) add(part, { tools: [tool] })
  if (rules.length > rulesMax) return report(context, 1, `the policy has more than ${rulesMax} rules`)
  checkFindings(read.findings, node, context)
  if (read.tools && read.tools.size > 0 && read.toolLabels === undefined) {
    const what =
      'rules for tools hold where each call has a kernel unit of its own; labels from hooks do not open them'
    report(
      context,
      lineOfKey(node, 'tools'),
      what,
      'Say `toolLabels: trusted` to believe them all the same.',
      'warning',
    )
  }
  if (read.mode !== undefined && read.mode !== 'enforce') {
    const what = `the policy blocks nothing (\`mode: ${read.mode}\`)`
    report(context, lineOfKey(node, 'mode'), what, '`mode: enforce` when it is ready.', 'warning')
  }
  if (read.isolation?.ioUring === 'allow') {
    const what = 'io_uring does what the filter of system calls refuses, without being asked'
    report(context, lineOfKey(node, 'isolation'), what, 'Allow it only where a program needs it.', 'warning')
  }
  const { network, filesystem, resources } = read
  return {
    version: 1,
    presets: [...presets],
    rules,
    limits,
    findings: read.findings ?? new Map(),
    network: {
      private: hosts(network?.private),
      ...(network?.syntheticRange !== undefined && { syntheticRange: network.syntheticRange }),
      ...(network?.resolver !== undefined && { resolver: network.resolver }),
    },
    filesystem: {
      write: filesystem?.write ?? [],
      read: filesystem?.read ?? [],
      hide: filesystem?.hide ?? [],
      sockets: filesystem?.sockets ?? [],
    },
    resources: {
      ...(resources?.memory !== undefined && { memory: resources.memory }),
      ...(resources?.processes !== undefined && { processes: resources.processes }),
      ...(resources?.cpu !== undefined && { cpu: resources.cpu }),
    },
    intercept: hosts(read.intercept),
    isolation: {
      require: [...new Set(read.isolation?.require ?? [])],
      ...(read.isolation?.nestedNamespaces && { nestedNamespaces: read.isolation.nestedNamespaces }),
      ...(read.isolation?.ioUring && { ioUring: read.isolation.ioUring }),
    },
    ...(read.mode && { mode: read.mode }),
    toolLabels: read.toolLabels ?? 'untrusted',
  }
}

function hosts(list: readonly { readonly host: HostPattern }[] | undefined): HostPattern[] {
  return (list ?? []).map(({ host }) => host)
}

function checkFindings(
  findings: ReadonlyMap<string, unknown> | undefined,
  node: YamlNode,
  context: ReadContext,
): void {
  const { detections } = context
  if (!findings || !detections) return
  const map = node.kind === 'map' ? node.fields.get('findings')?.value : undefined
  const groups: readonly string[] = [...severities, ...findingKinds, ...tactics]
  for (const name of findings.keys()) {
    if (groups.includes(name) || detections.includes(name)) continue
    const near = nearestWord(name, [...groups, ...detections])
    const line = map === undefined ? 0 : lineOfKey(map, name)
    report(context, line, `\`findings\` knows no detection ${name}`, near && `Did you mean ${near}?`)
  }
}

function lineOfKey(node: YamlNode, key: string): number {
  return node.kind === 'map' ? (node.fields.get(key)?.line ?? node.line) : node.line
}

const objectNodesMax = 200_000
const objectDepthMax = 64

/** A program's object as the node its YAML would be; without lines. */
function nodeOf(value: unknown, context: ReadContext): YamlNode | undefined {
  let budget = objectNodesMax
  const convert = (one: unknown, depth: number): YamlNode | undefined => {
    if (--budget < 0) return undefined
    if (depth > objectDepthMax) return undefined
    if (one === null || one === undefined) return { kind: 'text', line: 0, text: '', quoted: false }
    if (typeof one === 'string') return { kind: 'text', line: 0, text: one, quoted: true }
    if (typeof one === 'number' || typeof one === 'boolean' || typeof one === 'bigint') {
      return { kind: 'text', line: 0, text: String(one), quoted: false }
    }
    if (Array.isArray(one)) {
      const items = one.map((item) => convert(item, depth + 1))
      return items.every((item) => item !== undefined) ? { kind: 'list', line: 0, items } : undefined
    }
    if (typeof one !== 'object') return undefined
    const fields = new Map<string, { line: number; value: YamlNode }>()
    for (const [key, item] of Object.entries(one)) {
      if (item === undefined) continue
      const read = convert(item, depth + 1)
      if (read === undefined) return undefined
      fields.set(key, { line: 0, value: read })
    }
    return { kind: 'map', line: 0, fields }
  }
  const refuse = () =>
    report(
      context,
      0,
      'the policy holds something that is no text, number, list or map, or is nested too deep',
    )
  try {
    return convert(value, 0) ?? refuse()
  } catch {
    return refuse() // A getter or proxy that throws.
  }
}
