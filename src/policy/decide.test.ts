import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { policyOf as compile, tlsAsk as tls } from '../../test/policy-of.ts'
import type { Ask } from '../schema/ask.ts'
import { caseTable, parseCases, runCase } from './cases.ts'
import { compilePolicy } from './compile.ts'
import { decide } from './decide.ts'
import { parsePolicy } from './parse.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/policy/${name}`, import.meta.url), 'utf8')

describe('the example policy', () => {
  const compiled = compilePolicy(parsePolicy(fixture('example.yaml'), 'example.yaml').policy!)
  const { cases, problems } = parseCases(fixture('example-cases.yaml'), 'cases.yaml')

  it('has readable cases', () => expect(problems).toEqual([]))

  it.each(
    cases.map(
      (one) =>
        [`${one.expect}s ${one.to} ${JSON.stringify({ ...one.probe, host: undefined })}`, one] as const,
    ),
  )('%s', (_, one) => {
    const result = runCase(compiled, one)
    expect(result.got, caseTable([result]).join('\n')).toBe(one.expect)
  })
})

describe('addresses in every form', () => {
  const open = compile({
    allow: [{ host: 'any', ports: ['any'], protocols: ['any'] }],
    deny: ['203.0.113.7'],
  })
  const listed = compile({ allow: ['203.0.113.7:8443', '10.1.2.3:8443', '2001:db8::7'] })

  it.each([
    ['203.0.113.7', 'deny-rule'],
    ['::ffff:203.0.113.7', 'deny-rule'],
    ['::ffff:cb00:7107', 'deny-rule'],
    ['3405803783', 'deny-rule'],
    ['0xcb007107', 'deny-rule'],
    ['0313.0.0161.7', 'deny-rule'],
    ['203.0.28935', 'deny-rule'],
    ['2002:cb00:7107::1', 'deny-rule'],
    ['64:ff9b::203.0.113.7', 'deny-rule'],
    ['64:ff9b:1::cb00:7107', 'deny-rule'],
    ['2001:0:102:304::34ff:8ef8', 'deny-rule'],
    ['127.0.0.1', 'own-address'],
    ['2130706433', 'own-address'],
    ['0x7f.1', 'own-address'],
    ['0177.0.0.1', 'own-address'],
    ['127.1', 'own-address'],
    ['0.0.0.0', 'own-address'],
    ['::', 'own-address'],
    ['::1', 'own-address'],
    ['fe80::1%eth0', 'private-address'],
    ['fd12::1', 'private-address'],
    ['100.64.0.1', 'private-address'],
    ['192.168.1.1', 'private-address'],
    ['172.31.255.255', 'private-address'],
    ['64:ff9b::10.0.0.1', 'private-address'],
    ['2002:0a00:0001::', 'private-address'],
    ['169.254.169.254', 'metadata-address'],
    ['0xA9FEA9FE', 'metadata-address'],
    ['2852039166', 'metadata-address'],
    ['::ffff:169.254.169.254', 'metadata-address'],
    ['64:ff9b::169.254.169.254', 'metadata-address'],
    ['fd00:ec2::254', 'metadata-address'],
    ['100.100.100.200', 'metadata-address'],
    ['168.63.129.16', 'metadata-address'],
    ['224.0.0.251', 'group-address'],
    ['255.255.255.255', 'group-address'],
    ['ff02::fb', 'group-address'],
    ['198.51.100.7', 'allowed'],
    ['2001:db8::7', 'allowed'],
  ])('%s: %s', (ip, code) => {
    expect(decide(open, { stage: 'connect', ip, port: 443 }).code).toBe(code)
    // Where a name leads is judged alike.
    expect(decide(open, { stage: 'resolved', dnsName: 'a.example', port: 443, resolved: ip }).code).toBe(code)
  })

  it.each(['203.0.113.7', '0xcb007107', '::ffff:203.0.113.7', '10.1.2.3', '167838211'])(
    '%s is open where it is listed',
    (ip) => {
      expect(decide(listed, { stage: 'connect', ip, port: 8443 })).toMatchObject({
        verdict: 'ask-more',
        until: 'bytes',
      })
      expect(decide(listed, { stage: 'connect', ip, port: 443 }).code).toBe('port')
    },
  )

  it('does not open an IPv4 address through an IPv6 form that carries it', () => {
    expect(decide(listed, { stage: 'connect', ip: '64:ff9b::cb00:7107', port: 8443 }).verdict).toBe('deny')
  })

  it('closes special addresses that a wide range merely covers', () => {
    const wide = compile({
      allow: [{ host: '0.0.0.0/0', ports: ['any'] }, { host: '10.0.0.0/8', ports: [80] }, '169.254.0.0/16'],
    })
    const code = (ip: string) => decide(wide, { stage: 'connect', ip, port: 80 }).code
    expect(code('198.51.100.1')).toBe('allowed')
    expect(code('10.9.9.9')).toBe('allowed')
    expect(code('192.168.0.1')).toBe('private-address')
    expect(code('169.254.1.1')).toBe('allowed')
    expect(code('169.254.169.254')).toBe('metadata-address')
  })

  it('opens no loopback address through a name that may be private', () => {
    const corp = compile({ allow: ['corp.example'], network: { private: ['corp.example', '127.0.0.0/8'] } })
    const code = (resolved: string) =>
      decide(corp, { stage: 'resolved', dnsName: 'corp.example', port: 443, resolved }).code
    expect(code('192.168.1.1')).toBe('allowed')
    expect(code('127.0.0.1')).toBe('own-address')
    expect(code('::1')).toBe('own-address')
    expect(code('169.254.169.254')).toBe('metadata-address')
  })

  it("closes the machine's own addresses, unless they are listed one by one", () => {
    const own = (policy: object) => compile(policy, ['198.51.100.20', '2001:db8:0::20'])
    const at = (policy: object, ip: string) => decide(own(policy), { stage: 'connect', ip, port: 443 }).code
    expect(at({ allow: [{ host: 'any' }] }, '198.51.100.20')).toBe('own-address')
    expect(at({ allow: [{ host: 'any' }] }, '2001:db8::20')).toBe('own-address')
    expect(at({ allow: ['198.51.100.0/24'] }, '198.51.100.20')).toBe('own-address')
    expect(at({ allow: ['198.51.100.20'] }, '198.51.100.20')).toBe('allowed')
  })
})

