// What the gateway asks, answered: the policy, its limits over time, and the acts on this run.

import { networkInterfaces } from 'node:os'
import { BoundedMap } from '../../base/bounded-map.ts'
import { actRule } from '../../gateway/api.ts'
import { compilePolicy } from '../../policy/compile.ts'
import { decide } from '../../policy/decide.ts'
import { Meter, type MeterUse } from '../../policy/meter.ts'
import type { Ask } from '../../schema/ask.ts'
import type { Decision } from '../../schema/decision.ts'
import type { Policy } from '../../schema/policy.ts'

/** Asks whose answers are remembered, each of so many characters: all connections of a program to one host ask alike. */
const rememberedMax = 1_024
const keyCharsMax = 512

export interface Decisions {
  decide(ask: Ask, call: { readonly unit: string; readonly frozen: boolean } | undefined): Decision
  /** Before bytes go out under a decision: the refusal when a limit is reached. */
  spend(ask: Ask, decision: Decision, unit: string | undefined, bytes: number): Decision | undefined
  /** Whether any rule limits bytes: else nothing need be spent. */
  readonly limitsBytes: boolean
}

export interface DecisionsOptions {
  readonly policy: Policy
  /** An act that refuses the destination, in words. */
  readonly refusal: (host: string, port: number | undefined) => string | undefined
  /** Milliseconds, ever growing. */
  readonly now: () => number
}

export function startDecisions({ policy, refusal, now }: DecisionsOptions): Decisions {
  const compiled = compilePolicy(policy, { hostAddresses: ownAddresses() })
  const meter = new Meter(compiled)
  const remembered = new BoundedMap<string, Decision>(rememberedMax)
  const limits = [...policy.limits, ...[...compiled.byId.values()].map(({ rule }) => rule)]
  return {
    limitsBytes: limits.some(
      ({ limits: some }) => some?.bytesOutPerHost !== undefined || some?.bytesOutPerCall !== undefined,
    ),
    decide(ask, call) {
      if (call?.frozen) return denied('the call is frozen')
      for (const name of namesIn(ask)) {
        const why = name === undefined ? undefined : refusal(name, ask.port)
        if (why !== undefined) return denied(why)
      }
      const decision = decided(ask)
      if (decision.verdict === 'deny' || (ask.stage !== 'connect' && ask.stage !== 'name')) return decision
      const use = meterUse(ask, decision, call?.unit)
      return (ask.stage === 'connect' ? meter.connect(use) : meter.lookup(use)) ?? decision
    },
    spend: (ask, decision, unit, bytes) => meter.send({ ...meterUse(ask, decision, unit), bytes }),
  }

  /** The same ask gives the same decision (policy/decide.ts), so it is asked once. */
  function decided(ask: Ask): Decision {
    const key = JSON.stringify(ask)
    if (key.length > keyCharsMax) return decide(compiled, ask)
    let decision = remembered.get(key)
    if (decision === undefined) {
      decision = decide(compiled, ask)
      remembered.set(key, decision)
    }
    return decision
  }

  function meterUse(ask: Ask, { rule }: Decision, unit: string | undefined): MeterUse {
    return {
      nowMs: now(),
      host: ask.connectName ?? ask.dnsName ?? ask.ip ?? '',
      rule,
      ...(ask.phase && { phase: ask.phase }),
      // What only the agent's side says of a tool buys it no limits of that tool.
      ...(ask.tool !== undefined && ask.toolTier === 'identity' && { tool: ask.tool }),
      ...(unit !== undefined && { call: unit }),
    }
  }
}

/** Whatever a connection says of where it goes. */
function namesIn(ask: Ask): readonly (string | undefined)[] {
  const host = ask.connectName ?? ask.dnsName ?? ask.ip ?? ''
  if (ask.stage !== 'bytes' && ask.stage !== 'request') return [host, ask.resolved]
  const withoutPort = (text: string | undefined) => text?.replace(/:\d*$/, '')
  return [host, ask.resolved, ask.sni, withoutPort(ask.httpHost), withoutPort(ask.authority)]
}

function denied(reason: string): Decision {
  return { verdict: 'deny', code: 'deny-rule', rule: actRule, reason }
}

/** The machine's own addresses: an allowed name must not lead back to it. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? [])
}
