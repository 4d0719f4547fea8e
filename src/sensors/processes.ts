// The processes of a sandbox, as they start, become other programs and end: from the kernel's reports where they can be
// had, else by looking at /proc again and again.

import { uptime } from 'node:os'
import type { JournalProcess } from '../schema/journal.ts'
import { LossCounter, processEventsIn } from './process-connector.ts'
import { type ProcessNode, ProcessTree } from './process-tree.ts'

export interface ProcessSensorOptions<Tag> {
  /** The kernel's messages from now on; undefined where it gives none. */
  readonly open: (onMessages: (bytes: Uint8Array) => void) => Promise<{ close(): void } | undefined>
  /** What /proc says of a process; undefined when it ended. */
  readonly facts: (pid: number) => JournalProcess | undefined
  /** Process ids of all that runs in the sandbox. */
  readonly members: () => readonly number[]
  /** It runs a program, its first or another one. `facts` holds all of its command line. */
  readonly onLaunch: (node: ProcessNode<Tag>, facts: JournalProcess | undefined) => void
  readonly onExit: (node: ProcessNode<Tag>, end: { exitCode?: number; signal?: number }) => void
}

export interface ProcessSensor<Tag> {
  readonly by: 'kernel-events' | 'polling'
  readonly tree: ProcessTree<Tag>
  /** Reports that were lost; what they told of is found in /proc when it is next looked at. */
  readonly lost: number
  /** All that descends from this process from now on. */
  watch(pid: number, tag?: Tag): void
  /** The process in the tree, looked up with its parents when it is not known yet. */
  see(pid: number): ProcessNode<Tag> | undefined
  close(): void
}

const pollMs = 50
/** After a loss: at most so often. */
const resyncMs = 250
const earlyMax = 4_096

export async function startProcessSensor<Tag>(
  options: ProcessSensorOptions<Tag>,
): Promise<ProcessSensor<Tag>> {
  const { facts, members, onLaunch, onExit } = options
  const tree = new ProcessTree<Tag>()
  const losses = new LossCounter()
  /** Looked up before the kernel's reports on them were read. */
  const early = new Set<number>()
  let lost = 0
  /** Told after all reports that are there were read: a short-lived process is read before it is gone, or never. */
  let toTell: (() => void)[] = []
  const tell = (what: () => void) => {
    if (toTell.length === 0) setImmediate(flush)
    toTell.push(what)
  }
  function flush(): void {
    const now = toTell
    toTell = []
    for (const what of now) what()
  }
  let resync: NodeJS.Timeout | undefined
  const opened = await options.open((bytes) => {
    for (const event of processEventsIn(bytes)) {
      const missing = losses.lost(event)
      lost = Math.max(0, lost + missing)
      if (missing > 0) {
        resync ??= setTimeout(look, resyncMs)
        resync.unref()
      }
      if (event.kind === 'fork') {
        // Seen in /proc before its report was read.
        if (!early.has(event.pid)) tree.fork(event.parent, event.pid, ticksOf(event.ns))
      } else if (event.kind === 'exec') launch(tree.get(event.pid))
      else if (event.kind === 'exit') {
        const node = tree.exit(event.pid)
        early.delete(event.pid)
        if (node)
          tell(() =>
            onExit(node, event.signal === 0 ? { exitCode: event.exitCode } : { signal: event.signal }),
          )
      }
    }
  })
  let timer: NodeJS.Timeout | undefined
  if (!opened) poll(pollMs)

  /** Many processes take long to look at: at most a tenth of the time is spent on that. */
  function poll(afterMs: number): void {
    timer = setTimeout(() => {
      const startedAt = performance.now()
      look()
      poll(Math.max(pollMs, 9 * (performance.now() - startedAt)))
    }, afterMs)
    timer.unref()
  }

  function launch(node: ProcessNode<Tag> | undefined): void {
    if (!node) return
    const read = facts(node.pid)
    const known = early.delete(node.pid) && read?.exe === node.facts.exe && sameStart(read?.cmdLine, node)
    if (known) return
    tree.exec(node, read)
    tell(() => onLaunch(node, read))
  }

  /** Compares the tree with what runs. */
  function look(): void {
    resync = undefined
    const running = new Set(members())
    for (const pid of running) {
      const node = tree.get(pid)
      if (!node) see(pid)
      else if (!opened) becameAnother(node)
    }
    for (const node of [...tree.live()]) {
      if (running.has(node.pid) || node.depth === 0 || facts(node.pid)) continue
      tree.exit(node.pid)
      tell(() => onExit(node, {}))
    }
  }

  function becameAnother(node: ProcessNode<Tag>): void {
    const now = facts(node.pid)
    // One that ended and was not asked for its end yet has no command line.
    if (now?.cmdLine === undefined || (now.cmdLine === node.facts.cmdLine && now.exe === node.facts.exe))
      return
    if (now.exe === node.facts.exe && sameStart(now.cmdLine, node)) return
    tree.exec(node, now)
    tell(() => onLaunch(node, now))
  }

  function see(pid: number): ProcessNode<Tag> | undefined {
    const known = tree.get(pid)
    if (known) return known
    const chain: JournalProcess[] = []
    let at: number | undefined = pid
    while (at !== undefined && at > 1 && !tree.get(at) && chain.length < 64) {
      const read = facts(at)
      if (!read) return undefined
      chain.push(read)
      at = read.ppid
    }
    if (at === undefined || !tree.get(at)) return undefined
    let parent = at
    let node: ProcessNode<Tag> | undefined
    for (const read of chain.reverse()) {
      const made = tree.fork(parent, read.pid)
      node = made
      if (made) {
        tree.exec(made, read)
        tell(() => onLaunch(made, read))
        if (opened && early.size < earlyMax) early.add(read.pid)
      }
      parent = read.pid
    }
    return node
  }

  return {
    by: opened ? 'kernel-events' : 'polling',
    tree,
    get lost() {
      return lost
    },
    watch(pid, tag) {
      tree.root(pid, tag)
      // What it forked before it was known here; the kernel's reports on that are still to be read.
      if (!opened) for (const member of members()) see(member)
    },
    see(pid) {
      const node = see(pid)
      flush()
      return node
    },
    close() {
      flush()
      opened?.close()
      clearTimeout(timer)
      clearTimeout(resync)
    },
  }
}

/** Of a time on the monotonic clock; /proc counts from boot, which differs by the time the machine slept. */
function ticksOf(ns: number): number {
  const sleptNs = uptime() * 1e9 - Number(process.hrtime.bigint())
  return Math.floor((ns + (sleptNs > 1e9 ? sleptNs : 0)) / 1e7)
}

/** In the tree a long command line is cut. */
function sameStart(cmdLine: string | undefined, { facts }: ProcessNode<unknown>): boolean {
  const known = facts.cmdLine?.replace(/…\[cut\]$/, '')
  return (
    known === cmdLine || (known !== undefined && known.length >= 2_048 && cmdLine?.startsWith(known) === true)
  )
}
