import { describe, expect, it } from 'vitest'
import type { JournalProcess } from '../../schema/journal.ts'
import type { ProcessNode } from '../../sensors/process-tree.ts'
import { type AgentTag, tagFor } from './agent-processes.ts'

const launched = { name: 'claude', package: '@anthropic-ai/claude-code' }
const options = { unitName: () => 'unit-1', isHook: () => false, folder: undefined, launched }

/** Each starts the next; the first stands below what bubblewrap starts. */
function rolesOf(...commands: string[]): (string | undefined)[] {
  let parent: ProcessNode<AgentTag> = node(0, undefined, 'bwrap --args 5')
  parent.tag = { unit: 1, role: 'way-in' }
  parent = node(1, parent, 'env --default-signal= npm')
  parent.tag = { unit: 1, role: 'way-in' }
  return commands.map((cmdLine, i) => {
    const next = node(i + 2, parent, cmdLine)
    const tag = tagFor(next, next.facts, options)
    if (tag) next.tag = tag
    parent = next
    return tag?.role
  })
}

function node(
  depth: number,
  parent: ProcessNode<AgentTag> | undefined,
  cmdLine: string,
): ProcessNode<AgentTag> {
  const facts: JournalProcess = { pid: 100 + depth, startTicks: depth, cmdLine, exe: '/usr/bin/node' }
  return { pid: facts.pid, depth, parent, facts, tag: undefined } as unknown as ProcessNode<AgentTag>
}

describe('processes of an agent that a package manager starts', () => {
  const script = '/home/agent/project/node_modules/.bin/claude'

  it('are the agent down to its own script', () => {
    expect(
      rolesOf('npm exec @anthropic-ai/claude-code -p hi', 'sh -c claude -p hi', `node ${script} -p hi`),
    ).toEqual(['agent', 'agent', 'agent'])
  })

  it('are so too while env still looks for the interpreter', () => {
    for (const env of ['/usr/bin/env node', '/usr/bin/env -S node', 'env NODE_ENV=x node']) {
      expect(rolesOf('npm exec @anthropic-ai/claude-code', 'sh -c claude', `${env} ${script} -p hi`)).toEqual(
        ['agent', 'agent', 'agent'],
      )
    }
  })

  it('are work when they are anything else', () => {
    expect(
      rolesOf('npm exec @anthropic-ai/claude-code', 'sh -c claude', 'env curl http://192.0.2.9/'),
    ).toEqual(['agent', 'agent', 'work'])
    expect(rolesOf(`node ${script}`, 'bash -c curl x', 'curl x')).toEqual(['agent', 'work', 'work'])
  })
})