describe('names', () => {
  const compiled = compile({ allow: ['allowed.example', '*.wild.example', 'xn--bcher-kva.example'] })

  it.each([
    ['allowed.example', 'allow'],
    ['allowed.example.', 'allow'],
    ['ALLOWED.Example', 'allow'],
    ['bücher.example', 'allow'],
    ['Bu\u0308cher.example', 'allow'],
    ['a.b.wild.example', 'allow'],
    ['wild.example', 'not-listed'],
    ['notallowed.example', 'not-listed'],
    ['evilwild.example', 'not-listed'],
    ['xwild.example', 'not-listed'],
    ['аllowed.example', 'not-listed'],
    ['allowed.example.evil.test', 'not-listed'],
    ['bad\0.wild.example', 'bad-name'],
    ['bad\r\n.wild.example', 'bad-name'],
    ['bad%00.wild.example', 'bad-name'],
    ['bad%2ewild.example', 'bad-name'],
    ['user@a.wild.example', 'bad-name'],
    ['bad:443.wild.example', 'bad-name'],
    ['bad/.wild.example', 'bad-name'],
    ['bad?.wild.example', 'bad-name'],
    ['bad#.wild.example', 'bad-name'],
    ['bad\\.wild.example', 'bad-name'],
    ['bad .wild.example', 'bad-name'],
    ['a\u00adllowed.example', 'bad-name'],
    ['allowed\u200b.example', 'bad-name'],
    ['allowed。example', 'allow'],
    ['.wild.example', 'bad-name'],
    ['a..wild.example', 'bad-name'],
    [`${'a'.repeat(64)}.wild.example`, 'bad-name'],
    [`${'a.'.repeat(125)}wild.example`, 'bad-name'],
    ['', 'bad-name'],
    ['.', 'bad-name'],
    ['999.999.999.999', 'bad-name'],
    ['1.2.3.4.5', 'bad-name'],
  ])('%j: %s', (dnsName, expected) => {
    const decision = decide(compiled, { stage: 'name', dnsName })
    expect(decision.verdict === 'deny' ? decision.code : decision.verdict).toBe(expected)
    // What a program wrote reaches logs and terminals spelled out.
    expect(decision.reason).toMatch(/^[^\0-\x1f\x7f\u200b\u00ad]*$/)
  })

  it('answers only for types that carry no data', () => {
    const code = (dnsType: string, policy = compiled) =>
      decide(policy, { stage: 'name', dnsName: 'allowed.example', dnsType }).code
    for (const type of ['A', 'aaaa', 'HTTPS', 'SVCB']) expect(code(type)).toBe('allowed')
    for (const type of ['TXT', 'NULL', 'ANY', 'MX', 'CNAME', 'TYPE65280']) expect(code(type)).toBe('dns-type')
    const srv = compile({ allow: [{ host: 'allowed.example', dnsTypes: ['srv'] }] })
    expect(code('SRV', srv)).toBe('allowed')
    expect(code('TXT', srv)).toBe('dns-type')
  })
})

