// Signals, terminals and job control: a run is as its command would be without it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { verifyJournal } from '../../src/store/verify.ts'
import { missing as noSandbox, program, scratch, startVigiles, until } from './fault-kit.ts'

const driver = fileURLToPath(new URL('terminal.driver.py', import.meta.url))
const missing = noSandbox ?? (spawnSync('python3', ['--version']).error ? 'no python3' : undefined)

type Step =
  | readonly ['send' | 'wait', string]
  | readonly ['size', number, number]
  | readonly ['sleep', number]
  | readonly ['hangup']

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`signals and terminals${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  afterAll(close)
  const work = () => {
    const folder = fresh('work')
    mkdirSync(folder)
    return folder
  }
  const words = () => [...program, 'run', '--quiet', '--record', fresh(), '--']

  async function atTerminal(steps: readonly Step[], command: readonly string[]) {
    const child = spawn('python3', [driver, JSON.stringify(steps), ...command], {
      cwd: work(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes
    })
    await once(child, 'close')
    return JSON.parse(out) as { code: number | null; missed: string | null; shown: string }
  }

  async function signalled(script: string, ...signals: NodeJS.Signals[]) {
    const folder = work()
    const run = startVigiles(['run', '--quiet', '--record', fresh(), '--', 'sh', '-c', script], folder)
    const ended = once(run, 'close')
    for (const [i, signal] of signals.entries()) {
      await until(`step ${i} of ${script}: ${run.said()}`, () => existsSync(join(folder, `at-${i}`)), 15_000)
      run.kill(signal)
    }
    const [code] = await ended
    return `${code} ${run.said()}`.trim()
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGUSR1', 138],
  ] as const)('passes %s on, and ends as the command does', async (signal, code) => {
    expect(await signalled('touch at-0; exec sleep 60', signal)).toBe(`${code}`)
  })

  it('leaves a signal to a command that handles it', async () => {
    const script = `trap 'echo got; exit 9' TERM; touch at-0; while :; do sleep 0.1; done`
    expect(await signalled(script, 'SIGTERM')).toBe('9 got')
  })

  it('ends at a second SIGTERM what ignores the first', async () => {
    const script = `trap 'touch at-1' TERM; touch at-0; while :; do sleep 0.1; done`
    expect(await signalled(script, 'SIGTERM', 'SIGTERM')).toMatch(/^137\b/)
  })

  it('runs an interactive shell: ^C, ^Z and the size of the window are its own', async () => {
    const { missed, code, shown } = await atTerminal(
      [
        ['size', 40, 100],
        ['wait', '$ '],
        ['send', 'stty size\n'],
        ['wait', '40 100'],
        ['send', 'sleep 99\n'],
        ['sleep', 0.5],
        ['send', '\x03'],
        ['send', 'echo al""ive $?\n'],
        ['wait', 'alive 130'],
        ['send', 'sleep 98\n'],
        ['sleep', 0.5],
        ['send', '\x1a'],
        ['wait', 'Stopped'],
        ['send', 'fg\n'],
        ['wait', 'sleep 98'],
        ['sleep', 1],
        ['send', '\x03'],
        ['sleep', 0.3],
        ['send', 'echo en""ded $?\n'],
        ['wait', 'ended 130'],
        ['size', 50, 120],
        ['send', 'stty size; exit 3\n'],
        ['wait', '50 120'],
      ],
      [...words(), 'bash', '--norc', '-i'],
    )
    expect({ missed, code, ...(missed && { shown }) }).toEqual({ missed: null, code: 3 })
  })

  it('tells the command of a new size', async () => {
    const script = `trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.1; done`
    const { missed, code } = await atTerminal(
      [
        ['wait', 'ready'],
        ['size', 33, 77],
        ['wait', '33 77'],
      ],
      [...words(), 'bash', '-c', script],
    )
    expect({ missed, code }).toEqual({ missed: null, code: 4 })
  })

  it('gives ^C to the command once, also when its input is a pipe', async () => {
    const folder = work()
    const count = join(folder, 'count.py')
    writeFileSync(
      count,
      `import signal, time
n = 0
def one(*_):
  global n; n += 1
signal.signal(signal.SIGINT, one)
print('ready', flush=True); until = time.time() + 15
while n == 0 and time.time() < until: time.sleep(0.05)
time.sleep(0.5)
print('interrupts', n, flush=True)`,
    )
    for (const how of ['', 'echo x | ']) {
      const text =
        how === '' ? `${words().join(' ')} python3 ${count}` : `cat ${count} | ${words().join(' ')} python3 -`
      const { missed, code, shown } = await atTerminal(
        [
          ['wait', 'ready'],
          ['send', '\x03'],
          ['wait', 'interrupts 1'],
        ],
        ['bash', '-c', `cd ${folder}; trap : INT; ${text}`],
      )
      expect({ how, missed, code, ...(missed && { shown }) }).toEqual({ how, missed: null, code: 0 })
    }
  })

  it('is stopped and goes on like any job of a shell', async () => {
    const { missed, shown } = await atTerminal(
      [
        ['wait', 'bash-'],
        ['send', `${words().join(' ')} sh -c 'echo be""gun; sleep 97; echo never'\n`],
        ['wait', 'begun'],
        ['send', '\x1a'],
        ['wait', 'Stopped'],
        ['send', 'fg\n'],
        ['wait', 'echo never'],
        ['sleep', 1.5],
        ['send', '\x03'],
        ['wait', 'bash-'],
        ['send', 'echo co""de $?; exit\n'],
        ['wait', 'code 130'],
      ],
      ['bash', '--norc', '-i'],
    )
    expect({ missed, ...(missed && { shown }) }).toEqual({ missed: null })
  })

  it('ends in order when its terminal is gone', async () => {
    const dir = fresh()
    const command = [
      ...program,
      'run',
      '--record',
      dir,
      '--',
      'sh',
      '-c',
      'echo ready; while :; do sleep 1; echo on; done',
    ]
    const { missed, code } = await atTerminal([['wait', 'ready'], ['hangup']], command)
    expect([missed, code]).toEqual([null, 129])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('writes how it ended', async () => {
    const dir = fresh()
    const run = startVigiles(['run', '--quiet', '--record', dir, '--', 'sh', '-c', 'kill -KILL $$'], work())
    expect((await once(run, 'close'))[0]).toBe(137)
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({
      exitCode: 137,
      stoppedBy: null,
    })
  })
})
