// What the sandbox of a run is made of, from the policy and the machine.

import { closeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { OperatorError } from '../../base/errors.ts'
import { agentUser } from '../../sandboxes/agent-user.ts'
import type { BoxOptions } from '../../sandboxes/box.ts'
import { execArgumentBytes, holderArguments } from '../../sandboxes/bwrap.ts'
import { sandboxEnvironment } from '../../sandboxes/environment.ts'
import { hostView } from '../../sandboxes/host-view.ts'
import { type LimitReport, openLimits, withDefaults } from '../../sandboxes/limits.ts'
import { memoryFile } from '../../sandboxes/memory-file.ts'
import type { StateFolder } from '../../sandboxes/mount-plan.ts'
import { planMounts } from '../../sandboxes/mounts.ts'
import { addresses } from '../../sandboxes/rules.ts'
import { ownSeccompProgram } from '../../sandboxes/seccomp.ts'
import { stageMounts } from '../../sandboxes/staging.ts'
import type { Policy } from '../../schema/policy.ts'

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

export async function planBox(options: PlanOptions): Promise<BoxPlan> {
  const { policy, workdir, dir } = options
  const agent = agentUser(workdir)
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
  const seccomp = ownSeccompProgram()
  if (!seccomp && policy.isolation.require.includes('seccomp'))
    throw lacks('seccomp', 'No filter is known for this processor.')
  const staged = await stageMounts(plan, agent)
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

/** Where Vigiles itself keeps what it knows: recordings, policies, keys. */
export function stateFolder(env: NodeJS.ProcessEnv, home: string): string {
  return join(env.XDG_STATE_HOME ?? join(home, '.local', 'state'), 'vigiles')
}

function lacks(what: string, why: string): OperatorError {
  return new OperatorError('environment', {
    what: `The policy requires ${what}, and this machine cannot give it.`,
    why,
    fix: 'Run vigiles doctor for what is missing, or take it out of isolation.require.',
  })
}
