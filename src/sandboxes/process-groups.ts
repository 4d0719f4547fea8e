// Calls without control groups: their processes are looked for, stopped and killed one by one. Best effort.
//
// Weaker than a control group: a process that forks faster than it is looked for can get away for a while, and another
// call of the same user can wake what was stopped; it is stopped again within a tenth of a second.

import { setTimeout as sleep } from 'node:timers/promises'
import type { BoxGroup, CallGroup } from './cgroups.ts'
import { processState } from './process-tree.ts'

export interface ProcessGroupOptions {
  /** Process ids in the sandbox, looked up anew. */
  readonly processes: () => readonly number[]
  /** The name of the group that a process is in; undefined for what belongs to no call. */
  readonly groupOf: (pid: number) => string | undefined
  /** Processes that wait for the group's command outside of its namespace: they die with it. */
  readonly waiting: (group: CallGroup | undefined) => readonly number[]
  /** Nothing of the group is left. */
  readonly onRemoved: (group: CallGroup) => void
}

const againMs = 100
/** Longer than a control group takes: what forks all the time also keeps us from getting on. */
const freezeMs = 2000
const killMs = 10_000

export function openProcessGroups(options: ProcessGroupOptions): BoxGroup {
  const frozen = new Set<string>()
  let allFrozen = false
  let guard: NodeJS.Timeout | undefined

  /** Those that run or sleep: what ended and only waits to be collected is no member. */
  const alive = (wanted: (group: string) => boolean) =>
    options.processes().flatMap((pid) => {
      const group = options.groupOf(pid)
      if (group === undefined || !wanted(group)) return []
      const state = processState(pid)
      return state === undefined || state === 'Z' || state === 'X' ? [] : [{ pid, group, state }]
    })
  const inGroup = (group?: CallGroup) => (name: string) => group === undefined || name === group.name

  /** One pass; true when there was nothing to stop. `told`: who was told to already. */
  const stop = (wanted: (group: string) => boolean, told = new Set<number>()): boolean => {
    const running = alive(wanted).filter(({ state }) => state !== 'T' && state !== 't')
    for (const { pid } of running) signal(pid, 'SIGSTOP')
    // What waits in the kernel (for a disk, or for a stopped child of `vfork`) stops before it runs again.
    const quiet = running.every(({ pid, state }) => state === 'D' && told.has(pid))
    for (const { pid } of running) told.add(pid)
    return quiet
  }
  const watch = () => {
    if (!allFrozen && frozen.size === 0) {
      clearInterval(guard)
      guard = undefined
      return
    }
    guard ??= setInterval(() => stop((group) => allFrozen || frozen.has(group)), againMs).unref()
  }

  const members = (group?: CallGroup) => alive(inGroup(group)).map(({ pid }) => pid)
  const kill: BoxGroup['kill'] = async (group, timeoutMs = killMs) => {
    const until = performance.now() + timeoutMs
    for (const pid of options.waiting(group)) signal(pid, 'SIGKILL')
    for (;;) {
      const left = members(group)
      if (left.length === 0) return true
      if (performance.now() > until) return false
      for (const pid of left) signal(pid, 'SIGKILL')
      await sleep(1)
    }
  }
  return {
    async freeze(group, timeoutMs = freezeMs) {
      const until = performance.now() + timeoutMs
      if (group) frozen.add(group.name)
      else allFrozen = true
      watch()
      const told = new Set<number>()
      // Two quiet passes: a fork in flight during the first shows in the second.
      for (let quiet = 0; ; ) {
        quiet = stop(inGroup(group), told) ? quiet + 1 : 0
        if (quiet === 2) return true
        if (performance.now() > until) return false
        await sleep(1)
      }
    },
    thaw(group) {
      if (group) frozen.delete(group.name)
      else allFrozen = false
      watch()
      for (const { pid, group: own } of alive(inGroup(group))) {
        if (!allFrozen && !frozen.has(own)) signal(pid, 'SIGCONT')
      }
    },
    kill,
    members,
    remove(group) {
      if (members(group).length > 0) return false
      frozen.delete(group.name)
      options.onRemoved(group)
      return true
    },
    async close() {
      clearInterval(guard)
      await kill()
    },
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {} // It ended meanwhile.
}