describe('names that differ', () => {
  const compiled = compile({
    allow: [
      'allowed.example',
      'other.example',
      '203.0.113.7',
      { host: 'old.example', sni: 'optional' },
      { host: 'ech.example', ech: 'allow' },
    ],
    deny: ['denied.example'],
  })
  const code = (ask: Ask) => decide(compiled, ask).code

  it('judges by the worst of them and tells all', () => {
    const decision = decide(
      compiled,
      tls({ dnsName: 'allowed.example', connectName: 'allowed.example', sni: 'evil.example' }),
    )
    expect(decision).toMatchObject({
      verdict: 'deny',
      code: 'name-mismatch',
      names: ['allowed.example', 'evil.example'],
    })
    expect(code(tls({ dnsName: 'allowed.example', sni: 'denied.example' }))).toBe('deny-rule')
    expect(
      code({
        stage: 'request',
        port: 80,
        layers: ['http'],
        method: 'GET',
        path: '/',
        dnsName: 'allowed.example',
        httpHost: 'evil.example',
      }),
    ).toBe('name-mismatch')
    expect(
      code({
        stage: 'request',
        port: 80,
        layers: ['http'],
        method: 'GET',
        path: '/',
        dnsName: 'allowed.example',
        httpHost: 'allowed.example',
        authority: 'evil.example:80',
      }),
    ).toBe('name-mismatch')
    expect(code(tls({ dnsName: 'allowed.example', sni: 'allowed.example\0.evil' }))).toBe('bad-name')
  })

  it('reads the host of an absolute target', () => {
    const to = (path: string) =>
      code({
        stage: 'request',
        port: 80,
        layers: ['http'],
        method: 'GET',
        dnsName: 'allowed.example',
        httpHost: 'allowed.example',
        path,
      })
    expect(to('http://allowed.example/x')).toBe('allowed')
    expect(to('http://evil.example/x')).toBe('name-mismatch')
    expect(to('HTTP://203.0.113.9:80/x')).toBe('name-mismatch')
    expect(to('http://allowed.example@evil.example/x')).toBe('bad-name')
  })

  it('allows two names that are both allowed, and says so', () => {
    expect(decide(compiled, tls({ dnsName: 'allowed.example', sni: 'other.example' }))).toMatchObject({
      verdict: 'allow',
      names: ['allowed.example', 'other.example'],
    })
  })

  it('takes no name on trust for a bare address', () => {
    expect(code(tls({ ip: '198.51.100.7', sni: 'allowed.example' }))).toBe('name-mismatch')
    expect(code(tls({ ip: '203.0.113.7', sni: 'evil.example' }))).toBe('name-mismatch')
    expect(code(tls({ ip: '203.0.113.7' }))).toBe('allowed')
    expect(
      code({
        stage: 'request',
        ip: '203.0.113.7',
        port: 80,
        layers: ['http'],
        httpHost: '203.0.113.7:80',
        method: 'GET',
        path: '/',
      }),
    ).toBe('allowed')
  })

  it('wants to see the name', () => {
    expect(code(tls({ dnsName: 'allowed.example' }))).toBe('no-sni')
    expect(code(tls({ dnsName: 'old.example' }))).toBe('allowed')
    expect(code(tls({ dnsName: 'allowed.example', sni: 'allowed.example', ech: true }))).toBe('ech')
    expect(code(tls({ dnsName: 'ech.example', sni: 'ech.example', ech: true }))).toBe('allowed')
  })
})
