// What is decided once bytes were seen: protocols, requests, tools and phases. Names and addresses: decide.test.ts.

import { describe, expect, it } from 'vitest'
import { policyOf as compile, tlsAsk as tls } from '../../test/policy-of.ts'
import type { Ask } from '../schema/ask.ts'
import { datagramPorts } from './datagram-ports.ts'
import { decide } from './decide.ts'

describe('what the bytes are', () => {
  const compiled = compile({
    allow: [
      'web.example',
      { host: 'db.example', ports: [5432, 8080] },
      { host: 'git.example', protocols: ['ssh'] },
      { host: 'free.example', ports: [443], protocols: ['any'] },
      { host: 'both.example', ports: [443], protocols: ['https', 'ssh'] },
    ],
    deny: [{ host: 'any', protocols: ['stratum'] }],
  })
  const code = (dnsName: string, port: number, layers: string[]) => {
    const name = layers[0] === 'tls' ? { sni: dnsName } : {}
    return decide(compiled, { stage: 'bytes', dnsName, port, layers, ...name }).code
  }

  it.each([
    ['web.example', 443, ['tls'], 'allowed'],
    ['web.example', 443, ['tls', 'http'], 'allowed'],
    ['web.example', 443, ['tls', 'http', 'websocket'], 'allowed'],
    ['web.example', 443, ['tls', 'http', 'websocket', 'ssh'], 'protocol'],
    ['web.example', 443, ['ssh'], 'protocol'],
    ['web.example', 443, ['http'], 'protocol'],
    ['web.example', 443, ['socks'], 'protocol'],
    ['web.example', 443, [], 'protocol'],
    ['web.example', 443, ['stratum'], 'deny-rule'],
    ['web.example', 80, ['http'], 'allowed'],
    ['web.example', 80, ['http', 'ssh'], 'protocol'],
    ['web.example', 80, ['tls'], 'protocol'],
    ['db.example', 5432, [], 'allowed'],
    ['db.example', 5432, ['tls'], 'allowed'],
    ['db.example', 5432, ['ssh'], 'protocol'],
    ['db.example', 5432, ['socks', 'tls'], 'protocol'],
    ['db.example', 8080, ['http'], 'allowed'],
    ['git.example', 22, ['ssh'], 'allowed'],
    ['git.example', 22, ['tls'], 'protocol'],
    ['git.example', 22, [], 'protocol'],
    ['free.example', 443, ['ssh'], 'allowed'],
    ['free.example', 443, ['tls', 'stratum'], 'deny-rule'],
    ['both.example', 443, ['ssh'], 'allowed'],
    ['both.example', 443, ['tls', 'ssh'], 'protocol'],
  ])('%s:%i %j: %s', (name, port, layers, expected) => {
    expect(code(name, port, layers)).toBe(expected)
  })

  it('asks on while nothing was seen, and lets a request have the last word', () => {
    expect(decide(compiled, { stage: 'bytes', dnsName: 'web.example', port: 443 })).toMatchObject({
      verdict: 'ask-more',
      until: 'bytes',
    })
    expect(
      decide(compiled, { stage: 'bytes', dnsName: 'web.example', port: 80, layers: ['http'] }),
    ).toMatchObject({ verdict: 'ask-more', until: 'request' })
  })

  it('lets no request open a tunnel to elsewhere', () => {
    const ask: Ask = {
      stage: 'request',
      dnsName: 'web.example',
      port: 80,
      layers: ['http'],
      method: 'CONNECT',
      path: 'evil.example:22',
    }
    expect(decide(compiled, ask).code).toBe('method')
  })

  it('denies what UDP and ICMP are not opened for', () => {
    for (const transport of ['udp', 'icmp', 'other'] as const) {
      expect(decide(compiled, { stage: 'connect', dnsName: 'web.example', port: 443, transport }).code).toBe(
        'transport',
      )
    }
  })
})

