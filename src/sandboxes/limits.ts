// How much of the machine a sandbox may use: by control groups where the kernel has them, else process by process.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join, posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { succeeds } from '../base/quietly.ts'
import type { Policy } from '../schema/policy.ts'
import { leftoversIn, runName } from './leftovers.ts'
import { type Controller, ownVersion1Groups } from './version1-groups.ts'

export type Resources = Policy['resources']
export type LimitName = keyof Resources

export interface HeldLimit {
  readonly by: 'cgroup-v2' | 'cgroup-v1' | 'rlimit' | 'none'
  /** Bytes, processes or cores; absent when none was asked for. */
  readonly value?: number
  /** What is weaker than asked, in words. */
  readonly weaker?: string
}

export type LimitReport = Readonly<Record<LimitName, HeldLimit>>

export interface Limits {
  readonly report: LimitReport
  /** Each is written the id of every process that enters (`0` by the process itself); its children follow. */
  readonly procsFiles: readonly string[]
  /** Words to put in front of a command that enters; empty where groups do it. */
  readonly prefix: readonly string[]
  add(pid: number): void
  /** Removes the groups; to be called when nothing runs in them. */
  close(): Promise<void>
}

export interface LimitOptions {
  readonly resources: Resources
  /** Unique on this machine while the sandbox lives. */
  readonly name: string
  /** The sandbox's own group of version 2 and where that version is mounted; see cgroups.ts. */
  readonly group?: { readonly path: string; readonly mount: string }
}

const processesDefault = 4096
const memoryShareDefault = 0.8

/** What holds when a policy says nothing: the machine stays usable. */
export function withDefaults(resources: Resources, memoryBytes = totalmem()): Resources {
  return {
    memory: Math.floor(memoryBytes * memoryShareDefault),
    processes: processesDefault,
    ...resources,
  }
}

const names: readonly LimitName[] = ['memory', 'processes', 'cpu']
const controllers: Readonly<Record<LimitName, Controller>> = {
  memory: 'memory',
  processes: 'pids',
  cpu: 'cpu',
}
const periodUs = 100_000

/** Never throws: what can't be held stands in the report. */
export function openLimits({ resources, name, group }: LimitOptions): Limits {
  const report: Partial<Record<LimitName, HeldLimit>> = {}
  const made: string[] = []
  const prefix: string[] = []
  for (const limit of names) {
    const value = resources[limit]
    if (value === undefined) {
      report[limit] = { by: 'none' }
    } else if (group && version2(group, limit, value)) {
      report[limit] = { by: 'cgroup-v2', value }
    } else {
      const path = version1(name, limit, value)
      if (path === undefined) {
        const most = Math.min(value, ownHardLimit(limit))
        const held = byProcess(limit, most)
        report[limit] = held
        prefix.push(...(held.by === 'rlimit' ? words(limit, most) : []))
      } else {
        made.push(path)
        report[limit] = { by: 'cgroup-v1', value }
      }
    }
  }
  const procsFiles = made.map((path) => join(path, 'cgroup.procs'))
  return {
    report: report as LimitReport,
    procsFiles,
    prefix: prefix.length === 0 ? [] : ['/usr/bin/prlimit', ...prefix, '--'],
    add(pid) {
      for (const file of procsFiles) writeFileSync(file, String(pid))
    },
    async close() {
      for (const path of made) await remove(path)
    },
  }
}

/** Controllers are switched on along the way down to the group's parent; false where that may not be. */
function version2(group: { path: string; mount: string }, limit: LimitName, value: number): boolean {
  const controller = controllers[limit]
  return succeeds(() => {
    const way = posix.relative(group.mount, posix.dirname(group.path)).split('/').filter(Boolean)
    for (let i = 0; i <= way.length; i++) {
      const control = join(group.mount, ...way.slice(0, i), 'cgroup.subtree_control')
      if (!readFileSync(control, 'utf8').split(/\s+/).includes(controller))
        writeFileSync(control, `+${controller}`)
    }
    for (const [file, text] of version2Files(limit, value)) writeFileSync(join(group.path, file), text)
    // Not all kernels count swap.
    if (limit === 'memory') succeeds(() => writeFileSync(join(group.path, 'memory.swap.max'), '0'))
  })
}

function version2Files(limit: LimitName, value: number): [string, string][] {
  if (limit === 'memory') return [['memory.max', String(value)]]
  if (limit === 'processes') return [['pids.max', String(value)]]
  return [['cpu.max', `${Math.ceil(value * periodUs)} ${periodUs}`]]
}

/** Below our own group: a sandbox must not get more than we have. */
function version1(name: string, limit: LimitName, value: number): string | undefined {
  const own = ownVersion1Groups().get(controllers[limit])
  if (own === undefined) return undefined
  // Empty groups of killed runs; a kernel that has many of them gets slow.
  succeeds(() => {
    for (const left of leftoversIn(own)) succeeds(() => rmdirSync(left))
  })
  const path = join(own, runName(name))
  const set = (file: string, text: string) => writeFileSync(join(path, file), text)
  const done = succeeds(() => {
    mkdirSync(path, { recursive: true })
    if (limit === 'memory') {
      set('memory.limit_in_bytes', String(value))
      succeeds(() => set('memory.memsw.limit_in_bytes', String(value)))
    } else if (limit === 'processes') {
      set('pids.max', String(value))
    } else {
      set('cpu.cfs_period_us', String(periodUs))
      set('cpu.cfs_quota_us', String(Math.ceil(value * periodUs)))
    }
  })
  if (done) return path
  succeeds(() => rmdirSync(path))
  return undefined
}

function byProcess(limit: LimitName, value: number): HeldLimit {
  if (limit === 'memory') {
    return { by: 'rlimit', value, weaker: 'each process may use that much, not all of them together' }
  }
  if (limit === 'processes') {
    return { by: 'rlimit', value, weaker: 'each command may have that many, not all of them together' }
  }
  return { by: 'none', value, weaker: 'processor time can only be limited by a control group' }
}

/** Nobody but root can raise what was set for us: to ask for more would fail. */
function ownHardLimit(limit: LimitName): number {
  const title = limit === 'memory' ? 'Max data size' : limit === 'processes' ? 'Max processes' : undefined
  if (title === undefined) return Number.POSITIVE_INFINITY
  try {
    // Name, soft limit, hard limit: a number or `unlimited`.
    const text = readFileSync('/proc/self/limits', 'latin1')
    const hard = new RegExp(`^${title} +\\S+ +(\\d+) `, 'm').exec(text)?.[1]
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Data, not address space: Node reserves gigabytes of addresses that it never uses. */
function words(limit: LimitName, value: number): string[] {
  return limit === 'memory' ? [`--data=${value}:${value}`] : [`--nproc=${value}:${value}`]
}

const removeTries = 100

/** The last process may still be dying. */
async function remove(path: string): Promise<void> {
  for (let tries = 0; tries < removeTries; tries++) {
    if (succeeds(() => rmdirSync(path))) return
    await sleep(10)
  }
}
