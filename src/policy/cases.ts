// The expectations of `vigiles policy test`: a YAML list, one destination each.
//
//   - { to: api.example.com:443, expect: allow }
//   - { to: https://github.com/acme/app, method: POST, expect: deny }

import { plain } from '../base/terminal.ts'
import { readYaml } from '../base/yaml.ts'
import { phases } from '../schema/ask.ts'
import type { CompiledPolicy } from './compile.ts'
import { policyCharsMax } from './parse.ts'
import { type Probe, portOf, readTarget, walk } from './probe.ts'
import { type Problem, type ReadContext, report } from './problems.ts'
import { protocolWords } from './protocols.ts'
import { list, object, type Shape, scalar, word } from './shape.ts'
import { tool } from './values.ts'

export interface PolicyCase {
  readonly line: number
  readonly to: string
  readonly expect: 'allow' | 'deny'
  readonly probe: Probe
}

const text = scalar<string>({ type: 'string' }, (value) => ({ value }))
const target = scalar<{ text: string; probe: Probe }>({ type: 'string' }, (value) => {
  const probe = value === '' ? { problem: 'it is empty' } : readTarget(value)
  if ('problem' in probe) return { wants: 'host:port or a URL', fix: `It is neither: ${probe.problem}.` }
  return { value: { text: value, probe } }
})

const caseShape = object(
  {
    to: [target, 'host:port or a URL'],
    expect: [word(['allow', 'deny']), ''],
    protocol: [word(protocolWords), ''],
    transport: [word(['tcp', 'udp', 'icmp']), ''],
    method: [text, ''],
    path: [text, ''],
    tool: [tool, ''],
    phase: [word(phases), ''],
    resolved: [text, 'the address the name leads to'],
    sni: [text, ''],
    httpHost: [text, ''],
    why: [text, ''],
  },
  { required: ['to', 'expect'] },
)

/** Reads the list. Never throws; with any problem the cases that could be read still stand. */
export function parseCases(
  source: string,
  file: string,
): { cases: readonly PolicyCase[]; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const context: ReadContext = { file: plain(file, 200), problems, detections: undefined }
  if (source.length > policyCharsMax) {
    report(context, 1, `it is longer than ${policyCharsMax} characters`)
    return { cases: [], problems }
  }
  const { documents, problems: broken } = readYaml(source)
  for (const { line, reason } of broken) report(context, line, `this is no YAML: ${plain(reason, 160)}`)
  const [document] = documents
  if (document === undefined || broken.length > 0) {
    if (broken.length === 0)
      report(
        context,
        1,
        'there is no case in it',
        'For example: - { to: api.example.com:443, expect: allow }',
      )
    return { cases: [], problems }
  }
  const shape: Shape<readonly NonNullable<ReturnType<typeof caseShape.read>>[]> = list(caseShape)
  const cases = (shape.read(document, 'cases', context) ?? []).flatMap((one) => {
    const { to, expect, line, why: _, ...rest } = one
    return to && expect ? [{ line, to: to.text, expect, probe: { ...to.probe, ...rest } }] : []
  })
  return { cases, problems }
}

export interface CaseResult {
  readonly case: PolicyCase
  readonly ok: boolean
  readonly got: 'allow' | 'deny'
  readonly rule: string
  readonly reason: string
}

export function runCase(compiled: CompiledPolicy, one: PolicyCase): CaseResult {
  const { decision } = walk(compiled, one.probe)
  const got = decision.verdict === 'deny' ? 'deny' : 'allow'
  return { case: one, ok: got === one.expect, got, rule: decision.rule, reason: decision.reason }
}

/** The results as a table, a line each. */
export function caseTable(results: readonly CaseResult[]): string[] {
  const rows = results.map(({ case: one, ok, got, rule, reason }) => {
    const { probe } = one
    const details = [
      probe.protocol && !one.to.includes('://') ? probe.protocol : undefined,
      probe.method,
      one.to.includes('://') ? undefined : probe.path,
      probe.tool && `tool ${probe.tool}`,
      probe.phase && `phase ${probe.phase}`,
      probe.resolved && `at ${probe.resolved}`,
    ].filter((part) => part !== undefined && part !== '')
    const to = one.to.includes('://') || probe.port !== undefined ? one.to : `${one.to}:${portOf(probe)}`
    return [
      ok ? 'ok' : 'WRONG',
      plain([to, ...details].join(' '), 90),
      `${got}${ok ? '' : `, expected ${one.expect}`}`,
      `${rule}: ${reason}`,
    ]
  })
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]!.length), 0))
  return rows.map((row) => row.map((cell, at) => (at < 3 ? cell.padEnd(widths[at]!) : cell)).join('  '))
}
