// What answers for a sandbox: the gateway, its decisions, and the acts on a run. Loaded when the first packet asks for it,
// so that no run waits for it; until then the rules in the kernel let nothing out, and first packets are held.

import { performance } from 'node:perf_hooks'
import type { GatewayOptions } from '../../gateway/api.ts'
import type { Authority } from '../../gateway/authority.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { startLookup } from '../../gateway/lookup.ts'
import { defaultSyntheticRange } from '../../gateway/names.ts'
import type { ActRequest, ActResult, Asker } from '../../responses/api.ts'
import type { Box } from '../../sandboxes/box.ts'
import type { Ask } from '../../schema/ask.ts'
import type { Decision } from '../../schema/decision.ts'
import type { JournalLine } from '../../schema/journal.ts'
import type { Askers } from './askers.ts'
import { type Containment, startContainment } from './containment.ts'
import { startDecisions } from './decisions.ts'
import type { HeldPackets } from './held-packets.ts'
import type { SandboxOptions } from './sandbox.ts'
import type { Units } from './units.ts'

export interface WatchingParts {
  readonly name: string
  readonly dir: string
  readonly box: Box
  readonly units: Units
  readonly askers: Askers
  readonly held: HeldPackets
  readonly record: (line: JournalLine) => void
  readonly redact: (text: string) => string
  readonly authority?: Authority
  readonly services?: NonNullable<GatewayOptions['services']>
  readonly watchExchange?: NonNullable<GatewayOptions['watchExchange']>
}

export interface Watching {
  act(request: ActRequest, asker: Asker): Promise<ActResult>
  /** Resolves when no act is on its way. */
  settled(): Promise<void>
  /** The act that stopped something for good, once one did. */
  stoppedBy(): string | undefined
  close(): Promise<void>
}

export function startWatching(
  { policy, mode = 'enforce', onAct }: SandboxOptions,
  { name, dir, box, units, askers, held, record, redact, authority, services, watchExchange }: WatchingParts,
): Watching {
  const now = () => performance.now()
  let containment: Containment | undefined
  const decisions = startDecisions({
    policy,
    refusal: (host, port) => containment?.refusal(host, port),
    now,
  })
  const { resolver, syntheticRange = defaultSyntheticRange } = policy.network
  const lookup = startLookup({ ...(resolver !== undefined && { server: resolver }), now })
  const gateway = openGateway({
    network: held.network,
    box: name,
    mode,
    syntheticRange,
    decide: (ask, unit) => decisions.decide(ask, units.get(unit)),
    ...(decisions.limitsBytes && {
      spend: (ask: Ask, decision: Decision, unit: number, bytes: number) =>
        decisions.spend(ask, decision, units.get(unit)?.unit, bytes),
    }),
    ...(authority && { authority }),
    actorOf(unit, flow, host) {
      const actor = units.actorOf(unit, flow, host)
      // Who sent a packet that was held may have ended meanwhile.
      return actor.process ? actor : (held.sender() ?? actor)
    },
    onLocal: (unit, { dst }) => askers.ask(unit, dst.ip, dst.port),
    ...(services && { services }),
    ...(watchExchange && { watchExchange }),
    contextOf: (unit) => {
      const call = units.get(unit)
      return call ? { tool: call.name, toolTier: 'identity', phase: call.phase } : {}
    },
    record,
    resolve: lookup.resolve,
    forward: lookup.forward,
    now,
  })
  const acts = startContainment({
    box: name,
    mode,
    tier: box.tier,
    dir,
    group: box.group,
    gateway,
    calls: () => units.all(),
    record,
    redact,
    ...(onAct && { onAct }),
  })
  containment = acts
  return {
    act: acts.act,
    settled: acts.settled,
    stoppedBy: () => acts.stoppedBy,
    close: gateway.close,
  }
}