describe('datagrams', () => {
  const compiled = compile({
    allow: [
      { host: 'stun.example', ports: [3478], transports: ['udp'] },
      { host: 'web.example', protocols: ['quic', 'https'] },
      { host: 'vpn.example', protocols: ['wireguard'] },
      { host: '*.cast.example', ports: [8443], transports: ['tcp', 'udp'] },
    ],
    deny: [{ host: 'relay.cast.example', protocols: ['stun'] }],
  })
  const code = (dnsName: string, port: number, layers?: readonly string[]) =>
    decide(compiled, { stage: 'connect', transport: 'udp', dnsName, port, ...(layers && { layers }) }).code

  it.each([
    ['stun.example', 3478, ['stun'], 'allowed'],
    ['stun.example', 3478, [], 'allowed'],
    ['stun.example', 3478, undefined, 'allowed'],
    ['stun.example', 3479, ['stun'], 'port'],
    // What carries other connections has to be named.
    ['stun.example', 3478, ['wireguard'], 'protocol'],
    ['vpn.example', 51820, ['wireguard'], 'allowed'],
    ['vpn.example', 51820, [], 'protocol'],
    // A word that lives on UDP says UDP, and where.
    ['web.example', 443, ['quic'], 'allowed'],
    ['web.example', 443, ['dtls'], 'protocol'],
    ['other.cast.example', 443, ['quic'], 'port'],
    ['other.cast.example', 8443, ['quic'], 'allowed'],
    ['relay.cast.example', 8443, ['stun'], 'deny-rule'],
    ['relay.cast.example', 8443, ['quic'], 'allowed'],
  ])('%s:%i %j is %s', (host, port, layers, expected) => {
    expect(code(host, port, layers)).toBe(expected)
  })

  it('opens TCP for the words that live on TCP, and only for these', () => {
    const bytes = { stage: 'bytes', dnsName: 'web.example', port: 443, sni: 'web.example' } as const
    expect(decide(compiled, { ...bytes, layers: ['tls'] }).code).toBe('allowed')
    expect(decide(compiled, { ...bytes, dnsName: 'vpn.example', port: 51820, layers: [] }).code).toBe(
      'transport',
    )
  })

  it('names the ports that datagrams may go to, once each', () => {
    expect(datagramPorts(compiled.policy)).toEqual([
      { from: 443, to: 443 },
      { from: 3478, to: 3478 },
      { from: 8443, to: 8443 },
      { from: 51820, to: 51820 },
    ])
  })
})

