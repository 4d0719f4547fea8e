// What /proc says of a process, and which one of a few has a socket.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { BoundedMap } from '../base/bounded-map.ts'
import { readProcStat } from '../base/proc-stat.ts'
import { quietly } from '../base/quietly.ts'
import { shellWords } from '../base/shell-quote.ts'
import type { JournalProcess } from '../schema/journal.ts'
import { hasByHabit, linkIs, noteDescriptor, processMemory } from './process-memory.ts'

const limits = {
  ancestors: 16,
  /** A command line's beginning; the journal keeps less. Bytes. */
  cmdLine: 131_072,
  /** Descriptors looked through for one socket, over all processes asked. */
  descriptors: 4_096,
} as const
/** A parent that becomes another program is told of a moment later. Milliseconds. */
const parentMs = 20

/** Undefined when it ended. `stopAt`: processes whose children are no ancestors any more: what led into the sandbox. */
export function processFacts(
  pid: number,
  stopAt: ReadonlySet<number> = new Set(),
): JournalProcess | undefined {
  const own = known(pid)
  if (!own) return undefined
  const ancestors: JournalProcess[] = []
  for (
    let at = own.ppid;
    at !== undefined && at > 1 && !stopAt.has(at) && ancestors.length < limits.ancestors;
  ) {
    const parent = known(at, parentMs)
    if (!parent || stopAt.has(parent.ppid ?? 0)) break
    ancestors.push(parent)
    at = parent.ppid
  }
  const last = assembled.get(pid)
  if (last && last.own === own && sameItems(last.ancestors, ancestors)) return last.whole
  const whole = { ...own, ancestors }
  assembled.set(pid, { own, ancestors, whole })
  return whole
}

/** What was put together last, so that who has not changed is the same object. */
const assembled = new BoundedMap<
  number,
  { readonly own: object; readonly ancestors: readonly object[]; readonly whole: JournalProcess }
>(256)

function sameItems(one: readonly object[], other: readonly object[]): boolean {
  return one.length === other.length && one.every((item, i) => item === other[i])
}

const remembered = processMemory(readProcess, () => performance.now())

function known(pid: number, trustedMs?: number): JournalProcess | undefined {
  return quietly(() => remembered(pid, trustedMs))
}

/** Looked at anew, and without its ancestors; undefined when it ended. */
export function oneProcess(pid: number): JournalProcess | undefined {
  return quietly(() => readProcess(pid))
}

function readProcess(pid: number): JournalProcess {
  const { name, fields } = readProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  const cmdLine = readCmdLine(pid)
  const exe = quietly(() => readlinkSync(`/proc/${pid}/exe`))
  return {
    pid,
    ppid: Number(fields[1]),
    name,
    startTicks: Number(fields[19]),
    ...(cmdLine !== '' && { cmdLine }),
    ...(exe !== undefined && { exe }),
  }
}

function readCmdLine(pid: number): string {
  const bytes = readFileSync(`/proc/${pid}/cmdline`)
  if (bytes.length === 0) return '' // It ended, and nobody asked for its end yet.
  const words = bytes.subarray(0, limits.cmdLine).toString('utf8').replace(/\0+$/, '').split('\0')
  return shellWords(words)
}

/** Which of the processes holds the socket with this inode; several may share it, the first is named. */
export function socketHolder(pids: Iterable<number>, inode: number): number | undefined {
  const wanted = `socket:[${inode}]`
  let looked = 0
  for (const pid of pids) {
    if (hasByHabit(pid, (path) => linkIs(path, wanted))) return pid
    const fds = quietly(() => readdirSync(`/proc/${pid}/fd`)) ?? []
    // The newest socket has a high number as a rule.
    for (let i = fds.length - 1; i >= 0; i--) {
      if (++looked > limits.descriptors) return undefined
      if (!linkIs(`/proc/${pid}/fd/${fds[i]}`, wanted)) continue
      noteDescriptor(pid, Number(fds[i]))
      return pid
    }
  }
  return undefined
}
