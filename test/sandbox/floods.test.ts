// Programs that want too much: connections, packets, processes, memory, output. All of it is counted, none of it ends us.

import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSandbox } from '../../src/pipeline/live/open-sandbox.ts'
import { verifyJournal } from '../../src/store/verify.ts'
import {
  countedRefusals,
  descriptors,
  missing,
  networkLines,
  type Outside,
  openOutside,
  scratch,
  startVigiles,
  until,
} from './fault-kit.ts'

const megabyte = 1 << 20

// Each has bounds of its own; this one is for machines that are busy with other things.
vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(missing !== undefined)(`floods${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  let world: Outside
  beforeAll(async () => {
    world = await openOutside()
  })
  afterAll(async () => {
    await world.close()
    close()
  })
  const work = (files: Readonly<Record<string, string>> = {}) => {
    const folder = fresh('work')
    mkdirSync(folder)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
  const python = (id: string, ...words: string[]) => ({
    command: ['python3', ...words],
    toolCall: { id, name: 'python' },
  })

  it('10,000 connections of one call: each is recorded or counted under its call, and a neighbour is served', {
    timeout: 120_000,
  }, async () => {
    const dir = fresh()
    const each = 5_000
    const workdir = work({
      'many.py': `import asyncio, socket
open_at = socket.gethostbyname('many.open.example')
async def one(i, ends):
  to = (open_at, ${world.port}) if i % 2 else ('192.0.2.%d' % (i % 200 + 1), 4444)
  try:
    r, w = await asyncio.open_connection(*to)
    w.write(b'hello'); await r.readexactly(5); w.close(); ends.append('ok')
  except OSError as e: ends.append(type(e).__name__)
async def main():
  ends = []; it = iter(range(${2 * each}))
  async def worker():
    for i in it: await one(i, ends)
  await asyncio.gather(*[worker() for _ in range(100)])
  print({e: ends.count(e) for e in sorted(set(ends))})
asyncio.run(main())`,
      'neighbour.py': `import socket, time
for i in range(30):
  s = socket.create_connection(('near.open.example', ${world.port}), 10); s.sendall(b'hello'); assert s.recv(5) == b'hello'; s.close()
  time.sleep(0.02)
print('served')`,
    })
    const before = { bytes: process.memoryUsage().rss, open: descriptors() }
    await using sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    const [many, neighbour] = await Promise.all([
      sandbox.exec(python('many', 'many.py')),
      sandbox.exec(python('neighbour', 'neighbour.py')),
    ])
    expect([many.stderr, many.stdout.trim()]).toEqual([
      '',
      `{'ConnectionRefusedError': ${each}, 'ok': ${each}}`,
    ])
    expect(neighbour.stdout.trim()).toBe('served')
    const calls = (activity: 'open' | 'close') =>
      networkLines(dir, activity).filter((line) => line.actor.toolCall === 'many').length
    await until('all have ended', () => calls('close') === each)
    expect(calls('open')).toBe(each)
    await sandbox.close()
    expect(countedRefusals(dir, 'network_activity')).toEqual(new Map([['many', each]]))
    expect(process.memoryUsage().rss - before.bytes).toBeLessThan(400 * megabyte)
    expect(descriptors() - before.open).toBeLessThan(30)
  })

  it('floods of packets and lookups: every one is written, counted, or said to be lost', async () => {
    const dir = fresh()
    const counts = { udp: 100_000, tcp: 20_000, dns: 20_000 }
    const workdir = work({
      'flood.py': `import socket, struct
def quiet(act):
  try: act()
  except OSError: pass
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${counts.udp}): quiet(lambda: u.sendto(b'x' * 40, ('203.0.113.%d' % (i % 250), 5000 + i % 3)))
for i in range(${counts.tcp}):
  s = socket.socket(); s.setblocking(False); quiet(lambda: s.connect(('192.0.2.%d' % (i % 250), 22))); s.close()
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${counts.dns}):
  name = b'n%d' % i
  d.sendto(struct.pack('>6H', i % 65536, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b'\\x06denied\\x07example\\0\\0\\1\\0\\1', ('198.19.255.1', 53))
print('sent')`,
      'after.py': `import socket
s = socket.create_connection(('after.open.example', ${world.port}), 20); s.sendall(b'hello'); assert s.recv(5) == b'hello'; print('served')`,
    })
    const before = process.memoryUsage().rss
    const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    expect((await sandbox.exec(python('flood', 'flood.py'))).stdout.trim()).toBe('sent')
    expect((await sandbox.exec(python('after', 'after.py'))).stdout.trim()).toBe('served')
    await sandbox.close()
    const network = countedRefusals(dir, 'network_activity')
    const dns = countedRefusals(dir, 'dns_activity')
    const sum = [...network.values(), ...dns.values()].reduce((a, b) => a + b, 0)
    // What was sent again for want of an answer comes on top.
    expect(sum).toBeGreaterThanOrEqual(counts.udp + counts.tcp + counts.dns)
    expect(sum).toBeLessThan(1.2 * (counts.udp + counts.tcp + counts.dns))
    expect(new Set(network.keys())).toEqual(new Set(network.has('none') ? ['flood', 'none'] : ['flood']))
    expect(statSync(join(dir, 'journal.jsonl')).size).toBeLessThan(60 * megabyte)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * megabyte)
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('a flood in its last moment: closing reads to the end', async () => {
    const dir = fresh()
    const workdir = work({
      'last.py': `import socket, struct
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(5000):
  name = b'n%d' % i
  d.sendto(struct.pack('>6H', i, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b'\\x06denied\\x07example\\0\\0\\1\\0\\1', ('198.19.255.1', 53))`,
    })
    const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    await sandbox.exec(python('last', 'last.py'))
    await sandbox.close()
    const counts = [countedRefusals(dir, 'dns_activity'), countedRefusals(dir, 'network_activity')]
    expect(counts.flatMap((map) => [...map.values()]).reduce((a, b) => a + b, 0)).toBe(5000)
  })

  it('no descriptors left: connections are refused, nothing crashes, and it goes on when some are free', async () => {
    const dir = fresh()
    const policy = fresh('policy')
    writeFileSync(policy, JSON.stringify(world.policy()))
    const workdir = work({
      'hold.py': `import socket
at = socket.gethostbyname('hold.open.example')
held, refused = [], 0
for i in range(200):
  s = socket.socket(); s.settimeout(15)
  try:
    s.connect((at, ${world.port})); s.sendall(b'hello'); assert s.recv(5) == b'hello'; held.append(s)
  except (OSError, AssertionError): refused += 1
print(len(held) > 20, refused > 20)
for s in held: s.close()
import time; time.sleep(1)
s = socket.create_connection((at, ${world.port}), 20); s.sendall(b'hello'); print(s.recv(5))`,
    })
    const run = startVigiles(
      ['run', '--quiet', '--policy', policy, '--record', dir, '--', 'python3', 'hold.py'],
      workdir,
      ['prlimit', '--nofile=256:256'],
    )
    const [code] = await once(run, 'exit')
    expect([run.said().trim(), code]).toEqual(["True True\nb'hello'", 0])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('fork bomb, memory hog, a process that ignores signals: held within limits, ended by a kill, neighbours live', async () => {
    const policy = { ...world.policy(), resources: { processes: 200, memory: '256 MiB' } }
    const workdir = work({
      'hog.py': `b = []
while True: b.append(bytearray(8 << 20))`,
      'stubborn.py': `import signal, time
for s in range(1, 32):
  try: signal.signal(s, signal.SIG_IGN)
  except OSError: pass
open('stubborn', 'w')
while True: time.sleep(1)`,
    })
    await using sandbox = await openSandbox({ record: fresh(), policy, workdir })
    const hog = await sandbox.exec(python('hog', 'hog.py'))
    expect(hog.exitCode === 0).toBe(false)
    expect((await sandbox.exec({ command: 'echo alive', toolCall: { id: 'a', name: 'sh' } })).stdout).toBe(
      'alive\n',
    )
    const bomb = sandbox.exec({
      command: ['bash', '-c', 'f() { f | f & }; f; sleep 100'],
      toolCall: { id: 'bomb', name: 'bash' },
    })
    const stubborn = sandbox.exec(python('stubborn', 'stubborn.py'))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    // It forks all the while it is killed.
    expect(await sandbox.kill('bomb')).toMatchObject({ ok: true })
    expect((await bomb).exitCode).not.toBe(0)
    expect(await sandbox.kill('stubborn')).toMatchObject({ ok: true })
    await stubborn
    expect((await sandbox.exec({ command: 'echo alive', toolCall: { id: 'b', name: 'sh' } })).stdout).toBe(
      'alive\n',
    )
  })

  it('a call over its time is killed, though it forks and ignores signals', async () => {
    await using sandbox = await openSandbox({ record: fresh(), workdir: work() })
    const { signal, exitCode } = await sandbox.exec({
      command: "trap '' TERM INT HUP; while :; do (sleep 30 &); sleep 0.01; done",
      toolCall: { id: 'slow', name: 'sh' },
      timeoutMs: 400,
    })
    expect(signal ?? exitCode).toBe('SIGKILL')
  })

  it('100 MB of output, a command line of 2 MB, names of processes with newlines: kept in part, and readable', async () => {
    const dir = fresh()
    const sandbox = await openSandbox({ record: dir, workdir: work() })
    const before = process.memoryUsage().rss
    const loud = await sandbox.exec({
      command: 'head -c 100M /dev/zero | tr "\\0" x',
      toolCall: { id: 'loud', name: 'sh' },
    })
    expect([loud.exitCode, loud.stdout.length]).toEqual([0, 16 * megabyte])
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * megabyte)
    const long = Array.from({ length: 20 }, () => 'a'.repeat(100_000))
    const shell = 'exec 3<>/dev/tcp/192.0.2.1/80 # \u001b[2J\u001b]0;owned\u0007'
    await sandbox.exec({ command: ['bash', '-c', shell, ...long], toolCall: { id: 'long', name: 'sh' } })
    await sandbox.exec({
      command: [
        'python3',
        '-c',
        `import socket
open('/proc/self/comm', 'w').write('a\\n\\x1b[31mb)')
try: socket.create_connection(('192.0.2.2', 80), 5)
except OSError: pass`,
      ],
      toolCall: { id: '\u001b[2J\n', name: 'x\u202ey' },
    })
    const closedInput = await sandbox.exec({
      command: 'exec 0<&- 1>&- 2>&-; sleep 0.1; exit 3',
      toolCall: { id: 'c', name: 'sh' },
      input: 'x'.repeat(megabyte),
    })
    expect(closedInput.exitCode).toBe(3)
    await sandbox.close()
    const text = readFileSync(join(dir, 'journal.jsonl'), 'latin1')
    expect(/[\x00-\x09\x0b-\x1f\x7f]/.test(text)).toBe(false)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(65_536)
    expect(networkLines(dir, 'refuse').map((line) => [line.actor.toolCall, line.dstEndpoint.ip])).toEqual([
      ['long', '192.0.2.1'],
      ['\u001b[2J\n', '192.0.2.2'],
    ])
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })

  it('what is sent to the gateway itself to harm it: refused, and it serves on', async () => {
    const dir = fresh()
    const workdir = work({
      'harm.py': `import os, socket, threading
def go(host, port, data, wait=True):
  try:
    s = socket.create_connection((host, port), 5); s.settimeout(8)
    s.sendall(data)
    if wait: return len(s.recv(99999))
    return s
  except OSError as e: return type(e).__name__
G = '198.19.255.1'
at = socket.gethostbyname('harm.open.example')
jobs = {
  'listener': lambda: go('127.0.0.1', 47821, b'GET / HTTP/1.1\\r\\n\\r\\n'),
  'listener6': lambda: go('::1', 47821, os.urandom(5000)),
  'headers': lambda: go(G, 3128, b'GET http://harm.open.example/ HTTP/1.1\\r\\n' + b'X: ' + b'y' * (1 << 20) + b'\\r\\n\\r\\n'),
  'headers2': lambda: go(at, ${world.port}, b'GET / HTTP/1.1\\r\\nX: ' + b'y' * (1 << 20) + b'\\r\\n\\r\\n'),
  'garbage': lambda: go(G, 1080, b'\\x99' + os.urandom(100000)),
  'dns': lambda: go(G, 53, b'\\xff\\xff' + os.urandom(70000)),
  'socks': lambda: go(G, 1080, b'\\5\\xff'),
  'hello': lambda: go(at, ${world.port}, b'\\x16\\3\\1\\2\\0\\1\\0\\1\\xfc\\3\\3' + b'z' * 40),
}
ends = {}
threads = [threading.Thread(target=lambda k=k, f=f: ends.update({k: f()})) for k, f in jobs.items()]
half = [go(G, 3128, b'GET http', False) for i in range(200)] + [go(at, ${world.port}, b'\\x16\\3\\1', False) for i in range(200)]
for t in threads: t.start()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in (0, 1, 11, 12, 500, 1400, 60000):
  try: u.sendto(os.urandom(n), (G, 53))
  except OSError: pass
for t in threads: t.join(15)
print([k for k in ('listener', 'listener6', 'garbage', 'dns', 'headers') if not isinstance(ends.get(k), str) and ends.get(k) != 0])
s = socket.create_connection((at, ${world.port}), 20); s.sendall(b'hello'); print(s.recv(5))`,
    })
    const before = descriptors()
    const sandbox = await openSandbox({ record: dir, policy: world.policy(), workdir })
    const harm = await sandbox.exec(python('harm', 'harm.py'))
    expect([harm.stdout.trim(), harm.stderr]).toEqual(["[]\nb'hello'", ''])
    await sandbox.close()
    expect(descriptors() - before).toBeLessThan(30)
    expect((await verifyJournal(dir)).state).toBe('sealed')
  })
})
