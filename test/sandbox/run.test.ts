// `vigiles run` and the library's sandbox as their users meet them: real processes in real namespaces.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { replay } from '../../src/pipeline/live/replay.ts'
import type { RecordedLine } from '../../src/schema/journal.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import { missingForSandbox } from './holding.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = process.getuid?.() === 0 ? missingForSandbox() : 'the user tier has tests of its own'

function vigiles(...args: string[]) {
  const child = spawnSync(process.execPath, ['--import', 'tsx', cli, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 25_000,
    killSignal: 'SIGKILL',
  })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

function linesOf(dir: string): RecordedLine[] {
  return readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.skipIf(missing !== undefined)(`a run${missing ? ` (${missing})` : ''}`, () => {
  let base = ''
  let count = 0
  const fresh = () => join(base, `record-${++count}`)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('hello\n')
  })
  let port = 0

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'run-'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.close()
    rmSync(base, { recursive: true, force: true })
  })

  it.each([
    ['exit 5', 5],
    ['kill -TERM $$', 143],
    ['cat /etc/shadow 2>/dev/null || exit 7', 7],
  ])('passes the end of `%s` through', (command, code) => {
    const dir = fresh()
    expect(vigiles('run', '--record', dir, '--', 'sh', '-c', command).code).toBe(code)
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({
      exitCode: code,
      stoppedBy: null,
      tier: 'root',
    })
  })

  it('denies and records what no policy opens, says how to open it, and seals the recording for its owner alone', async () => {
    const dir = fresh()
    const { err } = vigiles('run', '--record', dir, '--', 'curl', '-sS', '-m', '5', 'http://api.example.com/')
    expect(err).toContain('no policy: every connection is denied')
    expect(err).toContain('Failed to connect')
    expect(err).toContain('- api.example.com:80')
    expect(linesOf(dir).find((line) => line.class === 'network_activity')).toMatchObject({
      activity: 'refuse',
      disposition: 'blocked',
      dstEndpoint: { hostname: 'api.example.com', port: 80 },
      policy: { code: 'not-listed' },
      actor: { process: { name: 'curl' } },
    })
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(existsSync(join(dir, 'control.sock'))).toBe(false)
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it.each([
    [['run'], 2, 'run wants a command.'],
    [['run', '--mode', 'maybe', '--', 'true'], 2, '--mode wants record, shadow, enforce'],
    [['run', '--policy', '/nonexistent.yaml', '--', 'true'], 2, 'cannot be read'],
    [['contain', '/nonexistent', 'status'], 3, 'No running sandbox answers'],
    [['contain', '/nonexistent', 'explode'], 2, 'contain does not know "explode".'],
    [['replay', '/nonexistent'], 2, 'is no recording'],
  ])('refuses %j in plain words', (args, code, words) => {
    const { code: got, err } = vigiles(...args)
    expect([got, err]).toEqual([code, expect.stringContaining(words)])
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3)
  })

  it('refuses a policy with the line, what was expected, and the fix; nothing is started', () => {
    const policy = join(base, 'bad.yaml')
    writeFileSync(policy, 'version: 1\nallow:\n  - https://api.example.com/\n')
    const dir = fresh()
    const { code, err } = vigiles('run', '--policy', policy, '--record', dir, '--', 'true')
    expect(code).toBe(2)
    expect(err).toMatch(/bad\.yaml:3: .*https:\/\/api\.example\.com/)
    expect(existsSync(dir)).toBe(false)
  })

  it('refuses a recording folder that is not empty', () => {
    const dir = fresh()
    vigiles('run', '--quiet', '--record', dir, '--', 'true')
    const { code, err } = vigiles('run', '--record', dir, '--', 'true')
    expect([code, err]).toEqual([2, expect.stringContaining('is not empty')])
  })

  it('names the call of every connection, whatever the process does to get away from it', async () => {
    const dir = fresh()
    const policy = { version: 1, allow: [{ host: '127.0.0.9', ports: [port], protocols: ['any'] }] }
    await using sandbox = await openSandbox({ record: dir, policy, workdir: base })
    const away = (how: string) =>
      `${how} sh -c 'curl -s -m 4 http://192.0.2.1:81/' >/dev/null 2>&1 </dev/null`
    await Promise.all([
      sandbox.exec({ command: `${away('setsid')} & wait`, toolCall: { id: 'call-a', name: 'bash' } }),
      sandbox.exec({ command: `(${away('nohup')} &) ; sleep 0.3`, toolCall: { id: 'call-b', name: 'bash' } }),
      sandbox.exec({ command: away('env -i VIGILES_CALL=call-a'), toolCall: { id: 'call-c', name: 'bash' } }),
      sandbox.exec({
        command: [
          'python3',
          '-c',
          'import socket\ns=socket.socket()\ns.setblocking(False)\ns.connect_ex(("192.0.2.1",82))\ns.close()',
        ],
        toolCall: { id: 'call-d', name: 'python' },
      }),
    ])
    // Began when its call was over.
    await sandbox.exec({
      command: `(sleep 0.4; ${away('')}) & exit 0`,
      toolCall: { id: 'call-e', name: 'bash' },
    })
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const seen = linesOf(dir).flatMap((line) =>
      line.class === 'network_activity' ? [[line.actor.toolCall, line.actor.tier]] : [],
    )
    expect(seen.map(([call]) => call).sort()).toEqual(['call-a', 'call-b', 'call-c', 'call-d', 'call-e'])
    expect(new Set(seen.map(([, tier]) => tier))).toEqual(new Set(['identity']))
  })

  it('freezes a call that mines within its first bytes, keeps the proof, and replays to the same finding', async () => {
    const pool = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () =>
        socket.write('{"id":1,"result":[[["mining.notify","1"]],"00",4],"error":null}\n'),
      )
    })
    pool.listen(0, '127.0.0.1')
    await once(pool, 'listening')
    const { port: poolPort } = pool.address() as AddressInfo
    const dir = fresh()
    const policy = { version: 1, allow: [{ host: '127.0.0.1', ports: [poolPort], protocols: ['any'] }] }
    {
      await using sandbox = await openSandbox({ record: dir, policy, workdir: base })
      // 127.0.0.1 inside is the sandbox's own: the pool is reached through the proxy, as an agent would try.
      const request = `{"id":1,"method":"mining.subscribe","params":["xmrig/6.21"]}`
      const command = `import socket,time
s=socket.create_connection(("198.19.255.1",1080)); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
s.sendall(b"\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01"+(${poolPort}).to_bytes(2,"big")); s.recv(10)
s.sendall(b'${request}\\n')
while True: time.sleep(0.1); s.recv(100)`
      const running = sandbox.exec({
        command: ['python3', '-c', command],
        toolCall: { id: 'miner', name: 'python' },
      })
      const other = await sandbox.exec({
        command: 'sleep 1; echo alive',
        toolCall: { id: 'other', name: 'bash' },
      })
      expect(other.stdout).toBe('alive\n')
      const findings = linesOf(dir).flatMap((line) =>
        line.class === 'detection_finding' ? [line.finding] : [],
      )
      expect(findings).toContainEqual(
        expect.objectContaining({ detection: 'mining.stratum', toolCalls: ['miner'] }),
      )
      expect(linesOf(dir).find((line) => line.class === 'api_activity')).toMatchObject({
        operation: 'freeze',
        ok: true,
        by: { via: 'policy' },
      })
      const killed = await sandbox.kill('miner')
      expect(killed.ok).toBe(true)
      expect((await running).signal).toBe('SIGKILL')
    }
    expect(readdirSync(join(dir, 'evidence'))).toEqual(['kill-1.json'])
    const { found, recorded } = await replay(dir)
    expect(found).toEqual(recorded)
    expect(found.length).toBeGreaterThan(0)
    pool.close()
  })

  it('is acted on from outside while it lives', async () => {
    const dir = fresh()
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', cli, 'run', '--quiet', '--record', dir, '--', 'sleep', '20'],
      { stdio: 'ignore' },
    )
    const ended = once(child, 'exit')
    for (let i = 0; i < 100 && !existsSync(join(dir, 'control.sock')); i++)
      await new Promise((resolve) => setTimeout(resolve, 100))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(statSync(join(dir, 'control.sock')).mode & 0o777).toBe(0o600)
    expect(vigiles('contain', dir, 'freeze').out).toContain('is frozen')
    expect(vigiles('contain', dir, 'status').out).toContain('frozen')
    expect(vigiles('contain', dir, 'thaw').code).toBe(0)
    expect(vigiles('contain', dir, 'block', 'pool.example.com:3333').out).toContain('is refused from now on')
    expect(vigiles('contain', dir, 'kill').code).toBe(0)
    expect(await ended).toEqual([4, null])
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({ stoppedBy: 'kill' })
    const acts = linesOf(dir).flatMap((line) =>
      line.class === 'api_activity' ? [[line.operation, line.by.uid]] : [],
    )
    expect(acts).toEqual([
      ['freeze', 0],
      ['thaw', 0],
      ['block', 0],
      ['kill', 0],
    ])
  })
})
