// What the sandbox of a run is made of, from the policy and the machine.

import { closeSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { OperatorError } from '../../base/errors.ts'
import { datagramPorts } from '../../policy/datagram-ports.ts'
import { agentUser } from '../../sandboxes/agent-user.ts'
import type { BoxOptions } from '../../sandboxes/box.ts'
import { execArgumentBytes, holderArguments } from '../../sandboxes/bwrap.ts'
import { sandboxEnvironment } from '../../sandboxes/environment.ts'
import { hostView } from '../../sandboxes/host-view.ts'
import { type LimitReport, openLimits, withDefaults } from '../../sandboxes/limits.ts'
import type { CheckId, MachineReport } from '../../sandboxes/machine.ts'
import { memoryFile } from '../../sandboxes/memory-file.ts'
import type { StateFolder } from '../../sandboxes/mount-plan.ts'
import { planMounts } from '../../sandboxes/mounts.ts'
import { addresses } from '../../sandboxes/rules.ts'
import { ownSeccompProgram } from '../../sandboxes/seccomp.ts'
import { beginMaps, stageMounts } from '../../sandboxes/staging.ts'
import type { IsolationNeed, Policy } from '../../schema/policy.ts'
import { stateFolder } from '../state-folder.ts'

export interface PlanOptions {
  readonly name: string
  readonly workdir: string
  /** The recording: never seen inside. */
  readonly dir: string
  readonly policy: Policy
  /** Read-only inside though it may lie in the work folder. */
  readonly policyFile?: string
  /** First words of the commands that are known to run. */
  readonly commands: readonly string[]
  /** Names of secrets that the agent needs all the same: the key of its own model. */
  readonly passEnv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly state: readonly StateFolder[]
  readonly files: readonly { readonly path: string; readonly text: string; readonly mode?: number }[]
}

export interface BoxPlan extends BoxOptions {
  readonly env: Readonly<Record<string, string>>
  /** What a person should know about this machine's limits and the policy's wishes. */
  readonly notes: readonly string[]
  readonly limits: LimitReport
  /** To be called when the sandbox stands. */
  mounted(): void
  close(): Promise<void>
}

/** Before anything is made. Throws OperatorError where the agent could not work there. */
export function checkWorkFolder(workdir: string): void {
  let why = 'It is no folder.'
  try {
    if (statSync(workdir).isDirectory()) return
  } catch (error) {
    why = `The system says ${error instanceof Error ? error.message : error}.`
  }
  throw new OperatorError('usage', {
    what: `The work folder ${workdir} cannot be used.`,
    why,
    fix: 'Name the folder that the agent is to work in.',
  })
}

export async function planBox(options: PlanOptions): Promise<BoxPlan> {
  const { policy, workdir, dir } = options
  const needs = policy.isolation.require
  await demand(needs, workdir)
  const agent = agentUser(workdir)
  const maps = beginMaps(workdir, agent)
  const home = homedir()
  const plan = planMounts(
    {
      agent,
      home,
      workFolder: workdir,
      filesystem: policy.filesystem,
      secret: [dir, stateFolder(process.env, home)],
      ...(options.policyFile !== undefined && { protect: [options.policyFile] }),
      state: options.state,
      files: options.files,
      commands: options.commands,
      path: process.env.PATH ?? '',
      resolver: addresses.gateway,
    },
    hostView(),
  )
  const { nestedNamespaces, ioUring } = policy.isolation
  const seccomp = ownSeccompProgram({
    ...(nestedNamespaces && { nestedNamespaces }),
    ...(ioUring && { ioUring }),
  })
  const staged = await stageMounts(plan, agent, maps)
  const limits = openLimits({ resources: withDefaults(policy.resources), name: options.name })
  const env = sandboxEnvironment(process.env, {
    home: plan.home,
    user: agent.name,
    pass: options.passEnv,
    set: options.env,
  })
  return {
    name: options.name,
    uid: agent.uid,
    gid: agent.gid,
    relayedUdp: datagramPorts(policy),
    groupsNeeded: needs.includes('cgroup') || needs.includes('freeze'),
    env,
    notes: [...plan.notes, ...staged.notes],
    limits: limits.report,
    holderArguments: holderArguments(staged),
    groupFiles: limits.procsFiles,
    prefix: limits.prefix,
    execArguments({ cwd, env: own }, firstFd) {
      const seccompFd = seccomp && memoryFile(seccomp)
      const words = execArgumentBytes({
        uid: agent.uid,
        gid: agent.gid,
        cwd,
        env: own,
        ...(seccompFd !== undefined && { seccompFd: firstFd + 1 }),
      })
      const fds = [memoryFile(words), ...(seccompFd === undefined ? [] : [seccompFd])]
      return {
        arguments: ['--args', String(firstFd)],
        fds,
        release() {
          for (const fd of fds) closeSync(fd)
        },
      }
    },
    mounted: () => staged.bound(),
    async close() {
      staged.close()
      await limits.close()
    },
  }
}

/** What a policy demands is looked at before anything is made: nothing runs with less. */
async function demand(needs: readonly IsolationNeed[], workdir: string): Promise<void> {
  if (needs.length === 0) return
  // Loaded only where it is asked.
  const [{ examineMachine }, { unmetNeeds }] = await Promise.all([
    import('../../sandboxes/machine.ts'),
    import('../../sandboxes/tier.ts'),
  ])
  const report = await examineMachine(workdir)
  const unmet = unmetNeeds(report, needs)
  if (unmet.length === 0) return
  const why = unmet.map((need) => `${need}: ${reasonFor(need, report)}`)
  throw new OperatorError('environment', {
    what: `The policy requires ${unmet.join(', ')}, and this machine cannot give ${unmet.length === 1 ? 'it' : 'them'}${report.root ? '' : ' to an ordinary user'}.`,
    why: `Nothing was started. ${why.join('; ')}.`,
    fix: 'Run vigiles doctor for how to get it, or take it out of isolation.require.',
  })
}

/** In the words of the check that it rests on. */
function reasonFor(need: IsolationNeed, { checks, root }: MachineReport): string {
  if (need === 'unprivileged-uid' && !root) return 'the agent runs as the user who starts it'
  const check = checks[checkOf[need]]
  return check.ok ? 'sandboxes do not work here yet' : check.detail
}

const checkOf: Readonly<Record<IsolationNeed, CheckId>> = {
  namespaces: 'user-namespaces',
  'transparent-capture': 'network-rules',
  identity: 'user-namespaces',
  cgroup: 'cgroup',
  freeze: 'cgroup',
  seccomp: 'seccomp',
  'memory-limit': 'memory-limit',
  'process-limit': 'process-limit',
  'cpu-limit': 'cpu-limit',
  'unprivileged-uid': 'user-namespaces',
  'process-events': 'process-events',
}
