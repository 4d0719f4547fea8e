// The words for bubblewrap: once for the process that holds the sandbox, once for every command in it.

import type { MountStep } from './mount-plan.ts'
import type { StagedMounts } from './staging.ts'

/** Namespaces and file system; up to, and without, `-- COMMAND`. */
export function holderArguments(staged: StagedMounts): string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--hostname', staged.plan.hostname, '--proc', '/proc', '--dev', '/dev', '--mqueue', '/dev/mqueue'],
    ...staged.plan.steps.flatMap((step) => mountWords(step, staged)),
    // Last, when every place for a mount is made.
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/'],
  ]
}

function mountWords(step: MountStep, staged: StagedMounts): string[] {
  const { target } = step
  switch (step.kind) {
    case 'bind': {
      const word = step.devices ? '--dev-bind' : step.write ? '--bind' : '--ro-bind'
      return [word, staged.sourceOf(step), target]
    }
    case 'memory':
      return ['--perms', step.mode, '--size', String(step.bytesMax), '--tmpfs', target]
    case 'text':
      return ['--ro-bind', staged.sourceOf(step), target]
    case 'copy':
    case 'folder':
      return ['--bind', staged.sourceOf(step), target]
    case 'link':
      return ['--symlink', step.to, target]
    case 'hide':
      return step.folder
        ? ['--perms', '0000', '--size', '4096', '--tmpfs', target, '--remount-ro', target]
        : // A device that can't be opened, as no devices may be on this mount.
          ['--ro-bind', '/dev/null', target]
  }
}

export interface ExecWords {
  /** Who the command is inside; the kernel knows it as the one it entered as. */
  readonly uid: number
  readonly gid: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** The program of the system-call filter, to be read from its beginning. */
  readonly seccompFd?: number
}

/**
 * A user namespace of its own for one command, without capabilities, in the file system that is there. Up to, and
 * without, `-- COMMAND`. Everybody on the machine can read these words: see {@link execArgumentBytes}.
 */
export function execArguments({ uid, gid, cwd, env, seccompFd }: ExecWords): string[] {
  return [
    ...['--unshare-user', '--dev-bind', '/', '/', '--die-with-parent', '--cap-drop', 'ALL'],
    // The namespace that commands enter from shows them as root, which some programs take for what it is not.
    ...['--uid', String(uid), '--gid', String(gid)],
    ...(seccompFd === undefined ? [] : ['--seccomp', String(seccompFd)]),
    ...['--chdir', cwd, '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}

/** The same for `bwrap --args FD`: the environment, which may hold keys, then stands in no process list. */
export function execArgumentBytes(words: ExecWords): Uint8Array {
  const list = execArguments(words).map((word) => `${word.replaceAll('\0', '')}\0`)
  return new TextEncoder().encode(list.join(''))
}
