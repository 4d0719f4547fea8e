// A user namespace for every call, where no control groups may be made: who has a socket is looked up per connection.

import { CallNamespaces } from './call-namespaces.ts'
import type { Calls } from './calls.ts'
import type { Kernel } from './kernel.ts'
import { openProcessGroups } from './process-groups.ts'
import { descendants } from './process-tree.ts'
import { SocketOwners } from './socket-owners.ts'
import type { SocketTuple } from './sockets.ts'
import type { Unit } from './units.ts'

/** More calls with a namespace that is held open: those of which nothing is left are let go. */
const heldMax = 256

export interface NamespaceCallsOptions {
  /** The user namespace that owns the sandbox. */
  readonly ownerFd: number
  /** The sandbox's first process. */
  readonly pid: number
  readonly inodeOf: (tuple: SocketTuple) => number | undefined
}

export function openNamespaceCalls(kernel: Kernel, { ownerFd, pid, inodeOf }: NamespaceCallsOptions): Calls {
  const namespaces = new CallNamespaces(kernel, ownerFd)
  /** Call to the process outside that waits for its command. */
  const waiting = new Map<string, number>()
  const held = new Map<number, Unit>()
  let count = 0
  const processes = () => descendants([pid, ...waiting.values()])
  const nameOf = (number: number) => String(number)
  const forget = ({ number, group }: Pick<Unit, 'number' | 'group'>) => {
    namespaces.remove(number)
    waiting.delete(group.name)
    held.delete(number)
  }
  const groups = openProcessGroups({
    processes,
    groupOf(process) {
      const number = namespaces.callOf(process)
      return number === 0 ? undefined : nameOf(number)
    },
    waiting: (group) =>
      [...waiting].flatMap(([name, process]) =>
        group === undefined || group.name === name ? [process] : [],
      ),
    onRemoved: (group) => forget({ number: Number(group.name), group }),
  })
  const owners = new SocketOwners({
    kernel,
    inodeOf,
    processes,
    callOf: (process) => namespaces.callOf(process),
    now: () => performance.now(),
    used() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
  })
  const letGo = () => {
    const alive = new Set(processes().map((process) => namespaces.callOf(process)))
    for (const unit of held.values()) if (!alive.has(unit.number)) forget(unit)
  }
  return {
    by: 'namespace',
    group: {
      ...groups,
      async close() {
        await groups.close()
        namespaces.close()
      },
    },
    take: async () => ({ number: ++count, group: { name: nameOf(count) } }),
    // What nothing is left of is let go when there is much of it: to look for each one's processes takes too long.
    release() {},
    entryFiles: () => [],
    lookUp: {
      started(unit, { waiting: outside, command }) {
        if (held.size >= heldMax && held.size % 64 === 0) letGo()
        if (!namespaces.add(unit.number, command)) return false
        held.set(unit.number, unit)
        waiting.set(unit.group.name, outside)
        return true
      },
      ended: ({ group }) => void waiting.delete(group.name),
      // With one call there is nobody else whose a socket could be, whether or not it is still there.
      unitOf: (tuple) => (count === 1 ? 1 : (owners.ownerOf(tuple)?.call ?? 0)),
      holderOf: (tuple) => owners.lastOwner(tuple)?.pid,
    },
  }
}
