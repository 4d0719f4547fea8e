// What the processes of an agent's run are: the agent itself, the hooks it starts for us, and its work – a subtree for
// each process that the agent itself started.

import type { JournalProcess } from '../../schema/journal.ts'
import type { ProcessNode } from '../../sensors/process-tree.ts'
import type { Label, SeenWork } from './told-calls.ts'

export interface AgentTag {
  /** The kernel's unit: the whole run. */
  readonly unit: number
  role: 'way-in' | 'agent' | 'hook' | 'work'
  /** Of the subtree it belongs to, when it is work or a hook. */
  readonly subtree?: Subtree
  /** What is known of it in particular: a command of an open shell. */
  label?: Label
  /** It has a line in the journal. */
  written?: boolean
}

export interface Subtree {
  /** `unit-1/PID-STARTTICKS`, as it stands in the journal. */
  readonly name: string
  readonly pid: number
  work: SeenWork | undefined
}

type Node = ProcessNode<AgentTag>

/** bubblewrap's own processes are above it; see box.ts. */
export const agentDepth = 2

export interface TagOptions {
  readonly unitName: (unit: number) => string
  /** It is exactly what was set up as a hook. */
  readonly isHook: (cmdLine: string) => boolean
  /** The folder of the agent's own package, real. */
  readonly folder: string | undefined
  readonly launched?: LaunchedAgent | undefined
}

/** An agent that npx or the like starts: what comes before it is no work of its. */
export interface LaunchedAgent {
  readonly name: string
  readonly package: string
}

/** What a process is, now that it runs a program. A process is not looked at twice: what work becomes stays work. */
export function tagFor(
  node: Node,
  facts: JournalProcess | undefined,
  { unitName, isHook, folder, launched }: TagOptions,
): AgentTag | undefined {
  const above = node.parent && tagOf(node.parent)
  if (!above) return node.tag
  const { unit } = above
  if (node.depth < agentDepth) return { unit, role: 'way-in' }
  if (node.depth === agentDepth) return { unit, role: isWayIn(facts) ? 'way-in' : 'agent' }
  if (above.subtree) return { unit, role: above.role, subtree: above.subtree }
  if (above.role === 'agent' && facts && isSameProgram(node.parent!.facts, facts, folder))
    return { unit, role: 'agent' }
  if (above.role === 'agent' && facts && launched && isLaunch(node.parent!.facts, facts, launched))
    return { unit, role: 'agent' }
  const { startTicks } = facts ?? node.facts
  const subtree: Subtree = {
    name: `${unitName(unit)}/${node.pid}${startTicks === undefined ? '' : `-${startTicks}`}`,
    pid: node.pid,
    work: undefined,
  }
  return { unit, role: isHook(facts?.cmdLine ?? '') ? 'hook' : 'work', subtree }
}

/** Of a process that runs no program of its own yet: its parent's. */
export function tagOf(node: Node): AgentTag | undefined {
  for (let at: Node | undefined = node; at; at = at.parent) if (at.tag) return at.tag
  return undefined
}

/** The nearest that is known of it and of those it descends from. */
export function labelOf(node: Node): Label | undefined {
  for (let at: Node | undefined = node; at; at = at.parent) {
    if (at.tag?.label) return at.tag.label
    if (at.tag?.subtree?.pid === at.pid) return at.tag.subtree.work?.label
  }
  return undefined
}

/** bubblewrap before it runs anything, what closes its descriptors, gives the command its signals back, and its limits. */
function isWayIn(facts: JournalProcess | undefined): boolean {
  return /^(?:(?:\/usr)?\/bin\/)?(?:bwrap --|env --default-signal=|prlimit --[a-z]+=\d|sh -c 'exec [\d<>&; -]+exec "\$@"' sh )/.test(
    facts?.cmdLine ?? '',
  )
}

/** Agents start themselves again, with more memory or for their workers: that is no tool call. */
function isSameProgram(parent: JournalProcess, child: JournalProcess, folder: string | undefined): boolean {
  const [own, other] = [programOf(parent), programOf(child)]
  if (own.script !== undefined && own.script === other.script && parent.exe === child.exe) return true
  if (folder !== undefined && other.script?.startsWith(`${folder}/`)) return true
  // A launcher of the same name: codex.js and the program that it picks for this machine.
  const name = base(own.script ?? own.first).replace(/\.[cm]?js$/, '')
  if (name === '' || shells.test(name)) return false
  return base(other.first).replace(/\.exe$/, '') === name.replace(/\.exe$/, '')
}

/** npx starts a shell, and that the agent; each package manager has its way. */
function isLaunch(parent: JournalProcess, child: JournalProcess, launched: LaunchedAgent): boolean {
  const isShell = (one: JournalProcess) => {
    const text = /^(?:\S*\/)?(?:ba|da)?sh -c (.*)/s.exec(one.cmdLine ?? '')?.[1]
    return text?.replace(/^['"\\]*/, '').startsWith(launched.name)
  }
  const { first, script } = programOf(parent)
  const byManager = managers.test(base(script ?? first))
  if (!byManager && !isShell(parent)) return false
  if (byManager && isShell(child)) return true
  const own = programOf(child)
  const path = own.script ?? own.first
  return path.includes(`/node_modules/${launched.package}/`) || base(path) === launched.name
}

const managers = /^(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|bunx?)(?:-cli)?(?:\.[cm]?js)?$/

const shells = /^(?:ba|da|z|a|k|mk)?sh$|^(?:env|python[\d.]*|node|perl|ruby|curl)$/

/**
 * First word, and the first that is no option: of an interpreter its script. A script that begins with `#!/usr/bin/env node` is
 * env for a moment: what it looks for counts.
 */
function programOf({ cmdLine = '' }: JournalProcess): { first: string; script: string | undefined } {
  const all = cmdLine.split(' ')
  const begin = base(all[0] ?? '') === 'env' ? all.findIndex((word, i) => i > 0 && !/^-|=/.test(word)) : 0
  const [first = '', ...words] = begin < 0 ? all : all.slice(begin)
  if (!/(?:^|\/)(?:node|nodejs|bun|deno|python[\d.]*|ruby|perl)$/.test(first))
    return { first, script: undefined }
  return { first, script: words.find((word) => !word.startsWith('-')) }
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
