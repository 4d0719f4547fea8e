// The processes of a sandbox with their parents, those that ended included: a double fork hides nobody.

import { BoundedMap } from '../base/bounded-map.ts'
import type { JournalProcess } from '../schema/journal.ts'

/** Processes at once; of more, the oldest are forgotten. */
const processesMax = 32_768
/** Generations that are kept one by one: of a longer chain of forks, those in the middle are left out. */
const depthMax = 48
const ancestorsMax = 16
/** Kept of a command line for those who descend from it; the line about the launch itself has more. */
const cmdLineMax = 2_048

export interface ProcessNode<Tag> {
  readonly pid: number
  /** Undefined for what leads into the sandbox. */
  readonly parent: ProcessNode<Tag> | undefined
  readonly depth: number
  /** What it runs, as last read; only its process id before anything was. */
  facts: JournalProcess
  /** Programs that it became, one after the other, since it was forked. */
  execs: number
  ended: boolean
  /** What others know of it. */
  tag: Tag | undefined
}

export class ProcessTree<Tag> {
  readonly #live = new BoundedMap<number, ProcessNode<Tag>>(processesMax)

  /** Live processes that had to be forgotten. */
  get forgotten(): number {
    return this.#live.evicted
  }

  get(pid: number): ProcessNode<Tag> | undefined {
    return this.#live.get(pid)
  }

  live(): Iterable<ProcessNode<Tag>> {
    return this.#live.values()
  }

  /** A process from which others lead into the sandbox. */
  root(pid: number, tag?: Tag): ProcessNode<Tag> {
    return this.#put(pid, undefined, 0, tag)
  }

  /** Undefined when the parent is not of this tree. */
  fork(parentPid: number, pid: number, startTicks?: number): ProcessNode<Tag> | undefined {
    const parent = this.#live.get(parentPid)
    if (!parent) return undefined
    // Whoever forks and ends without end is one generation, not a chain that fills the memory.
    const above = parent.depth >= depthMax && parent.parent ? parent.parent : parent
    const node = this.#put(pid, above, above.depth + 1, undefined)
    const { cmdLine, exe, name } = parent.facts
    node.facts = {
      pid,
      ppid: parentPid,
      ...(startTicks !== undefined && { startTicks }),
      ...(name !== undefined && { name }),
      ...(cmdLine !== undefined && { cmdLine }),
      ...(exe !== undefined && { exe }),
    }
    return node
  }

  /** It runs another program; `facts` is undefined when it ended before they could be read. */
  exec(node: ProcessNode<Tag>, facts: JournalProcess | undefined): void {
    node.execs++
    const { pid, ppid, startTicks } = node.facts
    node.facts = facts
      ? withoutAncestors(facts)
      : { pid, ...(ppid !== undefined && { ppid }), ...(startTicks !== undefined && { startTicks }) }
  }

  exit(pid: number): ProcessNode<Tag> | undefined {
    const node = this.#live.get(pid)
    if (!node) return undefined
    this.#live.delete(pid)
    node.ended = true
    return node
  }

  #put(
    pid: number,
    parent: ProcessNode<Tag> | undefined,
    depth: number,
    tag: Tag | undefined,
  ): ProcessNode<Tag> {
    // A number that is used again is another process.
    this.exit(pid)
    const node = { pid, parent, depth, facts: { pid }, execs: 0, ended: false, tag }
    this.#live.set(pid, node)
    return node
  }
}

/** Parent first, up to what leads into the sandbox; the last are left out where there are too many. */
export function ancestorsOf<Tag>(node: ProcessNode<Tag>, minDepth: number): JournalProcess[] {
  const ancestors: JournalProcess[] = []
  for (let at = node.parent; at && at.depth >= minDepth && ancestors.length < ancestorsMax; at = at.parent)
    ancestors.push(at.facts)
  return ancestors
}

function withoutAncestors({ ancestors: _, ...facts }: JournalProcess): JournalProcess {
  const { cmdLine } = facts
  return cmdLine !== undefined && cmdLine.length > cmdLineMax
    ? { ...facts, cmdLine: `${cmdLine.slice(0, cmdLineMax)}…[cut]` }
    : facts
}
