// The file system of one sandbox from wish to end: planned, made ready, and put into words for bubblewrap.

import { closeSync, openSync } from 'node:fs'
import { execArgumentBytes, holderArguments } from './bwrap.ts'
import { hostView } from './host-view.ts'
import { memoryFile } from './memory-file.ts'
import type { MountRequest } from './mount-plan.ts'
import { planMounts } from './mounts.ts'
import { ownSeccompProgram, type SeccompOptions } from './seccomp.ts'
import { stageMounts } from './staging.ts'

export interface SandboxFileSystem {
  /** Where the agent is at home inside. */
  readonly home: string
  /** For the user: wishes that do nothing here, and what is weaker than asked. */
  readonly notes: readonly string[]
  /** False: no filter of system calls is known for this processor. */
  readonly filtered: boolean
  /** For the process that holds the sandbox; up to `-- COMMAND`. */
  readonly holderArguments: readonly string[]
  /** For each command; up to `-- COMMAND`. `fds` are what the child must have from `firstFd` on. */
  execArguments(
    request: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
    firstFd: number,
  ): {
    readonly arguments: readonly string[]
    readonly fds: readonly number[]
    /** To be called when the child has them. */
    release(): void
  }
  /** To be called when the holder has its mounts: then nothing of ours is mounted on the host any more. */
  mounted(): void
  /** To be called at the end, also when the sandbox was never made. */
  close(): void
}

/** Throws OperatorError for wishes that can't be met or would undo the sandbox. */
export async function openFileSystem(
  request: MountRequest,
  options: SeccompOptions = {},
): Promise<SandboxFileSystem> {
  const plan = planMounts(request, hostView())
  const program = ownSeccompProgram(options)
  const filter = program && memoryFile(program)
  const staged = await stageMounts(plan, request.agent).catch((error: unknown) => {
    if (filter !== undefined) closeSync(filter)
    throw error
  })
  let open = true
  const { uid, gid } = request.agent
  return {
    home: plan.home,
    notes: [...plan.notes, ...staged.notes],
    filtered: filter !== undefined,
    holderArguments: holderArguments(staged),
    execArguments({ cwd, env }, firstFd) {
      // Opened anew: each reader begins at the beginning.
      const filters = filter === undefined ? [] : [openSync(`/proc/self/fd/${filter}`, 'r')]
      const bytes = execArgumentBytes({
        uid,
        gid,
        cwd,
        env,
        ...(filter !== undefined && { seccompFd: firstFd }),
      })
      const fds = [...filters, memoryFile(bytes)]
      return {
        arguments: ['--args', String(firstFd + filters.length)],
        fds,
        release() {
          for (const fd of fds) closeSync(fd)
        },
      }
    },
    mounted: staged.bound,
    close() {
      if (!open) return
      open = false
      if (filter !== undefined) closeSync(filter)
      staged.close()
    },
  }
}
