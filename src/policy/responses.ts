// What the policy wants done: about a finding, and with a decision in each mode.

import type { Decision, PolicyMode } from '../schema/decision.ts'
import type { Severity } from '../schema/event.ts'
import type { FindingResponse, Policy } from '../schema/policy.ts'

/** Where a policy says nothing. */
const bySeverity: Readonly<Record<Severity, FindingResponse>> = {
  critical: 'freeze',
  high: 'block',
  medium: 'alert',
  low: 'record',
  informational: 'record',
}

/**
 * What to do about a finding. The most specific word of the policy wins: the detection's id, then its kind, then the
 * ATT&CK tactic, then the severity; else critical ones freeze, high ones block, medium ones alert.
 */
export function responseTo(
  { findings }: Policy,
  finding: {
    readonly detection: string
    readonly kind: string
    readonly tactic?: string
    readonly severity: Severity
  },
): FindingResponse {
  const { detection, kind, tactic, severity } = finding
  return (
    findings.get(detection) ??
    findings.get(kind) ??
    (tactic === undefined ? undefined : findings.get(tactic)) ??
    findings.get(severity) ??
    bySeverity[severity]
  )
}

export interface Enforcement {
  readonly relay: boolean
  readonly disposition: 'allowed' | 'blocked'
  /** It is relayed only because of the mode. */
  readonly wouldBlock: boolean
}

/** What a mode makes of a final decision. What can't be dialled at all is blocked in every mode. */
export function enforcementOf({ verdict, code }: Decision, mode: PolicyMode): Enforcement {
  if (verdict !== 'deny') return { relay: true, disposition: 'allowed', wouldBlock: false }
  if (mode === 'enforce' || code === 'bad-name' || code === 'fault') {
    return { relay: false, disposition: 'blocked', wouldBlock: false }
  }
  return { relay: true, disposition: 'allowed', wouldBlock: true }
}
