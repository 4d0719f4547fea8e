// What a machine's sandbox is worth: how strong it is, and which of a policy's demands it meets.

import { type IsolationNeed, isolationNeeds } from '../schema/policy.ts'
import type { CheckId, MachineReport } from './machine.ts'

/**
 * `root`: a control group for every call, which the kernel names for every socket. `user`: a user namespace for every
 * call. `none`: no run.
 */
export type Tier = 'root' | 'user' | 'none'

const always: readonly CheckId[] = [
  'linux',
  'koffi',
  'bubblewrap',
  'util-linux',
  'iproute',
  'nftables',
  'user-namespaces',
  'network-rules',
]

export function tierOf(report: MachineReport): Tier {
  const ok = (id: CheckId) => report.checks[id].ok
  if (!always.every(ok)) return 'none'
  return report.root && ok('cgroup') && ok('call-identity') ? 'root' : 'user'
}

/** What keeps `run` from working, most basic first; empty when it works. */
export function missingForRun(report: MachineReport): readonly CheckId[] {
  return always.filter((id) => !report.checks[id].ok)
}

/** For each demand, whether it is met. Limits that hold for single processes only do not meet one. */
export function needsHeld(report: MachineReport): Readonly<Record<IsolationNeed, boolean>> {
  const tier = tierOf(report)
  const ok = (id: CheckId) => tier !== 'none' && report.checks[id].ok
  const held: Record<IsolationNeed, boolean> = {
    namespaces: ok('user-namespaces'),
    'transparent-capture': ok('network-rules'),
    identity: tier !== 'none',
    cgroup: ok('cgroup'),
    freeze: ok('cgroup'),
    seccomp: ok('seccomp'),
    'memory-limit': ok('memory-limit'),
    'process-limit': ok('process-limit'),
    'cpu-limit': ok('cpu-limit'),
    'unprivileged-uid': tier !== 'none' && report.root,
    'process-events': ok('process-events'),
  }
  return held
}

/** Demands of a policy that this machine does not meet. */
export function unmetNeeds(report: MachineReport, required: readonly IsolationNeed[]): IsolationNeed[] {
  const held = needsHeld(report)
  return isolationNeeds.filter((need) => required.includes(need) && !held[need])
}
