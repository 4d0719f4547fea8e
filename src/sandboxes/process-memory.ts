// What /proc said of processes, used again while the kernel says that they are the same programs as before.
//
// A program that opens a thousand connections a second is looked at once, and asked a thousand times whether it is still
// itself. Process ids are the machine's, so all sandboxes share one memory, and a bound on the descriptors it holds.

import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'
import { BoundedMap } from '../base/bounded-map.ts'

const limits = {
  /** Each holds a descriptor. */
  processes: 64,
  /** A process may write over its own command line without the kernel's notice. Milliseconds. */
  textMs: 1_000,
  /** Descriptors remembered for each process. */
  descriptors: 64,
  /** Of these, so many are tried before all are looked through. */
  tries: 12,
} as const

interface Known<T> {
  readonly fd: number
  readonly mark: string
  readonly until: number
  checkedAt: number
  readonly facts: T
}

const bytes = Buffer.alloc(2_048)

/**
 * Facts of processes by their id; `read` looks anew. Throws what `read` throws, and what /proc says of who ended.
 * `trustedMs`: not asked again for so long whether it is still itself.
 */
export function processMemory<T>(
  read: (pid: number) => T,
  now: () => number,
): (pid: number, trustedMs?: number) => T {
  const known = new BoundedMap<number, Known<T>>(limits.processes, (_, { fd }) => closeSync(fd))
  const forget = (pid: number) => {
    const one = known.get(pid)
    if (!one) return
    known.delete(pid)
    closeSync(one.fd)
  }
  return (pid, trustedMs = 0) => {
    const one = known.get(pid)
    const at = now()
    if (one && one.until > at) {
      if (at - one.checkedAt < trustedMs) return one.facts
      one.checkedAt = at
      if (one.mark === markOf(one.fd)) return one.facts
    }
    forget(pid)
    const fd = openSync(`/proc/${pid}/stat`, 'r')
    let mark: string | undefined
    try {
      // Before the facts: what changes meanwhile shows as another mark the next time.
      mark = markOf(fd)
      const facts = read(pid)
      if (mark === undefined) return facts
      known.set(pid, { fd, mark, until: at + limits.textMs, checkedAt: at, facts })
      return facts
    } catch (error) {
      mark = undefined
      throw error
    } finally {
      if (mark === undefined) closeSync(fd)
    }
  }
}

/**
 * Its parent, when it started, and where its stack and arguments lie, which every exec draws anew; as in
 * `812 (curl) S 811 … 0` of /proc/PID/stat. Undefined when it ended, or the kernel does not tell where they lie.
 */
function markOf(fd: number): string | undefined {
  let text: string
  try {
    text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0))
  } catch {
    return undefined
  }
  const close = text.lastIndexOf(')')
  let mark = text.slice(text.indexOf('('), close)
  let from = close + 2
  for (let field = 0; field <= lastField; field++) {
    const to = text.indexOf(' ', from)
    if (to < 0) return undefined
    if (markFields.has(field)) {
      const value = text.slice(from, to)
      if (field === argumentsField && value === '0') return undefined
      mark += ` ${value}`
    }
    from = to + 1
  }
  return mark
}

/** Counted from the state on, which is field 3 in proc_pid_stat(5): ppid, starttime, startstack, arg_start, arg_end, env_start. */
const argumentsField = 45
const lastField = 47
const markFields: ReadonlySet<number> = new Set([1, 19, 25, argumentsField, 46, lastField])

interface Descriptors {
  /** Where its sockets were; the longest ago first. */
  fds: number[]
  /** The last one had the number after the one before. */
  grew: boolean
}

const descriptorsOf = new BoundedMap<number, Descriptors>(limits.processes)

/** Whether the process has the socket where it would have it by its habit: the number that it closed longest ago, or the next. */
export function hasByHabit(pid: number, isSocket: (path: string) => boolean): boolean {
  const known = descriptorsOf.get(pid)
  if (!known) return false
  const { fds, grew } = known
  const last = fds.at(-1) ?? 0
  if (grew && isSocket(`/proc/${pid}/fd/${last + 1}`)) {
    noteDescriptor(pid, last + 1)
    return true
  }
  for (let i = 0; i < fds.length && i < limits.tries; i++) {
    const fd = fds[i] ?? 0
    if (!isSocket(`/proc/${pid}/fd/${fd}`)) continue
    noteDescriptor(pid, fd)
    return true
  }
  return false
}

export function noteDescriptor(pid: number, fd: number): void {
  const known = descriptorsOf.get(pid)
  if (!known) {
    descriptorsOf.set(pid, { fds: [fd], grew: false })
    return
  }
  known.grew = fd === (known.fds.at(-1) ?? 0) + 1
  const at = known.fds.indexOf(fd)
  if (at >= 0) known.fds.splice(at, 1)
  known.fds.push(fd)
  if (known.fds.length > limits.descriptors) known.fds.shift()
}

/** The link is no way to the file: nothing of a hostile file system is asked. */
export function linkIs(path: string, wanted: string): boolean {
  try {
    return readlinkSync(path) === wanted
  } catch {
    return false
  }
}
