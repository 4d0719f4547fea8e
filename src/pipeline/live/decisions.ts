// What the gateway asks, answered: the policy, its limits over time, and the acts on this run.

import { networkInterfaces } from 'node:os'
import { compilePolicy } from '../../policy/compile.ts'
import { decide } from '../../policy/decide.ts'
import { Meter, type MeterUse } from '../../policy/meter.ts'
import type { Ask } from '../../schema/ask.ts'
import type { Decision } from '../../schema/decision.ts'
import type { Policy } from '../../schema/policy.ts'

export interface Decisions {
  decide(ask: Ask, call: { readonly unit: string; readonly frozen: boolean } | undefined): Decision
  /** Before bytes go out under a decision: the refusal when a limit is reached. */
  spend(ask: Ask, decision: Decision, unit: string | undefined, bytes: number): Decision | undefined
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
  return {
    decide(ask, call) {
      if (call?.frozen) return denied('the call is frozen')
      const host = ask.connectName ?? ask.dnsName ?? ask.ip ?? ''
      for (const name of [host, ask.resolved]) {
        const why = name === undefined ? undefined : refusal(name, ask.port)
        if (why !== undefined) return denied(why)
      }
      const decision = decide(compiled, ask)
      if (decision.verdict === 'deny') return decision
      const use = useOf(ask, decision, call?.unit)
      const exceeded =
        ask.stage === 'connect' ? meter.connect(use) : ask.stage === 'name' ? meter.lookup(use) : undefined
      return exceeded ?? decision
    },
    spend: (ask, decision, unit, bytes) => meter.send({ ...useOf(ask, decision, unit), bytes }),
  }

  function useOf(ask: Ask, { rule }: Decision, unit: string | undefined): MeterUse {
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

function denied(reason: string): Decision {
  return { verdict: 'deny', code: 'deny-rule', rule: 'response', reason }
}

/** The machine's own addresses: an allowed name must not lead back to it. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? [])
}
