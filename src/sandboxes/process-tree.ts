// The processes of a sandbox, found as the descendants of those that lead into it.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { readProcStat } from '../base/proc-stat.ts'
import { quietly } from '../base/quietly.ts'

/** More than a sandbox may have; beyond it a process is not seen. */
const processesMax = 32_768

/** Descendants of `roots`, without these. One that gets another parent meanwhile can be missed: ask again. */
export function descendants(roots: Iterable<number>): number[] {
  const waiting = [...roots]
  const seen = new Set(waiting)
  const found: number[] = []
  const below = hasChildrenFiles() ? childrenByFile : childrenByParent()
  for (let pid = waiting.pop(); pid !== undefined && found.length < processesMax; pid = waiting.pop()) {
    for (const child of below(pid)) {
      if (seen.has(child)) continue
      seen.add(child)
      found.push(child)
      waiting.push(child)
    }
  }
  return found
}

export function childrenOf(pid: number): readonly number[] {
  return hasChildrenFiles() ? childrenByFile(pid) : childrenByParent()(pid)
}

/** What /proc/PID/stat calls it: `R`, `S`, `T` (stopped), `Z` (ended)…; undefined when it is gone. */
export function processState(pid: number): string | undefined {
  return statFields(pid)?.[0]
}

function statFields(pid: number): readonly string[] | undefined {
  return quietly(() => readProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).fields)
}

let childrenFiles: boolean | undefined

/** Most kernels have them (CONFIG_PROC_CHILDREN). */
function hasChildrenFiles(): boolean {
  childrenFiles ??= existsSync(`/proc/self/task/${process.pid}/children`)
  return childrenFiles
}

/** Each thread has children of its own. */
function childrenByFile(pid: number): number[] {
  const folder = `/proc/${pid}/task`
  // A folder's links: itself, the one above, and one for each thread.
  const links = quietly(() => statSync(folder).nlink) ?? 0
  const threads = links === 3 ? [pid] : links === 0 ? [] : (quietly(() => readdirSync(folder)) ?? [])
  return threads.flatMap((thread) => {
    const text = quietly(() => readFileSync(`${folder}/${thread}/children`, 'latin1')) ?? ''
    return text.split(' ').filter(Boolean).map(Number)
  })
}

/** All processes of the machine are looked at once. */
function childrenByParent(): (pid: number) => readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of quietly(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statFields(Number(name))?.[1])
    const list = children.get(parent)
    if (list) list.push(Number(name))
    else children.set(parent, [Number(name)])
  }
  return (pid) => children.get(pid) ?? []
}
