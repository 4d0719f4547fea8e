import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { CallNamespaces } from './call-namespaces.ts'
import { kernel } from './kernel.ts'
import { descendants, processState } from './process-tree.ts'

const unshare = ['--user', '--map-root-user']
const possible = process.platform === 'linux' && spawnSync('unshare', [...unshare, 'true']).status === 0

/** Runs a shell's text in a new user namespace; resolves when it has written a line. */
async function running(words: readonly string[]): Promise<{ child: ChildProcess; pid: number }> {
  const [file = '', ...args] = words
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return { child, pid: child.pid ?? 0 }
}

describe.skipIf(!possible)('user namespaces of calls', () => {
  const children: ChildProcess[] = []
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
  })

  it('know their processes, those in namespaces below included, and no others', async () => {
    const owner = await running(['unshare', ...unshare, 'sh', '-c', 'echo; read x'])
    children.push(owner.child)
    const ownerFd = openSync(`/proc/${owner.pid}/ns/user`, 'r')
    const calls = new CallNamespaces(kernel(), ownerFd)
    const enter = ['nsenter', `--user=/proc/${owner.pid}/ns/user`, '--preserve-credentials']
    const inCall = (...below: string[]) =>
      running([...enter, 'unshare', ...unshare, ...below, 'sh', '-c', 'echo; read x'])
    const [one, two, deep] = [
      await inCall(),
      await inCall(),
      await inCall('unshare', ...unshare, 'unshare', ...unshare),
    ]
    for (const { child } of [one, two, deep]) children.push(child)
    expect(calls.add(1, one.pid)).toBe(true)
    expect(calls.add(2, two.pid)).toBe(true)
    expect([calls.callOf(one.pid), calls.callOf(two.pid)]).toEqual([1, 2])
    // Neither the owner's own, nor one further down, nor one that is another call's, nor ours.
    for (const pid of [owner.pid, deep.pid, one.pid, process.pid]) expect(calls.add(3, pid)).toBe(false)
    for (const pid of [owner.pid, deep.pid, process.pid, 2 ** 30]) expect(calls.callOf(pid)).toBe(0)
    one.child.stdin?.write('x')
    calls.remove(1)
    expect(calls.callOf(one.pid)).toBe(0)
    expect(calls.has(2)).toBe(true)
    calls.close()
    closeSync(ownerFd)
  })

  it('climb to the call from below', async () => {
    const owner = await running(['unshare', ...unshare, 'sh', '-c', 'echo; read x'])
    const ownerFd = openSync(`/proc/${owner.pid}/ns/user`, 'r')
    const calls = new CallNamespaces(kernel(), ownerFd)
    const call = await running([
      ...['nsenter', `--user=/proc/${owner.pid}/ns/user`, '--preserve-credentials', 'unshare', ...unshare],
      ...['sh', '-c', 'unshare --user --map-root-user unshare --user sleep 20 & sleep 0.2; echo; wait'],
    ])
    children.push(owner.child, call.child)
    expect(calls.add(7, call.pid)).toBe(true)
    const below = descendants([call.pid])
    expect(below).toHaveLength(1)
    expect(below.map((pid) => calls.callOf(pid))).toEqual([7])
    for (const pid of below) process.kill(pid, 'SIGKILL')
    calls.close()
    closeSync(ownerFd)
  })
})

describe.skipIf(process.platform !== 'linux')('descendants', () => {
  it('are found through all generations, and their states told', async () => {
    const { child, pid } = await running(['sh', '-c', '(sleep 20 & sleep 20 & wait) & sleep 0.2; echo; wait'])
    const found = descendants([pid])
    expect(found.length).toBeGreaterThanOrEqual(3)
    for (const one of found) process.kill(one, 'SIGSTOP')
    for (let i = 0; i < 100 && found.some((one) => processState(one) !== 'T'); i++) await sleep(10)
    expect(new Set(found.map(processState))).toEqual(new Set(['T']))
    for (const one of [...found, pid]) process.kill(one, 'SIGKILL')
    await once(child, 'exit')
    expect(processState(pid)).toBeUndefined()
    expect(descendants([pid])).toEqual([])
  })
})
