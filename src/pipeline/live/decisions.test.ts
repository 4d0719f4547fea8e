import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../../policy/parse.ts'
import type { Ask } from '../../schema/ask.ts'
import { startDecisions } from './decisions.ts'

function scene(allow: object[]) {
  const { policy, problems } = parsePolicy(JSON.stringify({ version: 1, allow }), 'policy.json')
  if (!policy) throw new Error(JSON.stringify(problems))
  const blocked = new Set<string>()
  let nowMs = 0
  const decisions = startDecisions({
    policy,
    refusal: (host) => (blocked.has(host) ? `${host} was blocked` : undefined),
    now: () => nowMs,
  })
  const one = { unit: 'unit-1', frozen: false }
  const two = { unit: 'unit-2', frozen: false }
  const verdict = (ask: Ask, call = one) => (decisions.decide(ask, call).verdict === 'deny' ? 'deny' : 'pass')
  const later = (ms: number) => {
    nowMs += ms
  }
  return { decisions, blocked, verdict, one, two, later }
}

const connect: Ask = { stage: 'connect', transport: 'tcp', port: 443, dnsName: 'a.example' }

describe('decisions that are remembered', () => {
  it('hold for what was asked and for nothing that differs in anything', () => {
    const { verdict } = scene([{ host: 'a.example', ports: [443], tools: ['git'], phases: ['setup'] }])
    const open: Ask = { ...connect, tool: 'git', toolTier: 'identity', phase: 'setup' }
    const asks: readonly Ask[] = [
      open,
      { ...open, tool: 'curl' },
      { ...open, toolTier: 'label' },
      { ...open, phase: 'agent' },
      { ...open, port: 444 },
      { ...open, dnsName: 'b.example' },
      { ...open, connectName: 'b.example' },
      { ...open, stage: 'bytes', layers: ['ssh'] },
    ]
    const fresh = asks.map((ask) =>
      scene([{ host: 'a.example', ports: [443], tools: ['git'], phases: ['setup'] }]).verdict(ask),
    )
    for (let round = 0; round < 3; round++) expect(asks.map((ask) => verdict(ask))).toEqual(fresh)
    expect(fresh.slice(0, 7)).toEqual(['pass', 'deny', 'deny', 'deny', 'deny', 'deny', 'deny'])
  })

  it('do not outlive a freeze or a block, nor does a freeze or a block outlive its end', () => {
    const { verdict, blocked, one, two } = scene([{ host: 'a.example', ports: [443], protocols: ['any'] }])
    expect([verdict(connect, one), verdict(connect, two)]).toEqual(['pass', 'pass'])
    one.frozen = true
    expect([verdict(connect, one), verdict(connect, two)]).toEqual(['deny', 'pass'])
    one.frozen = false
    blocked.add('a.example')
    expect([verdict(connect, one), verdict(connect, two)]).toEqual(['deny', 'deny'])
    blocked.clear()
    expect([verdict(connect, one), verdict(connect, two)]).toEqual(['pass', 'pass'])
  })

  it('count against the limits of each call all the same', () => {
    const limits = { connectionsPerMinute: 2 }
    const { verdict, one, later } = scene([{ host: 'a.example', ports: [443], protocols: ['any'], limits }])
    expect([1, 2, 3, 4].map(() => verdict(connect, one))).toEqual(['pass', 'pass', 'deny', 'deny'])
    later(61_000)
    expect(verdict(connect, one)).toBe('pass')
  })

  it('refuse a blocked host by whatever name a connection gives it', () => {
    const { verdict, blocked } = scene([{ host: '*.ours.example', ports: [443], protocols: ['any'] }])
    const named: Ask = { ...connect, dnsName: 'a.ours.example' }
    const seen: Ask = { ...named, stage: 'bytes', layers: ['tls'], sni: 'b.ours.example' }
    expect(verdict(seen)).toBe('pass')
    blocked.add('b.ours.example')
    expect(verdict(seen)).toBe('deny')
    expect(verdict({ ...named, stage: 'request', layers: ['http'], httpHost: 'b.ours.example:443' })).toBe(
      'deny',
    )
    expect(verdict(named)).toBe('pass')
  })
})
