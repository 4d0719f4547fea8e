// Git's own folders around a work folder: hooks are read-only, and a worktree needs the repository it belongs to.

import { posix } from 'node:path'
import { realPath } from './host-view.ts'
import type { HostView, MountStep } from './mount-plan.ts'

/** Hooks run outside, as the user, at the next commit: what is written there would leave the sandbox. */
export function gitSteps(host: HostView, work: string): MountStep[] {
  const git = posix.join(work, '.git')
  if (host.link(git) !== undefined) return []
  if (host.kind(git) === 'folder') return hooks(host, git)
  const repository = worktreeOf(host, work, git)
  if (repository === undefined) return []
  return [
    { kind: 'bind', source: repository, target: repository, write: true, asOwner: true },
    ...hooks(host, repository),
  ]
}

function hooks(host: HostView, git: string): MountStep[] {
  const path = posix.join(git, 'hooks')
  return host.link(path) === undefined && host.kind(path) === 'folder'
    ? [{ kind: 'bind', source: path, target: path, write: false, asOwner: true }]
    : []
}

/**
 * A worktree's `.git` is a file, `gitdir: /repository/.git/worktrees/NAME`. An agent can write that file, so it is
 * believed only where the repository names this work folder too.
 */
function worktreeOf(host: HostView, work: string, git: string): string | undefined {
  const named = host.kind(git) === 'file' ? /^gitdir: (.+)\n?$/.exec(host.text(git) ?? '')?.[1] : undefined
  if (named === undefined) return undefined
  const own = realPath(host, posix.resolve(work, named))
  const worktrees = posix.dirname(own)
  const repository = posix.dirname(worktrees)
  if (posix.basename(worktrees) !== 'worktrees' || host.kind(posix.join(repository, 'HEAD')) !== 'file')
    return undefined
  const back = host.text(posix.join(own, 'gitdir'))?.trim()
  return back !== undefined && realPath(host, back) === git ? repository : undefined
}
