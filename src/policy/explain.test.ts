import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { explainDecision } from './explain.ts'
import { parsePolicy } from './parse.ts'
import { presets } from './presets.ts'
import { readTarget, walk } from './probe.ts'
import { publicSuffix } from './public-suffixes.ts'
import { enforcementOf, responseTo } from './responses.ts'
import { suggestAllow, suggestRules } from './suggest-allow.ts'

const compile = (policy: object) => compilePolicy(parsePolicy({ version: 1, ...policy }, 'p').policy!)

describe('explaining a decision', () => {
  const { policy } = parsePolicy(
    `version: 1
allow:
  - api.example.com
  - '*.cdn.example.com:443'
  - { host: code.example.com, methods: read }
deny:
  - { host: admin.cdn.example.com, why: not for agents }
`,
    'policy.yaml',
  )
  const compiled = compilePolicy(policy!)
  const explain = (target: string, more: object = {}) => {
    const probe = readTarget(target)
    if ('problem' in probe) throw new Error(probe.problem)
    return explainDecision(compiled, { ...probe, ...more }).join('\n')
  }

  it('names the rule that decided, where it stands, and what was taken for granted', () => {
    expect(explain('api.example.com:443')).toMatch(
      /^api\.example\.com:443 is allowed\n {2}rule {4}allow api\.example\.com \(policy\.yaml:3\)/,
    )
    expect(explain('api.example.com:443')).toContain('it leads to a public address')
    expect(explain('admin.cdn.example.com')).toMatch(
      /is denied when its name is looked up[\s\S]*policy\.yaml:7[\s\S]*not for agents/,
    )
  })

  it('names the rule that nearly did, and what to add', () => {
    expect(explain('api.example.com:8443')).toMatch(
      /rule {4}allow api\.example\.com[\s\S]*on 80 and 443, not on 8443[\s\S]*- api\.example\.com:8443/,
    )
    expect(explain('apj.example.com:443')).toMatch(/also {4}allow api\.example\.com \(policy\.yaml:3\)/)
    expect(explain('cdn.example.com')).toContain('allow *.cdn.example.com:443 (policy.yaml:4) on 443')
    expect(explain('https://code.example.com/x', { method: 'POST' })).toContain(
      'only GET, HEAD and OPTIONS may be used, not POST',
    )
    expect(explain('ssh://git.example.com')).toContain('- git.example.com:22')
  })

  it('advises against what should stay closed', () => {
    expect(explain('169.254.169.254:80')).toContain('leave it closed')
    expect(explain('api.example.com:443', { resolved: '10.0.0.1' })).toContain('network.private')
    expect(explain('bad%00.example.com')).toContain('no honest host name')
  })
})

describe('suggesting rules', () => {
  it('counts what was refused, most frequent first, and leaves closed what should be', () => {
    const denials = [
      { host: 'b.example', port: 443, code: 'not-listed' },
      { host: 'a.example', port: 22, protocol: 'ssh', code: 'not-listed' },
      { host: 'B.example.', port: 443, code: 'not-listed' },
      { host: 'c.example', port: 443, protocol: 'ssh', code: 'protocol' },
      { host: '2001:db8::7', port: 443, code: 'raw-address' },
      { host: '169.254.169.254', port: 80, code: 'metadata-address' },
      { host: 'x\u001b[2J', port: 80, code: 'bad-name' },
    ] as const
    expect(suggestAllow(denials)).toEqual([
      '- b.example:443  # 2 times',
      '- a.example:22',
      '- { host: c.example, ports: [443], protocols: [ssh] }',
      "- '[2001:db8::7]:443'",
      '# 169.254.169.254:80 hands out cloud credentials; leave it closed',
      '# x\\x1b[2J:80 is no honest host name',
    ])
    expect(suggestAllow(denials.slice(0, 1), "it's.yaml")).toEqual([
      `vigiles policy allow 'it'\\''s.yaml' b.example:443`,
    ])
  })

  it('suggests what opens exactly what was refused', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
    const probe = fc.record({
      host: fc.oneof(
        fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.example`),
        fc.ipV4(),
        fc.ipV6(),
      ),
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom('https', 'http', 'ssh', 'other', 'redis', 'socks', 'stratum'),
    })
    const nothing = compile({})
    fc.assert(
      fc.property(probe, (one) => {
        const { decision } = walk(nothing, one)
        expect(decision.verdict).toBe('deny')
        const [suggestion] = suggestRules([{ ...one, code: decision.code, rule: decision.rule }])
        if (suggestion?.item === undefined) return
        const { policy, problems } = parsePolicy(`version: 1\nallow:\n  - ${suggestion.item}\n`, 'p')
        expect(problems).toEqual([])
        const opened = compilePolicy(policy!)
        expect(walk(opened, one).decision.verdict, suggestion.item).not.toBe('deny')
        expect(walk(opened, { ...one, port: (one.port % 65_535) + 1 }).decision.verdict).toBe('deny')
      }),
      { numRuns: 500 },
    )
  })
})

describe('responses', () => {
  const { policy } = parsePolicy(
    {
      version: 1,
      findings: { 'tunnel.reverse-ssh': 'kill', mining: 'quarantine', discovery: 'block', critical: 'alert' },
    },
    'p',
  )
  const to = (detection: string, kind: string, severity: 'critical' | 'high' | 'low', tactic?: string) =>
    responseTo(policy!, { detection, kind, severity, ...(tactic !== undefined && { tactic }) })

  it('takes the most specific word', () => {
    expect(to('tunnel.reverse-ssh', 'tunnel', 'critical')).toBe('kill')
    expect(to('mining.stratum', 'mining', 'critical', 'impact')).toBe('quarantine')
    expect(to('discovery.scan', 'probing', 'critical', 'discovery')).toBe('block')
    expect(to('other.thing', 'other', 'critical')).toBe('alert')
    expect(to('other.thing', 'other', 'high')).toBe('block')
    expect(to('other.thing', 'other', 'low')).toBe('record')
  })

  it('lets only enforcement block, save for what cannot be dialled', () => {
    const denied = { verdict: 'deny', code: 'not-listed', rule: '', reason: '' } as const
    expect(enforcementOf(denied, 'enforce')).toEqual({
      relay: false,
      disposition: 'blocked',
      wouldBlock: false,
    })
    expect(enforcementOf(denied, 'shadow')).toEqual({ relay: true, disposition: 'allowed', wouldBlock: true })
    expect(enforcementOf({ ...denied, code: 'bad-name' }, 'record').relay).toBe(false)
  })
})

describe('presets', () => {
  it.each(presets.map((preset) => [preset.name, preset] as const))(
    '%s: each host has a reason, each list a source, no wildcard opens the world',
    (_, preset) => {
      expect(preset.sources.length).toBeGreaterThan(0)
      for (const source of preset.sources) expect(source).toMatch(/^https:\/\//)
      for (const { host, why, ports } of preset.hosts) {
        expect(why).not.toBe('')
        expect(ports).toBeDefined()
        if (host.startsWith('*.')) expect(publicSuffix(host.slice(2))).toBeUndefined()
        const probe = {
          host: host.replace('*', 'x'),
          port: ports![0]!,
          ...(ports![0] === 22 && { protocol: 'ssh' }),
        }
        const { decision } = walk(compile({ presets: [preset.name] }), {
          ...probe,
          path: '/oauth2/proxy-golang-org-prod/x',
        })
        if (preset.hosts.every((one) => one.paths === undefined)) expect(decision.verdict).not.toBe('deny')
      }
    },
  )
})
