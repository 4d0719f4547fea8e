// Control groups of version 1: where each controller is mounted, and which group of it is ours.

import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

export type Controller = 'memory' | 'pids' | 'cpu'

/** Folders of our own groups; a controller that version 1 does not have is absent. */
export function ownVersion1Groups(): ReadonlyMap<Controller, string> {
  try {
    return version1Groups(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      readFileSync('/proc/self/cgroup', 'utf8'),
    )
  } catch {
    return new Map()
  }
}

/**
 * `mounts`: lines like `34 27 0:30 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory`; the fourth word is the
 * group that shows at the mount. `groups`: lines like `4:memory:/docker/1/app`.
 */
export function version1Groups(mounts: string, groups: string): Map<Controller, string> {
  const own = new Map<string, string>()
  for (const line of groups.split('\n')) {
    const match = /^\d+:([^:]+):(.+)$/.exec(line)
    for (const controller of match?.[1]?.split(',') ?? []) own.set(controller, match![2]!)
  }
  const found = new Map<Controller, string>()
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [kind, , options = ''] = after.split(' ')
    if (kind !== 'cgroup') continue
    const [, , , shown = '/', at = ''] = before.split(' ')
    for (const controller of ['memory', 'pids', 'cpu'] as const) {
      const group = own.get(controller)
      if (group === undefined || !options.split(',').includes(controller)) continue
      const below = posix.relative(shown, group)
      found.set(controller, below.startsWith('..') ? at : posix.join(at, below))
    }
  }
  return found
}
