// What a policy says of its mode and of the kernel's own doors, in real sandboxes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { systemCallNumber } from '../../src/sandboxes/system-calls.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { missingForSandbox } from './holding.ts'
import { openWorld, outside, type World } from './world.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = missingForSandbox()
/** Not listed: a policy denies it, no mode has to. */
const elsewhere = 'unlisted.example'

describe.skipIf(missing !== undefined)(
  `what a policy says of its mode${missing ? ` (${missing})` : ''}`,
  () => {
    let base = ''
    let count = 0
    let world: World

    beforeAll(async () => {
      base = mkdtempSync(join(tmpdir(), 'modes-'))
      mkdirSync(join(base, 'work'))
      world = await openWorld()
    })
    afterAll(async () => {
      await world.close()
      rmSync(base, { recursive: true, force: true })
    })

    const network = () => ({ resolver: world.resolver, private: [outside] })
    const connect = () => ['curl', '-sS', '-m', '10', `http://${elsewhere}:${world.env.PORT_HTTP}/`]

    /** What the run says, and the connection's lines. */
    async function run(policy: string, ...options: string[]) {
      const record = join(base, `record-${++count}`)
      const file = join(base, `policy-${count}.yaml`)
      writeFileSync(file, `version: 1\n${policy}network: ${JSON.stringify(network())}\n`)
      const words = ['run', '--policy', file, '--record', record, ...options, '--', ...connect()]
      const child = spawn(process.execPath, ['--import', 'tsx', cli, ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 25_000,
        killSignal: 'SIGKILL',
      })
      let [out, err] = ['', '']
      child.stdout.on('data', (bytes) => {
        out += bytes
      })
      child.stderr.on('data', (bytes) => {
        err += bytes
      })
      const [code] = await once(child, 'close')
      const lines: RecordedLine[] = readFileSync(join(record, 'journal.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      return { code, out, err, first: lines.find((line) => line.class === 'network_activity') }
    }

    it('shadow blocks nothing, marks what would be blocked, and says what would open it', async () => {
      const { code, out, err, first } = await run('mode: shadow\n')
      expect([code, out]).toEqual([0, expect.stringContaining('outside: GET /')])
      expect(first).toMatchObject({ activity: 'open', disposition: 'allowed', wouldBlock: true })
      expect(err).toContain('mode shadow, as the policy says')
      expect(err).toContain('1 connection was seen that the policy denies')
      expect(err).toContain(elsewhere)
    })

    it('record blocks nothing and marks nothing', async () => {
      const { code, err, first } = await run('mode: record\n')
      expect(code).toBe(0)
      expect(first).toMatchObject({ activity: 'open', disposition: 'allowed' })
      expect(first).not.toHaveProperty('wouldBlock')
      expect(err).not.toContain('denies')
    })

    it('is not asked where the command line says another', async () => {
      const { code, err, first } = await run('mode: shadow\n', '--mode', 'enforce')
      expect(code).toBe(7)
      expect(first).toMatchObject({ activity: 'refuse', disposition: 'blocked' })
      expect(err).toContain('mode enforce, as the command line says; the policy says shadow')
    })

    it('holds in the library too, unless the program says another', async () => {
      for (const [mode, exitCode] of [
        [undefined, 0],
        ['enforce', 7],
      ] as const) {
        await using box = await openSandbox({
          record: join(base, `record-${++count}`),
          workdir: join(base, 'work'),
          policy: { version: 1, mode: 'shadow', network: network() },
          ...(mode && { mode }),
        })
        const result = await box.exec({ command: connect(), toolCall: { id: 'c', name: 'bash' } })
        expect([mode, result.exitCode]).toEqual([mode, exitCode])
      }
    })

    it.each([
      [undefined, 'made\n', 'ENOSYS\n'],
      [{ nestedNamespaces: 'deny' }, '', 'ENOSYS\n'],
      [{ ioUring: 'allow' }, 'made\n', 'EFAULT\n'],
    ])('isolation %j opens and closes what the kernel offers', async (isolation, made, ring) => {
      await using box = await openSandbox({
        record: join(base, `record-${++count}`),
        workdir: join(base, 'work'),
        policy: { version: 1, ...(isolation && { isolation }) },
      })
      const run = async (...command: string[]) =>
        (await box.exec({ command, toolCall: { id: 'c', name: 'bash' } })).stdout
      expect(await run('unshare', '-Ur', 'echo', 'made')).toBe(made)
      const ask = `import ctypes, errno; libc = ctypes.CDLL(None, use_errno=True); libc.syscall(${systemCallNumber('io_uring_setup')}, 8, 0); print(errno.errorcode[ctypes.get_errno()])`
      const answer = await run('python3', '-c', ask)
      // Where the machine itself has none, a policy gives none either.
      expect([ring, 'ENOSYS\n', 'EPERM\n']).toContain(answer)
      if (ring === 'ENOSYS\n') expect(answer).toBe(ring)
    })
  },
)
