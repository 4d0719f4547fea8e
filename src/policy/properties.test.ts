// What must hold whatever the rules and the questions: allow rules only open, deny rules only close, no question throws.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Ask, askStages, phases } from '../schema/ask.ts'
import type { Decision } from '../schema/decision.ts'
import { isolationNeeds } from '../schema/policy.ts'
import { compilePolicy } from './compile.ts'
import { decide } from './decide.ts'
import { explainDecision } from './explain.ts'
import { parsePolicy } from './parse.ts'
import { presetNames } from './presets.ts'
import { readTarget } from './probe.ts'
import { protocolWords } from './protocols.ts'

// A small world, so that rules and questions meet.
const hosts = [
  'a.example',
  'b.a.example',
  'c.b.a.example',
  'd.example',
  '10.1.2.3',
  '203.0.113.7',
  '169.254.169.254',
  '2001:db8::7',
]
const patterns = [
  ...hosts.filter((host) => !host.includes(':')),
  '*.a.example',
  '*.b.a.example',
  '203.0.113.0/24',
  '10.0.0.0/8',
  '0.0.0.0/0',
]
const ports = [22, 80, 443, 5432]
const paths = ['/', '/x', '/x/y', '/x/../y', '/x%2fy', '/%2e%2e/x']
/** Mostly absent, so that what is asked stays within reach of the rules. */
const maybe = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 5 }, { arbitrary: of, weight: 1 })
const some = <T>(values: readonly T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })

const rule = fc
  .record({
    host: fc.constantFrom(...patterns, 'any'),
    ports: some([...ports, 'any', '1-1024']),
    protocols: maybe(some(protocolWords)),
    transports: maybe(some(['tcp', 'udp', 'icmp'])),
    methods: maybe(some(['GET', 'POST', 'read'])),
    paths: maybe(some(['/', '/x', '/x/**', '/*/y', '/**'])),
    tools: maybe(some(['Bash', 'WebFetch'])),
    phases: maybe(some([...phases])),
    dnsTypes: maybe(some(['TXT', 'SRV'])),
    sni: maybe(fc.constantFrom('optional', 'required')),
    ech: maybe(fc.constantFrom('allow', 'deny')),
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))

const policy = fc.record({
  version: fc.constant(1),
  allow: fc.array(rule, { maxLength: 6 }),
  deny: fc.array(rule, { maxLength: 3 }),
  intercept: fc.subarray(['a.example', '*.a.example']),
  network: fc.record({ private: fc.subarray(['a.example', '10.0.0.0/8', '169.254.169.254']) }),
})

const names = ['dnsName', 'connectName', 'sni', 'httpHost', 'authority'] as const
const ask: fc.Arbitrary<Ask> = fc
  .record({
    stage: fc.constantFrom(...askStages),
    host: fc.constantFrom(...hosts),
    port: fc.constantFrom(...ports),
    layers: fc.constantFrom(
      ...[
        ['tls'],
        ['tls'],
        ['http'],
        ['tls', 'http'],
        ['ssh'],
        [],
        ['tls', 'http', 'websocket', 'ssh'],
        ['stratum'],
        undefined,
      ],
    ),
    shown: fc.subarray([...names]),
    other: maybe(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...hosts, 'x\0.a.example', 'a.example:443')),
    ),
    transport: maybe(fc.constantFrom('udp', 'icmp', 'other')),
    resolved: maybe(
      fc.constantFrom('198.51.100.1', '203.0.113.7', '10.1.2.3', '169.254.169.254', '127.0.0.1', 'x'),
    ),
    dnsType: maybe(fc.constantFrom('A', 'TXT', 'ANY')),
    ech: maybe(fc.boolean()),
    method: fc.constantFrom('GET', 'POST', 'CONNECT', undefined),
    path: fc.constantFrom(...paths, undefined),
    tool: maybe(fc.constantFrom('Bash', 'WebFetch')),
    toolTier: maybe(fc.constantFrom('identity', 'label')),
    phase: maybe(fc.constantFrom(...phases)),
  })
  .map(({ host, shown, other, ...rest }) => {
    const isIp = /^[0-9.]+$|:/.test(host)
    const named = Object.fromEntries(shown.map((name) => [name, host]))
    const known = {
      ...rest,
      ...(isIp ? { ip: host } : { dnsName: host, sni: host }),
      ...named,
      ...(other && { [other[0]]: other[1] }),
    }
    // Only what is known is there, as the gateway builds it.
    return Object.assign({ stage: rest.stage }, JSON.parse(JSON.stringify(known)))
  })

