// Which rule decides about one destination, which nearly did, and what to add.

import { nearestWord } from '../base/suggest.ts'
import { plain } from '../base/terminal.ts'
import type { AskStage } from '../schema/ask.ts'
import type { CompiledPolicy, CompiledRule, HostTable } from './compile.ts'
import { portsText } from './fits.ts'
import { hostText } from './host-patterns.ts'
import { readHost } from './hosts.ts'
import { type Probe, portOf, walk } from './probe.ts'
import { suggestAllow } from './suggest-allow.ts'

const stageWords: Readonly<Record<AskStage, string>> = {
  name: 'when its name is looked up; no resolver is asked',
  connect: 'when it is connected to',
  resolved: 'once its address is known',
  bytes: 'after the first bytes',
  request: 'at the request',
}

/** Lines for a terminal. What the probe leaves open is said. */
export function explainDecision(compiled: CompiledPolicy, probe: Probe): string[] {
  const { decision, stage } = walk(compiled, probe)
  const port = portOf(probe)
  const target = `${plain(probe.host, 120)}:${port}`
  const word =
    decision.verdict === 'deny' ? 'denied' : decision.verdict === 'allow' ? 'allowed' : 'allowed so far'
  const lines = [`${target} is ${word}${decision.verdict === 'deny' ? ` ${stageWords[stage]}` : ''}`]
  lines.push(`  rule    ${decision.rule}`, `  reason  ${decision.reason}`)
  if (decision.names) lines.push(`  names   ${decision.names.join(', ')}`)
  const opened = openedAtGateway(compiled, probe)
  if (opened && decision.verdict !== 'deny') lines.push('  TLS is opened at the gateway to see the requests')
  if (decision.verdict !== 'deny') lines.push(`  assumed ${assumptions(probe)}`)
  const near = nearRules(compiled, probe, decision.rule)
  if (near.length > 0) lines.push(`  also    ${near[0]}`, ...near.slice(1).map((text) => `          ${text}`))
  if (decision.verdict === 'deny') {
    const seen = stage === 'bytes' || stage === 'request'
    const advice = suggestAllow([
      {
        host: probe.host,
        port,
        code: decision.code,
        rule: decision.rule,
        ...(probe.transport && { transport: probe.transport }),
        ...(probe.protocol !== undefined &&
          (seen || probe.protocol !== 'any') && { protocol: probe.protocol }),
      },
    ])
    lines.push(
      ...advice.map(
        (line) => `  ${line.startsWith('#') ? line.slice(2) : `to allow it, add under \`allow\`:  ${line}`}`,
      ),
    )
  }
  return lines
}

function assumptions(probe: Probe): string {
  const parts = [
    probe.resolved === undefined
      ? 'it leads to a public address'
      : `it leads to ${plain(probe.resolved, 60)}`,
    'its names agree',
  ]
  if (probe.phase === undefined) parts.push('phase agent')
  if (probe.tool === undefined) parts.push('no tool in particular')
  return parts.join(', ')
}

function openedAtGateway({ intercept }: CompiledPolicy, { host }: Probe): boolean {
  const read = readHost(host)
  return read.kind === 'name' && intercept.hasName(read.name)
}

const nearMax = 3

/** Rules that speak of this host or its neighbours, beside the one that decided. */
function nearRules(compiled: CompiledPolicy, { host }: Probe, decided: string): string[] {
  const read = readHost(host)
  if (read.kind === 'bad') return []
  const text = read.kind === 'ip' ? read.ip : read.name
  const parent = text.slice(text.indexOf('.') + 1)
  const rules = [...rulesOf(compiled.allow), ...rulesOf(compiled.deny)].filter(({ id }) => id !== decided)
  const scored = rules.flatMap((rule) => {
    const { host: pattern } = rule.rule
    const name = hostText(pattern).replace(/^\*\./, '')
    if (name === text) return [{ rule, score: 3 }]
    if (read.kind === 'ip' || pattern.kind === 'ip' || pattern.kind === 'any') return []
    if (pattern.kind === 'under' && text.endsWith(`.${name}`)) return [{ rule, score: 3 }]
    if (parent.includes('.') && (name === parent || name.endsWith(`.${parent}`))) return [{ rule, score: 2 }]
    return nearestWord(text, [name]) === undefined ? [] : [{ rule, score: 1 }]
  })
  scored.sort((a, b) => b.score - a.score)
  const shown = new Set(scored.map(({ rule }) => describe(rule)))
  return [...shown].slice(0, nearMax)
}

function* rulesOf({ names, under, ips, ranges, any }: HostTable): Generator<CompiledRule> {
  for (const table of [names, under, ips]) for (const list of table.values()) yield* list
  yield* ranges
  yield* any
}

/** A rule and what it is narrowed to. */
export function describe({ id, ports, rule }: CompiledRule): string {
  const parts = [ports ? `on ${portsText(ports)}` : 'on every port']
  if (rule.protocols) parts.push(`for ${rule.protocols.join(', ')}`)
  if (rule.methods) parts.push(rule.methods.join(', '))
  if (rule.paths) parts.push(rule.paths.slice(0, 3).join(', '))
  if (rule.tools) parts.push(`by ${rule.tools.slice(0, 3).join(', ')}`)
  if (rule.phases) parts.push(`in ${rule.phases.join(', ')}`)
  return `${id} ${parts.join(', ')}`
}
