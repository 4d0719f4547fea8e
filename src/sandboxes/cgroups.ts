// A control group of its own for every tool call: what it starts can't leave it, and it can be frozen and killed as one.
//
// Version 2 only, and no controllers needed: `cgroup.freeze` and `cgroup.kill` belong to the core.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { writeFile as writeFileLater } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { leftoversIn, runName } from './leftovers.ts'

/** Where version 2 is mounted: `/sys/fs/cgroup`, or `/sys/fs/cgroup/unified` beside version 1. */
export function cgroup2Mount(): string | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before, after] = line.split(' - ')
    if (after?.startsWith('cgroup2 ')) return before?.split(' ')[4]
  }
  return undefined
}

const parent = 'vigiles'

/** Where groups may be made. */
export interface GroupPlace {
  /** Of version 2. */
  readonly mount: string
  /** Relative to the mount, without a slash at either end; empty for the mount itself. */
  readonly below: string
}

/** For root anywhere; for others below their own group, if that was handed to them (systemd's user sessions). */
export function groupPlace(root: boolean): GroupPlace | undefined {
  const mount = cgroup2Mount()
  if (mount === undefined || root) return mount === undefined ? undefined : { mount, below: '' }
  const own = /^0::\/(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  return own === undefined || own === '' || own.startsWith('..') ? undefined : { mount, below: own }
}

/** Between two calls of {@link wakeGroups}, and for how often. */
const wakeMs = 8
const wakesMax = 25

/**
 * A first process that changes its group waits for all processors to have come round, some 20 ms; one that comes soon after
 * another does not. So ours "changes" to the group that it is in, until the first command enters its own: `done` ends it.
 */
export async function wakeGroups(done: () => boolean): Promise<void> {
  try {
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
    const mount = cgroup2Mount()
    if (own === undefined || own.startsWith('/..') || mount === undefined) return
    for (let i = 0; i < wakesMax && !done(); i++) {
      await writeFileLater(join(mount, own, 'cgroup.procs'), String(process.pid))
      await sleep(wakeMs, undefined, { ref: false })
    }
  } catch {} // It may not write there: then the first command waits.
}

export interface CallGroup {
  /** Unique in its box. With control groups, as nftables names it: relative to the mount. */
  readonly name: string
}

/** Control groups, or their likeness without them; see process-groups.ts. */
export interface BoxGroup {
  /** Waits until nothing in it runs. False when that takes longer than `timeoutMs`. */
  freeze(group?: CallGroup, timeoutMs?: number): Promise<boolean>
  thaw(group?: CallGroup): void
  /** Kills all of it; with control groups, forks in flight included. False when something is left after `timeoutMs`. */
  kill(group?: CallGroup, timeoutMs?: number): Promise<boolean>
  /** Process ids in the group, those of the whole box when none is named. */
  members(group?: CallGroup): number[]
  /** Removes a call's group when nothing is in it. */
  remove(group: CallGroup): boolean
  /** Removes the box's groups; what still runs in them is killed first. */
  close(): Promise<void>
}

export interface ControlGroups extends BoxGroup {
  readonly path: string
  /** Depth of a call's group below the mount. */
  readonly callLevel: number
  /** Makes the group of a call, empty. */
  makeCall(name: string): CallGroup
  /** The file that each process of a call writes itself into. */
  entryFile(group: CallGroup): string
}

/** Throws what mkdir throws where groups may not be made. */
export function openBoxGroup({ mount, below }: GroupPlace, box: string): ControlGroups {
  const name = posix.join(below, parent, runName(box))
  const path = join(mount, name)
  sweep(dirname(path))
  mkdirSync(path, { recursive: true })
  const under = (group?: CallGroup) => (group ? join(mount, group.name) : path)
  const members = (group?: CallGroup): number[] => {
    const own = readPids(under(group))
    return group ? own : [...own, ...children(path).flatMap(readPids)]
  }
  const write = (group: CallGroup | undefined, file: string, value: string) => {
    writeFileSync(join(under(group), file), value)
  }
  const until = async (done: () => boolean, timeoutMs: number) => {
    for (let waited = 0; !done(); waited += 1) {
      if (waited >= timeoutMs) return false
      await sleep(1)
    }
    return true
  }
  /** Its last process ended, and it was removed: there is nothing to stop. May come to pass at any moment. */
  const gone = (group: CallGroup | undefined) => group !== undefined && !existsSync(under(group))
  const event = (group: CallGroup | undefined, word: string): boolean | 'gone' => {
    try {
      return new RegExp(`^${word} 1$`, 'm').test(readFileSync(join(under(group), 'cgroup.events'), 'utf8'))
    } catch (error) {
      if (gone(group)) return 'gone'
      throw error
    }
  }
  const tell = (group: CallGroup | undefined, file: string, value: string) => {
    try {
      write(group, file, value)
    } catch (error) {
      if (!gone(group)) throw error
    }
  }
  const kill: BoxGroup['kill'] = async (group, timeoutMs = 2000) => {
    tell(group, 'cgroup.kill', '1')
    // A frozen group dies too (the kernel wakes it for that).
    return await until(() => event(group, 'populated') !== true, timeoutMs)
  }
  return {
    path,
    callLevel: name.split('/').length + 1,
    makeCall(call) {
      const group = { name: `${name}/${call}` }
      mkdirSync(under(group))
      return group
    },
    entryFile: (group) => join(under(group), 'cgroup.procs'),
    async freeze(group, timeoutMs = 1000) {
      tell(group, 'cgroup.freeze', '1')
      return await until(() => event(group, 'frozen') !== false, timeoutMs)
    },
    thaw(group) {
      tell(group, 'cgroup.freeze', '0')
    },
    kill,
    members,
    remove(group) {
      try {
        rmdirSync(under(group))
        return true
      } catch {
        return false
      }
    },
    async close() {
      if (members().length > 0) await kill()
      for (const child of children(path)) removeQuietly(child)
      removeQuietly(path)
      removeQuietly(dirname(path))
    },
  }
}

/** Groups of runs that were killed: the kernel goes through all there are, and something may still run in them. */
function sweep(folder: string): void {
  for (const left of existsSync(folder) ? leftoversIn(folder) : []) {
    try {
      writeFileSync(join(left, 'cgroup.kill'), '1')
    } catch {} // Another user's, or older than Linux 5.14.
    for (const child of children(left)) removeQuietly(child)
    removeQuietly(left)
  }
}

function children(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
}

function readPids(path: string): number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch {
    return [] // Removed meanwhile.
  }
}

/** Another box may still be in the shared parent, or a dying process in a group: both are left. */
function removeQuietly(path: string): void {
  try {
    rmdirSync(path)
  } catch {}
}
