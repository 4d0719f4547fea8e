// Faults of the machine and of the run: whatever breaks, it ends closed, recorded and recoverable.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  outside,
  processesWith,
  scratch,
  startVigiles,
  until,
  vigiles,
} from './fault-kit.ts'

describe.skipIf(missing !== undefined)(`faults${missing ? ` (${missing})` : ''}`, () => {
  const { base, fresh, close } = scratch()
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
  const policyFile = (policy: object) => {
    const file = fresh('policy')
    writeFileSync(file, JSON.stringify(policy))
    return file
  }
  /** Connects, talks for ever, and says how the connection ended. */
  const talk = (host: string) => `import socket,time
s=socket.create_connection(("${host}",${world.port}),20)
while True:
  s.sendall(b"x"*100); s.recv(100); time.sleep(0.005)`

  it('killed in the middle of a run: all of it ends, nothing is relayed, the next run clears up', async () => {
    const before = hostState()
    const dir = fresh()
    const mark = `61.${process.pid}`
    const run = startVigiles(
      [
        'run',
        '--policy',
        policyFile(world.policy()),
        '--record',
        dir,
        '--',
        'sh',
        '-c',
        `(setsid sleep ${mark} &); nohup sleep ${mark} & python3 -c '${talk('a.open.example')}'`,
      ],
      work(),
    )
    const sent = world.got()
    await until(`it talks: ${run.said()}`, () => world.got() > sent + 1000)
    const pid = run.pid ?? 0
    expect(leftoversOf(pid).length).toBeGreaterThan(0)
    run.kill('SIGKILL')
    await once(run, 'exit')
    await until('all of the sandbox ended', () => processesWith(mark).length === 0)
    await until('its connections ended', () => world.open.size === 0)
    const { state } = await verifyJournal(dir)
    expect(state).toBe('open')
    expect(networkLines(dir, 'open').map((line) => line.dstEndpoint.hostname)).toEqual(['a.open.example'])
    expect(vigiles(['verify', dir]).out).toContain('open:')
    expect(vigiles(['contain', dir, 'status']).err).toContain('No running sandbox answers')
    expect(vigiles(['run', '--record', fresh(), '--', 'true']).code).toBe(0)
    expect(leftoversOf(pid)).toEqual([])
    expect(hostState()).toEqual(before)
  })
})
