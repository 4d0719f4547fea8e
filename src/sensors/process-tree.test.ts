import { describe, expect, it } from 'vitest'
import { ancestorsOf, ProcessTree } from './process-tree.ts'

describe('the process tree', () => {
  it('keeps the parents of a double fork after they ended', () => {
    const tree = new ProcessTree<string>()
    tree.root(1, 'run')
    const agent = tree.fork(1, 2)!
    tree.exec(agent, { pid: 2, cmdLine: 'agent' })
    tree.fork(2, 3)
    const daemon = tree.fork(3, 4)!
    tree.exit(3)
    tree.exec(daemon, { pid: 4, cmdLine: 'ssh -N x' })
    expect(tree.get(4)).toBe(daemon)
    expect(ancestorsOf(daemon, 1).map(({ pid }) => pid)).toEqual([3, 2])
    expect(daemon.parent?.parent?.parent?.tag).toBe('run')
  })

  it('knows nothing of what does not descend from its roots', () => {
    const tree = new ProcessTree()
    tree.root(1)
    expect(tree.fork(77, 78)).toBeUndefined()
    expect(tree.get(78)).toBeUndefined()
  })

  it('takes a process id that is used again for another process', () => {
    const tree = new ProcessTree()
    tree.root(1)
    const first = tree.fork(1, 5)!
    const second = tree.fork(1, 5)!
    expect(first.ended).toBe(true)
    expect(tree.get(5)).toBe(second)
  })

  it('does not grow with a chain of forks that never ends, nor forget what it comes from', () => {
    const tree = new ProcessTree<string>()
    tree.root(1, 'run')
    let last = 1
    for (let pid = 2; pid < 20_000; pid++) {
      tree.fork(last, pid)
      tree.exit(last)
      last = pid
    }
    let node = tree.get(last)
    let steps = 0
    for (; node?.parent; node = node.parent) steps++
    expect(node?.tag).toBe('run')
    expect(steps).toBeLessThan(100)
    expect([...tree.live()]).toHaveLength(1)
  })
})