const compile = (source: unknown) => {
  const read = parsePolicy(source, 'p')
  return read.policy ? compilePolicy(read.policy, { hostAddresses: ['198.51.100.1'] }) : undefined
}
/** How far a decision lets it go. */
const openness = ({ verdict, until, intercept }: Decision) =>
  verdict === 'deny' ? 0 : verdict === 'allow' ? 4 : until === 'bytes' ? 3 : intercept ? 1 : 2
const runs = { numRuns: 1_000 }

it('adding an allow rule never blocks more', () => {
  fc.assert(
    fc.property(policy, rule, ask, (before, added, question) => {
      const [small, large] = [compile(before), compile({ ...before, allow: [...before.allow, added] })]
      if (!small || !large) return
      const [was, is] = [decide(small, question), decide(large, question)]
      if (was.verdict !== 'deny') expect(is.verdict).not.toBe('deny')
      if (was.verdict === 'allow') expect(is.verdict).toBe('allow')
    }),
    runs,
  )
})

it('adding a deny rule never allows more', () => {
  fc.assert(
    fc.property(policy, rule, ask, (before, added, question) => {
      const [small, large] = [compile(before), compile({ ...before, deny: [...before.deny, added] })]
      if (!small || !large) return
      const [was, is] = [decide(small, question), decide(large, question)]
      if (was.verdict === 'deny') expect(is.verdict).toBe('deny')
      if (was.verdict === 'ask-more') expect(is.verdict).not.toBe('allow')
    }),
    runs,
  )
})

it('one more name on a connection never allows more', () => {
  fc.assert(
    fc.property(policy, ask, fc.constantFrom(...hosts), (source, question, name) => {
      const compiled = compile(source)
      if (!compiled || question.authority !== undefined || (question.dnsName ?? question.ip) === undefined)
        return
      const [was, is] = [decide(compiled, question), decide(compiled, { ...question, authority: name })]
      if (was.verdict === 'deny') expect(is.verdict).toBe('deny')
      else expect(openness(is) <= openness(was) || is.verdict !== 'allow').toBe(true)
    }),
    runs,
  )
})

it('what is allowed was named: by a rule, and never as what it is not', () => {
  fc.assert(
    fc.property(policy, ask, (source, question) => {
      const compiled = compile(source)
      if (!compiled) return
      const { verdict, rule: id, code } = decide(compiled, question)
      if (verdict === 'deny') return
      expect(code).toBe('allowed')
      expect(compiled.byId.get(id)?.rule.effect).toBe('allow')
    }),
    runs,
  )
})

it('decides whatever it is asked, in words that are safe to show', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })
  const weird: fc.Arbitrary<Ask> = fc
    .record({
      stage: fc.constantFrom(...askStages),
      port: maybe(fc.oneof(fc.integer(), fc.double())),
      ip: maybe(text),
      resolved: maybe(text),
      dnsName: maybe(text),
      sni: maybe(text),
      httpHost: maybe(text),
      layers: maybe(fc.array(text, { maxLength: 3 })),
      method: maybe(text),
      path: maybe(text),
      tool: maybe(text),
    })
    .map(
      (fields) =>
        Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as unknown as Ask,
    )
  const open = compile({
    version: 1,
    allow: [
      { host: 'any', ports: ['any'], methods: ['GET'], paths: ['/**'] },
      { host: 'any', ports: ['any'], tools: ['Bash'] },
    ],
  })!
  fc.assert(
    fc.property(weird, (question) => {
      const decision = decide(open, question)
      expect(['allow', 'deny', 'ask-more']).toContain(decision.verdict)
      expect(`${decision.reason} ${decision.rule} ${decision.names ?? ''}`).not.toMatch(
        /[\0-\x1f\x7f\u202e\u200b]/,
      )
      expect(decision.reason.length).toBeLessThan(1_000)
    }),
    runs,
  )
  fc.assert(
    fc.property(text, (target) => {
      const probe = readTarget(target)
      if ('problem' in probe) return
      for (const line of explainDecision(open, probe)) expect(line).not.toMatch(/[\0-\x1f\x7f\u202e]/)
    }),
  )
})

it('reads every preset and every word it offers', () => {
  const read = parsePolicy(
    { version: 1, presets: [...presetNames], isolation: { require: [...isolationNeeds] } },
    'p',
  )
  expect(read.problems).toEqual([])
  expect(new Set(read.policy?.rules.map((one) => one.source.preset))).toEqual(new Set(presetNames))
})
