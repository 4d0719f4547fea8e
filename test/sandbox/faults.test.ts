// Faults of the machine and of the run: whatever breaks, it ends closed, recorded and recoverable.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { watchSandbox } from '../../src/pipeline/live/sandbox.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { systemClock } from '../../src/store/clock.ts'
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

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`faults${missing ? ` (${missing})` : ''}`, () => {
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
    expect(vigiles(['run', '--record', fresh(), '--', 'true'], work()).code).toBe(0)
    expect(leftoversOf(pid)).toEqual([])
    expect(hostState()).toEqual(before)
  })

  it('killed while the sandbox is frozen: what was frozen ends too', async () => {
    const dir = fresh()
    const mark = `64.${process.pid}`
    const run = startVigiles(
      ['run', '--record', dir, '--', 'sh', '-c', `sleep ${mark} & sleep ${mark}`],
      work(),
    )
    await until('it runs', () => processesWith(mark).length > 2)
    expect(vigiles(['contain', dir, 'freeze']).out).toContain('is frozen')
    run.kill('SIGKILL')
    await once(run, 'exit')
    await until('all of it ended', () => processesWith(mark).length === 0)
    expect((await verifyJournal(dir)).state).toBe('open')
  })

  /** Stops at each word it prints until a file of that name is in its folder. */
  const steps = `import os,socket,struct,sys,time
def stop(word, said=''):
  open(word + '.said', 'w').write(str(said)); os.rename(word + '.said', word + '.done')
  while not os.path.exists(word): time.sleep(0.01)
def reach(host, port=${'PORT'}):
  try:
    s = socket.create_connection((host, port), 20)
    s.sendall(b'hello'); s.settimeout(20)
    return s if s.recv(5) == b'hello' else None
  except OSError as e: return type(e).__name__
`
  const stepped = (folder: string, text: string) => {
    writeFileSync(join(folder, 'steps.py'), steps.replace('PORT', String(world.port)) + text)
    return {
      command: ['python3', 'steps.py'],
      /** What it said at a stop. */
      at: async (word: string) => {
        await until(`it comes to ${word}`, () => existsSync(join(folder, `${word}.done`)), 20_000)
        return readFileSync(join(folder, `${word}.done`), 'utf8')
      },
      go: (word: string) => writeFileSync(join(folder, word), ''),
    }
  }

  it('disk full: what is new is denied, no name is answered, nothing that was acknowledged is lost, and it goes on when there is room', async () => {
    const disk = fresh('disk')
    mkdirSync(disk)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'none', disk]).status).toBe(0)
    try {
      const dir = join(disk, 'record')
      const folder = work()
      const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir: folder })
      const { command, at, go } = stepped(
        folder,
        `first = reach('before.open.example')
stop('full', first)
tries = [reach('198.18.0.1') for i in range(40)]
q = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); q.settimeout(1)
q.sendto(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4late\\4open\\7example\\0\\0\\1\\0\\1', ('198.19.255.1', 53))
try: answered = len(q.recv(999))
except OSError: answered = 0
first.sendall(b'again'); old = first.recv(5)
stop('room', [set(map(str, tries[-20:])), answered, old])
print(reach('after.open.example'))
`,
      )
      const running = sandbox.exec({ command, toolCall: { id: 'one', name: 'python' } })
      expect(await at('full')).toContain('socket')
      const acknowledged = linesOf(dir)
      spawnSync('sh', ['-c', `head -c 2M /dev/zero > ${disk}/filler`])
      go('full')
      const said = await at('room')
      // What was open before goes on: its line is written.
      expect(said).toBe("[{'ConnectionRefusedError'}, 0, b'again']")
      // A short line may still fit into what is left of a page.
      const long = `true ${'#'.repeat(6000)}`
      await expect(sandbox.exec({ command: long, toolCall: { id: 'two', name: 'sh' } })).rejects.toThrow(
        "the recording can't be written (ENOSPC)",
      )
      expect((await sandbox.kill('nobody')).ok).toBe(false)
      rmSync(join(disk, 'filler'))
      go('room')
      expect((await running).stdout).toContain('socket')
      await sandbox.close()
      const lines = linesOf(dir)
      expect(lines.slice(0, acknowledged.length)).toEqual(acknowledged)
      expect(lines.find((line) => line.class === 'recovered')).toMatchObject({ error: 'ENOSPC' })
      expect((await verifyJournal(dir)).state).toBe('sealed')
      expect(new Set(networkLines(dir, 'open').map((line) => line.dstEndpoint.hostname))).toContain(
        'after.open.example',
      )
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  })

  it('disk full: a connection that is open takes no further requests, as none could be written', async () => {
    const disk = fresh('disk')
    mkdirSync(disk)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'none', disk]).status).toBe(0)
    const web = createServer((_, answer) => answer.end('here')).listen(0, outside)
    try {
      await once(web, 'listening')
      const { port } = web.address() as AddressInfo
      const allow = [{ host: '*.open.example', ports: [port], protocols: ['http'] }]
      const dir = join(disk, 'record')
      const folder = work()
      await using sandbox = await openSandbox({
        record: dir,
        policy: world.policy({ allow }),
        workdir: folder,
      })
      const { command, at, go } = stepped(
        folder,
        `import http.client
web = http.client.HTTPConnection('web.open.example', ${port}, timeout=20)
def ask():
  web.request('GET', '/' + 'x' * 3000); return web.getresponse().read()
web.connect(); web.auto_open = 0
stop('full', [ask(), ask()])
done = 0
try:
  for i in range(50): ask(); done += 1
except (OSError, http.client.HTTPException): pass
print(done)
`,
      )
      const running = sandbox.exec({ command, toolCall: { id: 'one', name: 'python' } })
      expect(await at('full')).toBe("[b'here', b'here']")
      spawnSync('sh', ['-c', `head -c 2M /dev/zero > ${disk}/filler`])
      go('full')
      // A line may fit into what is left of a page, and one is lost before that is known.
      expect(Number((await running).stdout)).toBeLessThan(5)
      rmSync(join(disk, 'filler'))
    } finally {
      web.close()
      web.closeAllConnections()
      spawnSync('umount', ['-l', disk])
    }
  })

  it('disk full to the end: what should be killed is killed, and the run says that its recording has no seal', async () => {
    const disk = fresh('disk')
    mkdirSync(disk)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk])
    try {
      const dir = join(disk, 'record')
      const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir: work() })
      const mark = `62.${process.pid}`
      const running = sandbox.exec({ command: `sleep ${mark}`, toolCall: { id: 'one', name: 'sh' } })
      await until('it runs', () => processesWith(mark).length > 0)
      spawnSync('sh', ['-c', `head -c 1M /dev/zero > ${disk}/filler`])
      expect(await sandbox.kill('one')).toMatchObject({ ok: true })
      expect((await running).signal ?? (await running).exitCode).not.toBe(0)
      expect(processesWith(mark)).toEqual([])
      await sandbox.close().then(
        () => {},
        (error: Error) => expect(error.message).toContain('has no seal'),
      )
      expect(['open', 'sealed']).toContain((await verifyJournal(dir)).state)
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  })

  it('clock set forth and back: the order holds, it is noted, and no limit opens again', async () => {
    let setUs = 0
    const machine = systemClock()
    const clock = { monotonicUs: machine.monotonicUs, wallUs: () => machine.wallUs() + setUs }
    const folder = work()
    const dir = fresh()
    const { policy } = parsePolicy(
      { ...world.policy(), limits: { connectionsPerMinute: 3 } } as object,
      'policy',
      { detections: [] },
    )
    const sandbox = await watchSandbox({
      record: dir,
      policy: policy as NonNullable<typeof policy>,
      workdir: folder,
      clock,
    })
    const { command, at, go } = stepped(
      folder,
      `stop('forth', [type(reach('a.open.example')).__name__ for i in range(4)])
stop('back', reach('a.open.example'))
stop('end', reach('a.open.example'))`,
    )
    const call = await sandbox.start({
      command,
      toolCall: { id: 'one', name: 'python' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await at('forth')).toBe("['socket', 'socket', 'socket', 'str']")
    setUs = 3600_000_000
    go('forth')
    expect(await at('back')).toBe('ConnectionRefusedError')
    setUs = -7200_000_000
    go('back')
    expect(await at('end')).toBe('ConnectionRefusedError')
    go('end')
    call.finish(await call.exited)
    await sandbox.close()
    const steps = linesOf(dir).flatMap((line) =>
      line.class === 'clock_step' ? [Math.round(line.stepMs / 60_000)] : [],
    )
    expect(steps).toEqual([60, -180])
    expect(linesOf(dir).map(({ seq }) => seq)).toEqual(linesOf(dir).map((_, i) => i + 1))
    expect(networkLines(dir, 'refuse').map((line) => line.policy?.code)).toEqual(['limit', 'limit', 'limit'])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('resolver lying, failing or silent: a connect that fails, within a bound, with its reason', async () => {
    const folder = work()
    const dir = fresh()
    await using sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir: folder })
    const names = ['absent', 'failing', 'silent', 'loop', 'private', 'garbage', 'other', 'many', 'true']
    writeFileSync(
      join(folder, 'ask.py'),
      `import socket,sys,time
at=time.time()
try:
  socket.create_connection((sys.argv[1], ${world.port}), 25); print('open')
except OSError as e: print(type(e).__name__)
assert time.time()-at < 20`,
    )
    const ends = await Promise.all(
      names.map(async (name) => {
        const { stdout, exitCode } = await sandbox.exec({
          command: ['python3', 'ask.py', `${name}.open.example`],
          toolCall: { id: name, name: 'python' },
        })
        return [name, stdout.trim(), exitCode]
      }),
    )
    const refused = (name: string) => [name, 'ConnectionRefusedError', 0]
    expect(ends).toEqual([
      ...['absent', 'failing', 'silent', 'loop', 'private', 'garbage', 'other'].map(refused),
      ['many', 'open', 0],
      ['true', 'open', 0],
    ])
    const last = (name: string) =>
      networkLines(dir, 'close', 'refuse').find((line) => line.actor.toolCall === name)
    for (const name of ['absent', 'failing', 'silent', 'loop', 'garbage', 'other'])
      expect([name, last(name)?.outcome]).toEqual([name, 'no-answer'])
    expect(last('private')).toMatchObject({ activity: 'refuse', disposition: 'blocked' })
  })

  it('resolver down: a connect that fails at once, while addresses still connect', async () => {
    const dead = { resolver: '127.0.0.1:9', private: [outside] }
    await using sandbox = await openSandbox({
      record: fresh(),
      policy: { ...world.policy(), network: dead },
      workdir: work(),
    })
    const { exitCode } = await sandbox.exec({
      command: `curl -sS -m 15 http://a.open.example:${world.port}/`,
      toolCall: { id: 'one', name: 'curl' },
    })
    expect(exitCode).toBe(7) // Failed to connect.
  })
})
