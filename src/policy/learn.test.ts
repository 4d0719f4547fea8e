import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { decide } from './decide.ts'
import { learn } from './learn.ts'
import { parsePolicy } from './parse.ts'
import { problemText } from './problems.ts'

const records: unknown[] = readFileSync(
  new URL('../../fixtures/policy/recording.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const compile = (text: string) => {
  const { policy, problems } = parsePolicy(text, 'learned.yaml')
  expect(problems.map(problemText)).toEqual([])
  return compilePolicy(policy!)
}

describe('learning from a recording', () => {
  const text = learn(records)
  const compiled = compile(text)
  const rules = compiled.policy.rules.map((rule) => rule.text)

  it('lists what was reached by name and nothing else', () => {
    expect(rules.sort()).toEqual([
      '*.cdn.example.com:443',
      'code.example.com',
      'db.example.com:5432',
      'git.example.net:22',
      'registry.example.com:443',
    ])
    expect(text).toMatchInlineSnapshot(`
      "# Proposed from 57 connections of 9 tool calls. Read it before use.
      version: 1
      allow:
        # 5 names (a1.cdn.example.com, a2.cdn.example.com, a3.cdn.example.com, a4.cdn.example.com, a5.cdn.example.com), 5 connections by calls toolu_6, toolu_7
        - '*.cdn.example.com:443'
        # 1 connection, by call toolu_3
        - db.example.com:5432
        # 1 connection, by call toolu_3
        - git.example.net:22
        # 2 connections, by calls toolu_1, toolu_2, from npm, node
        - registry.example.com:443
        # 1 connection, by call toolu_8
        - { host: code.example.com, ports: [443], methods: [GET, POST], paths: ["/acme/app/git-upload-pack", "/acme/app/info/refs"] }

      # Not allowed. Look at these before anything else:
      #   198.51.100.66:443: it spoke ssh on another port than 22; it was dialled by its address, without a name (1 connection, by call toolu_4)
      #   rebind.example.com:443: it is, or leads to, a private address (1 connection, by call toolu_4)
      #   front.example.com:443: its names differ: front.example.com, hidden.example.net (1 connection, by call toolu_4)
      #   pool.example.org:443: it spoke stratum; finding mining.stratum (1 connection, by call toolu_5)
      #   tunnel.example.com:443: it carried ssh inside tls (1 connection, by call toolu_9)

      # Refused then, and not allowed here. Move what is needed up to \`allow\`:
      #  - telemetry.example.org:443  # 41 connections, by call toolu_1, 41 refused
      #  - inner.example.com:443  # 1 connection, by call toolu_9, 1 refused

      # Looked up and never connected to: c2vjcmv0.exfil.example.org (1)
      "
    `)
  })

  it('makes a wildcard only of as many siblings as are asked for', () => {
    expect(
      compile(learn(records, { siblingsMin: 6 })).policy.rules.filter((rule) => rule.host.kind === 'under'),
    ).toEqual([])
  })

  it.each([
    '198.51.100.66',
    'rebind.example.com',
    'front.example.com',
    'hidden.example.net',
    'pool.example.org',
    'telemetry.example.org',
    'tunnel.example.com',
    'inner.example.com',
  ])('keeps %s closed', (host) => {
    const ask = /^\d/.test(host) ? { ip: host } : { dnsName: host }
    expect(decide(compiled, { stage: 'connect', port: 443, ...ask }).verdict).toBe('deny')
  })

  it('leaves tunnels and mining to a person, without any finding', () => {
    const line = (hostname: string, port: number, protocol: string) => ({
      class: 'network_activity',
      activity: 'open',
      disposition: 'allowed',
      dstEndpoint: { ip: '203.0.113.9', port, hostname },
      observed: { dnsName: hostname, protocol },
    })
    const ports = [8001, 8002, 8003, 8004, 8005, 8006, 8007]
    const odd = [
      line('pool.example', 443, 'stratum'),
      line('far.example', 443, 'ssh'),
      ...ports.map((port) => line('relay.example', port, 'socks')),
    ]
    const proposed = learn([...odd, line('git.example', 22, 'ssh')])
    expect(compile(proposed).policy.rules.map((rule) => rule.text)).toEqual(['git.example:22'])
    expect(proposed).toMatch(
      /far\.example:443: it spoke ssh[\s\S]*relay\.example:8001,8002,8003,8004,8005,8006 and 1 more ports: it spoke socks/,
    )
  })

  it('holds requests to what was seen, where requests were seen', () => {
    const at = (method: string, path: string) =>
      decide(compiled, {
        stage: 'request',
        dnsName: 'code.example.com',
        port: 443,
        layers: ['tls', 'http'],
        method,
        path,
      }).verdict
    expect(at('GET', '/acme/app/info/refs?service=git-upload-pack')).toBe('allow')
    expect(at('POST', '/acme/app/git-receive-pack')).toBe('deny')
    expect(at('PUT', '/acme/app/info/refs')).toBe('deny')
  })

  it('opens what it saw, whatever that was called', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
    const name = fc
      .array(label, { minLength: 2, maxLength: 4 })
      .map((labels) => `${labels.join('.')}.example`)
    const protocols: readonly (readonly [string, number, string[]])[] = [
      ['tls', 443, ['tls']],
      ['tls', 8443, ['tls']],
      ['http', 80, ['http']],
      ['ssh', 22, ['ssh']],
      ['redis', 6379, ['redis']],
      ['', 5432, []],
    ]
    const connection = fc.tuple(name, fc.constantFrom(...protocols))
    fc.assert(
      fc.property(
        fc.array(connection, { maxLength: 30 }),
        fc.integer({ min: 2, max: 8 }),
        (connections, siblingsMin) => {
          const lines = connections.map(([hostname, [protocol, port]]) => ({
            class: 'network_activity',
            activity: 'open',
            disposition: 'allowed',
            dstEndpoint: { ip: '203.0.113.9', port, hostname },
            observed: { dnsName: hostname, ...(protocol && { protocol }) },
          }))
          const learned = compile(learn(lines, { siblingsMin }))
          for (const [dnsName, [protocol, port, layers]] of connections) {
            // One that spoke two protocols on one port is left to the person.
            const spoken = new Set(
              connections.filter(([other, [, p]]) => other === dnsName && p === port).map(([, [p]]) => p),
            )
            if (spoken.size > 1) continue
            const names = layers[0] === 'tls' ? { dnsName, sni: dnsName } : { dnsName }
            const decision = decide(learned, { stage: 'bytes', port, layers, ...names })
            expect(decision.verdict, `${dnsName}:${port} ${protocol}: ${decision.reason}`).not.toBe('deny')
          }
        },
      ),
    )
  })

  it('makes a sound policy of anything at all', () => {
    const text_ = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a.example\n  - evil.example', "a'b", '*', '__proto__', '\u202e.example'),
    )
    const value = fc.oneof(text_, fc.integer(), fc.constant(null), fc.constant({}))
    const record = fc.record({
      class: fc.constantFrom('network_activity', 'http_activity', 'dns_activity', 'detection_finding'),
      disposition: fc.constantFrom('allowed', 'blocked'),
      connection: value,
      transport: fc.constantFrom('tcp', 'udp', 'icmp', undefined),
      query: fc.record({ hostname: value }),
      dstEndpoint: fc.record({
        ip: fc.oneof(value, fc.ipV4()),
        port: value,
        hostname: fc.oneof(value, fc.domain()),
      }),
      observed: fc.record({ dnsName: value, sni: value, httpHost: value, protocol: value }),
      http: fc.record({ method: value, path: fc.oneof(value, fc.webPath()) }),
      actor: fc.record({ toolCall: value, process: fc.record({ name: value }) }),
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.anything()), { maxLength: 20 }), (lines) => {
        compile(learn(lines))
      }),
      { numRuns: 300 },
    )
  })
})
