// Everything that is tried against sandboxes, and what came of it, in a form that can be written down.

import type { RecordedLine } from '../../src/schema/journal.ts'
import { containment } from './containment.ts'
import type { Outcome } from './expectations.ts'
import { handedOver, noResolver } from './more-attempts.ts'
import { runAttempts } from './run-attempts.ts'
import { openWorld } from './world.ts'

export interface Collected {
  readonly tier: string
  /** In the order of `listAttempts`. */
  readonly outcomes: readonly Outcome[]
  readonly contained: readonly Outcome[]
  readonly more: readonly Outcome[]
  readonly toFrozenMs: number
  /** Names that the resolver outside was asked for. */
  readonly asked: readonly string[]
  /** What a neighbour did and another call was named for. */
  readonly ofTheNeighbour: readonly RecordedLine[]
  /** Connections and lookups that no call is named for by identity. */
  readonly untied: readonly RecordedLine[]
  /** Findings of high or above in what must stay quiet. */
  readonly grave: readonly RecordedLine[]
  /** What `verify` says of each recording. */
  readonly verified: readonly string[]
  /** A secret that went by stands in a recording. */
  readonly leaked: boolean
}

const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ456789'

export async function collectAttempts(): Promise<Collected> {
  const world = await openWorld()
  try {
    const { outcomes, journals, verified, tier } = await runAttempts(world)
    const { outcomes: contained, toFrozenMs } = await containment(world)
    const more = [...(await handedOver(world)), ...(await noResolver(world))]
    const lines = [...journals.values()].flat()
    return {
      tier,
      outcomes,
      contained,
      more,
      toFrozenMs,
      asked: [...world.asked],
      ofTheNeighbour: lines.filter(
        (line) =>
          line.class === 'network_activity' &&
          line.dstEndpoint.ip === '192.0.2.99' &&
          line.actor.toolCall !== 'neighbour',
      ),
      untied: lines.filter(
        (line) =>
          (line.class === 'dns_activity' || line.class === 'network_activity') &&
          line.actor.tier !== 'identity',
      ),
      grave: (journals.get('quiet') ?? []).filter(
        (line) => line.class === 'detection_finding' && ['high', 'critical'].includes(line.finding.severity),
      ),
      verified: [...verified.values()],
      leaked: JSON.stringify(lines).includes(secret),
    }
  } finally {
    await world.close()
  }
}