describe('requests', () => {
  const compiled = compile({
    allow: [
      { host: 'code.example', methods: ['read', 'POST'], paths: ['/acme/**', '/v1/*/list'] },
      { host: 'pkg.example', methods: ['read'] },
      'open.example',
    ],
    deny: [{ host: 'open.example', paths: ['/secret/**'] }],
    intercept: ['seen.example'],
  })
  const code = (dnsName: string, method: string, path: string) =>
    decide(compiled, {
      stage: 'request',
      dnsName,
      sni: dnsName,
      httpHost: dnsName,
      port: 443,
      layers: ['tls', 'http'],
      method,
      path,
    }).code

  it.each([
    ['code.example', 'GET', '/acme/app', 'allowed'],
    ['code.example', 'GET', '/acme/app?next=/../x', 'allowed'],
    ['code.example', 'PUT', '/acme/app', 'method'],
    ['code.example', 'get', '/acme/app', 'method'],
    ['code.example', 'GET', '/other/app', 'path'],
    ['code.example', 'GET', '/acmeevil/app', 'path'],
    ['code.example', 'GET', '/v1/users/list', 'allowed'],
    ['code.example', 'GET', '/v1/a/b/list', 'path'],
    ['code.example', 'GET', '/v1/a%2fb/list', 'path'],
    ['code.example', 'GET', '/acme/a%2fb', 'allowed'],
    ['code.example', 'GET', '/acme/../other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/%2e%2e/other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/..%2fother', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/..;/other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/%252e%252e/other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme//other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme\\other', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/%00', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/%zz', 'ambiguous-path'],
    ['code.example', 'GET', '/acme/\u00e9', 'ambiguous-path'],
    ['code.example', 'GET', `/acme/${'a'.repeat(9000)}`, 'ambiguous-path'],
    ['code.example', 'GET', 'acme/x', 'ambiguous-path'],
    ['code.example', 'GET', 'https://code.example/acme/x', 'allowed'],
    ['code.example', 'GET', 'https://code.example/other', 'path'],
    ['code.example', 'GET', 'https://code.example', 'path'],
    ['pkg.example', 'GET', '/../whatever', 'allowed'],
    ['pkg.example', 'POST', '/upload', 'method'],
    ['open.example', 'POST', '/public', 'allowed'],
    ['open.example', 'GET', '/secret/key', 'deny-rule'],
    ['open.example', 'GET', '/%73ecret/key', 'deny-rule'],
    ['open.example', 'GET', '/public/..%2f..%2fsecret/key', 'deny-rule'],
    ['open.example', 'GET', '/secret%2fkey', 'deny-rule'],
  ])('%s %s %s: %s', (name, method, path, expected) => expect(code(name, method, path)).toBe(expected))

  it('asks to open TLS only where a rule needs it', () => {
    const bytes = (dnsName: string) => decide(compiled, tls({ dnsName, sni: dnsName }))
    expect(bytes('code.example')).toMatchObject({ verdict: 'ask-more', until: 'request', intercept: true })
    expect(bytes('open.example')).toMatchObject({ verdict: 'ask-more', until: 'request', intercept: true })
    expect(bytes('seen.example').verdict).toBe('deny')
    const both = compile({ allow: ['pkg.example', { host: 'pkg.example', methods: ['read'] }] })
    expect(decide(both, tls({ dnsName: 'pkg.example', sni: 'pkg.example' })).verdict).toBe('allow')
  })

  it('takes long patterns and paths in linear time', () => {
    const nested = compile({ allow: [{ host: 'a.example', paths: [`/${'**/a/'.repeat(40)}b`] }] })
    const ask: Ask = {
      stage: 'request',
      dnsName: 'a.example',
      port: 80,
      layers: ['http'],
      method: 'GET',
      path: `/${'a/'.repeat(4000)}c`,
    }
    expect(decide(nested, ask).code).toBe('path')
  })
})

describe('tools and phases', () => {
  const policy = {
    allow: [{ host: 'web.example', tools: ['WebFetch'] }],
    deny: [{ host: 'up.example', tools: ['Bash'] }],
    phases: { setup: { allow: ['up.example'] }, agent: { allow: ['up.example'] } },
  }
  const ask = (more: Partial<Ask>): Ask => ({ stage: 'connect', port: 443, dnsName: 'web.example', ...more })

  it('opens nothing on the word of a label, and closes on the lack of one', () => {
    const compiled = compile(policy)
    const code = (more: Partial<Ask>) => decide(compiled, ask(more)).code
    expect(code({ tool: 'WebFetch', toolTier: 'identity' })).toBe('allowed')
    expect(code({ tool: 'WebFetch', toolTier: 'label' })).toBe('tool')
    expect(code({ tool: 'WebFetch' })).toBe('tool')
    expect(code({})).toBe('tool')
    expect(code({ dnsName: 'up.example', tool: 'Bash', toolTier: 'identity' })).toBe('deny-rule')
    expect(code({ dnsName: 'up.example', tool: 'Edit', toolTier: 'identity' })).toBe('allowed')
    expect(code({ dnsName: 'up.example', tool: 'Edit', toolTier: 'label' })).toBe('deny-rule')
    expect(
      decide(compile({ ...policy, toolLabels: 'trusted' }), ask({ tool: 'WebFetch', toolTier: 'label' }))
        .code,
    ).toBe('allowed')
  })

  it('is in phase agent unless it is said otherwise', () => {
    const compiled = compile({ phases: { setup: { allow: ['web.example'] } } })
    expect(decide(compiled, ask({})).code).toBe('phase')
    expect(decide(compiled, ask({ phase: 'setup' })).code).toBe('allowed')
  })
})

it('fails closed when the question is broken', () => {
  const compiled = compile({ allow: [{ host: 'any', ports: ['any'], protocols: ['any'] }] })
  expect(decide(compiled, { stage: 'connect', port: 443 })).toMatchObject({ verdict: 'deny', code: 'fault' })
  expect(decide(compiled, { stage: 'connect', dnsName: 'a.example' }).verdict).toBe('deny')
  expect(decide(compiled, { stage: 'request', dnsName: 'a.example', port: 80 }).verdict).toBe('deny')
  expect(
    decide(compiled, { stage: 'resolved', dnsName: 'a.example', port: 80, resolved: 'nowhere' }).code,
  ).toBe('fault')
  const trap = new Proxy({ stage: 'connect' } satisfies Ask, {
    get: () => {
      throw new Error('no')
    },
  })
  expect(decide(compiled, trap).code).toBe('fault')
})
