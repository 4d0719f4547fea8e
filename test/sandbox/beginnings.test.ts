// The first moments of a run, while what watches it is still being loaded: whatever breaks then, it ends closed.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
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
} from './fault-kit.ts'

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`beginnings${missing ? ` (${missing})` : ''}`, () => {
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

  it.each(['watching.ts', 'gateway.ts', 'detector.ts'])(
    '%s cannot be loaded: what ran ends, and nothing more is started',
    (file) => {
      const [dir, folder] = [fresh(), work()]
      const broken = `export const resolve = (name, from, next) => {
      if (name.endsWith('/${file}')) throw new Error('${file} is gone')
      return next(name, from)
    }`
      const driver = `
      const { register } = await import('node:module')
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(broken)}`)})
      const { openSandbox } = await import(${JSON.stringify(new URL('../../src/pipeline/live/open-sandbox.ts', import.meta.url).href)})
      const sandbox = await openSandbox({ record: ${JSON.stringify(dir)}, workdir: ${JSON.stringify(folder)} })
      const run = (id) => sandbox.exec({ command: ['bash', '-c', 'exec 3<>/dev/tcp/192.0.2.1/80; sleep 30'], toolCall: { id, name: 'bash' } })
        .then(({ signal }) => signal, ({ message }) => message)
      console.log(JSON.stringify([await run('first'), await run('second'), await sandbox.close().catch(({ message }) => message)]))
      process.exit()`
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', driver],
        { encoding: 'utf8', timeout: 25_000, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] },
      )
      const gone = `${file} is gone`
      const [first, second, end] = JSON.parse(stdout || JSON.stringify([stderr]))
      expect([['SIGKILL', gone].includes(first), second, end]).toEqual([true, gone, gone])
      expect(
        linesOf(dir).flatMap((line) =>
          line.class === 'execute_tool' && line.activity === 'start' ? [line.toolCall] : [],
        ),
      ).not.toContain('second')
      expect(networkLines(dir, 'open')).toEqual([])
    },
  )

  it('frozen before the gateway is there: it stands still when it is said to, and killed it is gone', () => {
    const [dir, folder] = [fresh(), work()]
    const slow = `export const resolve = async (name, from, next) => {
      if (name.endsWith('/gateway.ts')) await new Promise((resolve) => setTimeout(resolve, 700))
      return next(name, from)
    }`
    const driver = `
      import { existsSync, statSync } from 'node:fs'
      const { register } = await import('node:module')
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(slow)}`)})
      const { openSandbox } = await import(${JSON.stringify(new URL('../../src/pipeline/live/open-sandbox.ts', import.meta.url).href)})
      const sandbox = await openSandbox({ record: ${JSON.stringify(dir)}, workdir: ${JSON.stringify(folder)} })
      const ticks = ${JSON.stringify(join(folder, 'ticks'))}
      const command = ['bash', '-c', 'exec 3<>/dev/udp/192.0.2.1/9; while :; do echo x >> ticks; echo x >&3; sleep 0.01; done']
      const running = sandbox.exec({ command, toolCall: { id: 'one', name: 'bash' } })
      const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
      while (!existsSync(ticks)) await sleep(5)
      const { ok } = await sandbox.freeze('one')
      const then = statSync(ticks).size
      await sleep(200)
      const still = statSync(ticks).size === then
      const killed = await sandbox.kill('one')
      const { signal, exitCode } = await running
      await sandbox.close()
      console.log(JSON.stringify([ok, still, killed.ok, signal ?? exitCode]))
      process.exit()`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', driver],
      { encoding: 'utf8', timeout: 25_000, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] },
    )
    expect(JSON.parse(stdout || JSON.stringify([stderr]))).toEqual([true, true, true, 'SIGKILL'])
    const acts = linesOf(dir).flatMap((line) => (line.class === 'api_activity' ? [line.operation] : []))
    expect(acts).toEqual(['freeze', 'kill'])
    expect(networkLines(dir, 'open')).toEqual([])
  })

  it('killed at any moment of its beginning: nothing of it runs on, and nothing left it', async () => {
    for (let i = 0; i < 6; i++) {
      const [dir, mark] = [fresh(), `65${i}.${process.pid}`]
      const reach = `(echo over >/dev/tcp/${outside}/${world.port}) 2>/dev/null`
      const before = world.got()
      const run = startVigiles(
        [
          'run',
          '--record',
          dir,
          '--',
          'bash',
          '-c',
          `touch begun; (while :; do ${reach}; done) & sleep ${mark}`,
        ],
        work(),
      )
      await until('its recording begins', () => existsSync(join(dir, 'journal.jsonl')))
      if (i > 0) await until('the command begins', () => processesWith(mark).length > 1)
      await new Promise((resolve) => setTimeout(resolve, 20 * i))
      run.kill('SIGKILL')
      await once(run, 'exit')
      await until('all of it ended', () => processesWith(mark).length === 0)
      expect(networkLines(dir, 'open')).toEqual([])
      expect(world.got()).toBe(before)
    }
  })
})
