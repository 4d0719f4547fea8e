// Sandboxes beside, after and inside each other's time: opened twice, closed in the middle, used after their end.

import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import {
  hostState,
  leftoversOf,
  linesOf,
  missing,
  networkLines,
  type Outside,
  openOutside,
  processesWith,
  scratch,
  startVigiles,
  until,
} from './fault-kit.ts'

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`the life of a sandbox${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  let world: Outside
  beforeAll(async () => {
    world = await openOutside()
  })
  afterAll(async () => {
    await world.close()
    close()
  })
  const work = () => {
    const folder = fresh('work')
    mkdirSync(folder)
    return folder
  }
  const sh = (id: string, command: string) => ({ command, toolCall: { id, name: 'sh' } })
  const fetch = (host: string) => `curl -s -m 20 -o /dev/null http://${host}:${world.port}/; echo $?`

  it('eight at once in one process: each has its own connections, identities and end', async () => {
    const before = hostState()
    const sandboxes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const dir = fresh()
        return { dir, sandbox: await openSandbox({ record: dir, policy: world.policy(), workdir: work() }) }
      }),
    )
    const outputs = await Promise.all(
      sandboxes.map(({ sandbox }, i) =>
        sandbox.exec(sh(`call-${i}`, `${fetch('denied.example')}; echo mine > own; ls`)),
      ),
    )
    expect(outputs.map(({ stdout }) => stdout)).toEqual(Array(8).fill('7\nown\n'))
    await Promise.all(sandboxes.map(({ sandbox }) => sandbox.close()))
    for (const [i, { dir }] of sandboxes.entries()) {
      expect(networkLines(dir, 'refuse').map((line) => line.actor.toolCall)).toEqual([`call-${i}`])
      expect((await verifyJournal(dir)).state).toBe('sealed')
    }
    expect(leftoversOf(process.pid)).toEqual([])
    expect(hostState()).toEqual(before)
  })

  it('closed while commands run: they end, what they left behind too, and the recording is sealed', async () => {
    const dir = fresh()
    const mark = `63.${process.pid}`
    const sandbox = await openSandbox({ record: dir, workdir: work() })
    const running = ['a', 'b'].map((id) => sandbox.exec(sh(id, `(setsid sleep ${mark} &); sleep ${mark}`)))
    await until('they run', () => processesWith(mark).length >= 4)
    await Promise.all([sandbox.close(), sandbox.close()])
    for (const one of await Promise.all(running)) expect(one.exitCode === 0).toBe(false)
    expect(processesWith(mark)).toEqual([])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('closed while a command is being started: that one fails in plain words, or ends', async () => {
    const sandbox = await openSandbox({ record: fresh(), workdir: work() })
    const starting = Array.from({ length: 20 }, (_, i) => sandbox.exec(sh(`c${i}`, 'sleep 20')))
    const ends = Promise.allSettled(starting)
    await sandbox.close()
    for (const end of await ends) {
      if (end.status === 'fulfilled') expect(end.value.exitCode === 0).toBe(false)
      else expect(end.reason.message).toContain('was closed')
    }
  })

  it('used after its end: refused in plain words', async () => {
    const dir = fresh()
    const sandbox = await openSandbox({ record: dir, workdir: work() })
    await sandbox.close()
    await expect(sandbox.exec(sh('late', 'true'))).rejects.toThrow('was closed')
    expect(await sandbox.freeze()).toMatchObject({ ok: false, detail: expect.stringContaining('was closed') })
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('a recording that another one writes, or wrote: refused, and the first goes on', async () => {
    const dir = fresh()
    const first = await openSandbox({ record: dir, workdir: work() })
    await expect(openSandbox({ record: dir, workdir: work() })).rejects.toThrow('is not empty')
    expect((await first.exec(sh('one', 'echo on'))).stdout).toBe('on\n')
    await first.close()
    await expect(openSandbox({ record: dir, workdir: work() })).rejects.toThrow('is not empty')
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('a work folder that is missing, or a file: refused in plain words, nothing is left', async () => {
    const file = fresh('file')
    writeFileSync(file, '')
    for (const workdir of [join(file, 'below'), fresh('nowhere'), file]) {
      await expect(openSandbox({ record: fresh(), workdir })).rejects.toMatchObject({
        name: 'OperatorError',
        message: expect.stringContaining('The work folder'),
      })
    }
    expect(leftoversOf(process.pid)).toEqual([])
  })

  it('a recording inside the work folder: covered, and out of reach', async () => {
    const workdir = work()
    const dir = join(workdir, 'deep', 'record')
    await using sandbox = await openSandbox({ record: dir, workdir })
    const { stdout } = await sandbox.exec(
      sh(
        'one',
        'ls deep/record; cat deep/record/journal.jsonl; echo x > deep/record/journal.jsonl; mv deep gone; rm -rf deep; echo',
      ),
    )
    expect(stdout).toBe('\n')
    expect(readdirSync(dir)).toContain('journal.jsonl')
    expect(linesOf(dir).length).toBeGreaterThan(1)
  })

  it('a policy file that changes while it runs: what was read at the start holds, inside nobody can write it', async () => {
    const workdir = work()
    const policy = join(workdir, 'policy.yaml')
    const dir = fresh()
    writeFileSync(policy, JSON.stringify({ version: 1 }))
    await using sandbox = await openSandbox({ record: dir, policy, workdir })
    await sandbox.exec(sh('in', 'echo "version: 1" > policy.yaml; rm -f policy.yaml; mv policy.yaml gone'))
    writeFileSync(policy, JSON.stringify({ version: 1, allow: [{ host: 'any' }] }))
    expect((await sandbox.exec(sh('out', fetch('a.open.example')))).stdout).toBe('7\n')
  })

  it('one source port for many destinations, one after the other and at once: each connects as itself', async () => {
    const workdir = work()
    writeFileSync(
      join(workdir, 'same.py'),
      `import socket
kept, ends = [], []
for i in range(16):
  s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', 45678)); s.settimeout(15)
  s.connect(('same%d.open.example' % i, ${world.port})); s.sendall(b'hello'); ends.append(s.recv(5))
  if i % 2: s.close()
  else: kept.append(s)
print(len(ends), set(ends))`,
    )
    const dir = fresh()
    await using sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    const same = await sandbox.exec({
      command: ['python3', 'same.py'],
      toolCall: { id: 'same', name: 'python' },
    })
    expect([same.stdout, same.stderr]).toEqual(["16 {b'hello'}\n", ''])
    expect(networkLines(dir, 'open').map((line) => line.dstEndpoint.hostname)).toEqual(
      Array.from({ length: 16 }, (_, i) => `same${i}.open.example`),
    )
  })

  it('phases: a rule for one holds for the calls that are in it', async () => {
    const { allow, ...rest } = world.policy() as { allow: object[] }
    const policy = { ...rest, phases: { setup: { allow } } }
    const dir = fresh()
    await using sandbox = await openSandbox({ record: dir, policy, workdir: work(), phase: 'setup' })
    const ask = async (id: string, phase?: 'agent' | 'verify') =>
      (await sandbox.exec({ ...sh(id, fetch('a.open.example')), ...(phase && { phase }) })).stdout.trim()
    // 7: refused.
    expect([await ask('setup'), await ask('agent', 'agent'), await ask('verify', 'verify')]).toEqual([
      '0',
      '7',
      '7',
    ])
    expect(networkLines(dir, 'refuse').map((line) => line.policy?.code)).toEqual(['phase', 'phase'])
    expect(
      linesOf(dir).flatMap((line) =>
        line.class === 'execute_tool' && line.activity === 'start' ? [line.phase] : [],
      ),
    ).toEqual(['setup', 'agent', 'verify'])
    const misspelt = { ...sh('no', 'true'), phase: 'set-up' as 'setup' }
    await expect(sandbox.exec(misspelt)).rejects.toThrow('A phase is setup, agent, verify')
  })

  it('phases of `vigiles run`', async () => {
    const { allow, ...rest } = world.policy() as { allow: object[] }
    const policy = fresh('policy')
    writeFileSync(policy, JSON.stringify({ ...rest, phases: { verify: { allow } } }))
    const run = async (...phase: string[]) => {
      const words = [
        '--quiet',
        '--policy',
        policy,
        '--record',
        fresh(),
        '--',
        'sh',
        '-c',
        fetch('a.open.example'),
      ]
      const child = startVigiles(['run', ...phase, ...words], work())
      const [code] = await once(child, 'close')
      return `${code} ${child.said()}`
    }
    expect(await run('--phase', 'verify')).toBe('0 0\n')
    expect(await run()).toBe('0 7\n')
    expect(await run('--phase', 'later')).toMatch(/^2 --phase wants setup, agent, verify/)
  })
})
